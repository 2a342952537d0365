"""Data protection policies: their form, and what they find in messages and do about it.

After "Amazon SNS message data protection" in the developer guide. Of AWS's identifiers only those that can be told by
their form are known; a policy that names another is refused rather than kept and not honoured.
"""

from __future__ import annotations

import json
import string
from functools import lru_cache
from typing import Any, NamedTuple

from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.audits import Audit, parse_audit
from skyglobe.services.sns.rules.identifiers import Identifier, identifier_of, parse_custom

MAX_BYTES = 30_720  # API reference of PutDataProtectionPolicy
DEFAULT_MASK = "#"
MASKS = frozenset(string.ascii_letters + string.digits + "*#!$%&()+,-./\\:;<=>@[]^_`|~ ")
"""What may be masked with; developer guide, "Data protection policy operations", section "De-identify operation"."""


class Rule(NamedTuple):
    """One statement."""

    direction: str
    identifiers: tuple[Identifier, ...]
    principals: tuple[str, ...]
    excepted: tuple[str, ...]
    action: str
    """``audit``, ``deny``, ``redact`` or the character to mask with."""

    def concerns(self, principal: str) -> bool:
        if principal in self.excepted:
            return False
        return "*" in self.principals or not self.principals or principal in self.principals


class Protection(NamedTuple):
    """A compiled policy."""

    rules: tuple[Rule, ...]
    audited: Rule | None = None
    """What messages are looked through for; None without an audit."""
    audit: Audit | None = None

    def apply(self, text: str, principal: str, direction: str) -> str | None:
        """Return what may pass of ``text``, None when nothing may. ``direction`` is Inbound or Outbound.

        What is denied is denied by the text as it came, wherever the policy says so. A message that is sensitive as a
        whole, of which redaction leaves nothing, does not pass either.
        """
        rules = [rule for rule in self.rules if rule.direction == direction and rule.concerns(principal)]
        if any(one.find(text) for rule in rules if rule.action == "deny" for one in rule.identifiers):
            return None
        treated = text
        for rule in rules:
            for one in rule.identifiers if rule.action != "deny" else ():
                treated = _treat(treated, one, "" if rule.action == "redact" else rule.action)
        return treated if treated or not text else None


def _treat(text: str, identifier: Identifier, mask: str) -> str:
    pieces, at = [], 0
    for start, end in identifier.find(text):
        pieces += [text[at:start], mask * (end - start)]
        at = end
    return "".join(pieces) + text[at:]


@lru_cache(maxsize=256)
def stored_protection(text: str) -> Protection:
    """Return the policy of a document that was found good when it was put."""
    return parse_protection(text)


def parse_protection(text: str) -> Protection:
    """Return a policy's rules. Raises InvalidParameter, and NotImplemented (501) for what cannot be honoured."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _refused("The policy is too large")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused("The policy is not valid JSON") from error
    if not isinstance(document, dict) or document.get("Version") != "2021-06-01":
        raise _refused("Version must be 2021-06-01")
    if not isinstance(document.get("Name"), str) or not document["Name"]:
        raise _refused("Name is required")
    statements = document.get("Statement")
    if not isinstance(statements, list) or not statements:
        raise _refused("Statement must be a list that is not empty")
    custom = parse_custom(document["Configuration"]) if "Configuration" in document else {}
    rules, audits = [], []
    for statement in statements:
        if not isinstance(statement, dict):
            raise _refused("A statement must be an object")
        rule = _rule(statement, custom)
        if rule.action == "audit":
            audits.append((rule, parse_audit(statement["Operation"]["Audit"])))
        else:
            rules.append(rule)
    if len(audits) > 1:
        raise _refused("Only one audit statement is allowed per data protection policy")
    return Protection(tuple(rules), *audits[0]) if audits else Protection(tuple(rules))


def _rule(statement: dict[str, Any], custom: dict[str, Identifier]) -> Rule:
    direction = statement.get("DataDirection")
    if direction not in ("Inbound", "Outbound"):
        raise _refused("DataDirection must be Inbound or Outbound")
    action = _action(statement.get("Operation"))
    if action == "audit" and direction != "Inbound":
        raise _refused("Audit is for the DataDirection Inbound only")
    return Rule(
        direction,
        tuple(identifier_of(named, custom) for named in _texts(statement, "DataIdentifier")),
        tuple(_texts(statement, "Principal")) if "Principal" in statement else (),
        tuple(_texts(statement, "NoPrincipal")) if "NoPrincipal" in statement else (),
        action,
    )


def _texts(statement: dict[str, Any], name: str) -> list[str]:
    value = statement.get(name)
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(text, str) for text in values):
        raise _refused(f"{name} must be a list of texts that is not empty")
    return values


def _action(operation: Any) -> str:
    if not isinstance(operation, dict) or len(operation) != 1:
        raise _refused("Operation must have one of Audit, Deny, Deidentify")
    ((name, settings),) = operation.items()
    if name == "Deny" and settings == {}:
        return "deny"
    if name == "Audit":
        return "audit"
    if name != "Deidentify" or not isinstance(settings, dict) or len(settings) != 1:
        raise _refused("Operation must have one of Audit, Deny, Deidentify")
    ((way, details),) = settings.items()
    if way == "RedactConfig" and details == {}:
        return "redact"
    if way == "MaskConfig" and isinstance(details, dict):
        mask = details.get("MaskWithCharacter", DEFAULT_MASK)
        if isinstance(mask, str) and mask in MASKS and details.keys() <= {"MaskWithCharacter"}:
            return mask
    raise _refused("Deidentify must have a MaskConfig with a supported character, or an empty RedactConfig")


def _refused(reason: str) -> Exception:
    return invalid("DataProtectionPolicy", reason)
