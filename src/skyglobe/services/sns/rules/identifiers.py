"""What data protection policies look for: AWS's data identifiers, and those a policy brings along.

Developer guide, "Managed data identifiers" and "Using custom data identifiers in Amazon SNS".
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from skyglobe.kernel.regexes import BadRegex, Regex
from skyglobe.kernel.sensitive import IDENTIFIERS, find_sensitive
from skyglobe.services.sns.refusals import invalid, not_built

MAX_CUSTOM = 10  # of a policy; same guide, "Custom data identifier constraints"
MAX_REGEX = 200  # characters; same section
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")  # same section
_SYMBOLS = "_#=@/;,- "  # of a regular expression, beside letters, digits and operators; same section
_MANAGED = "arn:aws:dataprotection::aws:data-identifier/"


class Identifier(NamedTuple):
    """One kind of sensitive data."""

    name: str
    regex: Regex | None = None
    """None for those that are AWS's."""

    def find(self, text: str) -> list[tuple[int, int]]:
        """Return where ``text`` has such data: start and end, in order, without overlap."""
        return find_sensitive(text, self.name) if self.regex is None else self.regex.find(text)


def parse_custom(configuration: Any) -> dict[str, Identifier]:
    """Return the identifiers of a policy's ``Configuration`` by name. Raises InvalidParameter."""
    if not isinstance(configuration, dict) or configuration.keys() != {"CustomDataIdentifier"}:
        raise _refused("Configuration has CustomDataIdentifier and nothing else")
    given = configuration["CustomDataIdentifier"]
    if not isinstance(given, list) or len(given) > MAX_CUSTOM:
        raise _refused(f"CustomDataIdentifier must be a list of at most {MAX_CUSTOM} identifiers")
    custom: dict[str, Identifier] = {}
    for one in given:
        identifier = _custom(one)
        if identifier.name in custom:
            raise _refused(f"There is more than one custom data identifier {identifier.name}")
        custom[identifier.name] = identifier
    return custom


def _custom(given: Any) -> Identifier:
    if not isinstance(given, dict) or given.keys() != {"Name", "Regex"}:
        raise _refused("A custom data identifier has Name and Regex and nothing else")
    name, source = given["Name"], given["Regex"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _refused("The Name of a custom data identifier has up to 128 letters, digits, underscores and hyphens")
    if name in IDENTIFIERS:
        raise _refused(f"A custom data identifier cannot share its name with a managed one: {name}")
    if not isinstance(source, str) or not 0 < len(source) <= MAX_REGEX:
        raise _refused(f"The Regex of a custom data identifier has up to {MAX_REGEX} characters")
    try:
        regex = Regex(source, _SYMBOLS)
        regex.finder  # noqa: B018 - long messages need it, and now is the time to refuse what is too large
    except BadRegex as error:
        raise _refused(f"The Regex of {name} cannot be used: {error}") from error
    return Identifier(name, regex)


def identifier_of(named: str, custom: dict[str, Identifier]) -> Identifier:
    """Return what a statement names: an ARN of AWS's, or the name of one of the policy's own.

    Raises InvalidParameter, and NotImplemented (501) for those of AWS that cannot be told by their form.
    """
    if named in custom:
        return custom[named]
    name = named.removeprefix(_MANAGED)
    if name == named:
        raise _refused(f"{named} is neither the ARN of a managed data identifier nor a custom one")
    if name not in IDENTIFIERS:
        raise not_built(f"the data identifier {name}")
    return Identifier(name)


def _refused(reason: str) -> Exception:
    return invalid("DataProtectionPolicy", reason)
