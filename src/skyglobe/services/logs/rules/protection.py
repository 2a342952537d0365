"""Data protection policies of log groups and accounts: their form, and what they find in a text.

User guide, "Understanding data protection policies". Only managed identifiers that can be told by their form are
known; a policy that names another, or identifiers of its own, is refused rather than kept and not honoured.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

from skyglobe.kernel.sensitive import IDENTIFIERS, find_sensitive

MAX_CHARACTERS = 30_720  # API reference of PutDataProtectionPolicy
_MANAGED = "arn:aws:dataprotection::aws:data-identifier/"


class BadProtection(ValueError):
    """The document is no data protection policy; says why."""


class NotBuilt(ValueError):
    """The policy asks for something that cannot be honoured; says what."""


class Protection(NamedTuple):
    """What is to be masked."""

    identifiers: tuple[str, ...]

    def find(self, text: str) -> list[tuple[int, int]]:
        """Return where the text has sensitive data: start and end, in order, without overlap."""
        spans = sorted(span for name in self.identifiers for span in find_sensitive(text, name))
        merged: list[tuple[int, int]] = []
        for start, end in spans:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged


@lru_cache(maxsize=256)
def stored_protection(*documents: str) -> Protection:
    """Return what several good documents ask for together: policies of group and account add up."""
    return Protection(tuple(dict.fromkeys(name for one in documents for name in parse_protection(one).identifiers)))


def parse_protection(text: str) -> Protection:
    """Return what a document asks for. Raises BadProtection and NotBuilt."""
    if len(text) > MAX_CHARACTERS:
        raise BadProtection(f"The policy document must not be longer than {MAX_CHARACTERS} characters.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadProtection("The policy document is not valid JSON.") from error
    if not isinstance(document, dict) or not isinstance(document.get("Name"), str):
        raise BadProtection("The policy document must have a Name.")
    if document.get("Version", "2021-06-01") != "2021-06-01":
        raise BadProtection("The policy's Version must be 2021-06-01.")
    if (document.get("Configuration") or {}) != {}:
        raise NotBuilt("custom data identifiers")
    statements = document.get("Statement")
    if not isinstance(statements, list) or len(statements) != 2 or not all(isinstance(one, dict) for one in statements):
        raise BadProtection("The policy must have two statements: one that audits and one that de-identifies.")
    audited = _identifiers(statements[0], "Audit")
    masked = _identifiers(statements[1], "Deidentify")
    if audited != masked:
        raise BadProtection("The data identifiers of both statements must be the same.")
    return Protection(audited)


def _identifiers(statement: dict[str, Any], operation: str) -> tuple[str, ...]:
    settings = statement.get("Operation")
    if not isinstance(settings, dict) or list(settings) != [operation]:
        raise BadProtection(f"The policy must have a statement with the Operation {operation}.")
    part = "FindingsDestination" if operation == "Audit" else "MaskConfig"
    inner = settings[operation]
    if not isinstance(inner, dict) or list(inner) != [part] or not isinstance(inner[part], dict):
        raise BadProtection(f"{operation} must have a {part}.")
    if inner[part]:
        if operation == "Audit":
            raise NotBuilt("audit findings that are sent somewhere (FindingsDestination)")
        raise BadProtection("MaskConfig must be empty.")
    arns = statement.get("DataIdentifier")
    if not isinstance(arns, list) or not arns or not all(isinstance(arn, str) for arn in arns):
        raise BadProtection("A statement must have a list of DataIdentifier.")
    return tuple(sorted({_named(arn) for arn in arns}))


def _named(arn: str) -> str:
    name = arn.removeprefix(_MANAGED)
    if name == arn:
        raise BadProtection(f"{arn} is not the ARN of a managed data identifier.")
    if name not in IDENTIFIERS:
        raise NotBuilt(f"the data identifier {name}")
    return name
