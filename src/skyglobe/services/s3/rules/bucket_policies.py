"""Bucket policies: what is refused when one is put, in S3's words, and what makes one public."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.services.s3.rules.actions import BUCKET_ACTIONS, LISTING, OBJECT_ACTIONS, actions_like, is_bad
from skyglobe.services.s3.rules.condition_keys import FAMILIES, KEYS, LISTING_KEYS

MAX_POLICY_BYTES = 20 * 1024  # S3 user guide, "Bucket policies": limited to 20 KB
_TOP = frozenset(("Version", "Id", "Statement"))
_ELEMENTS = frozenset(
    (
        *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
        "Condition",
    )
)
_FIXING = frozenset(
    (
        *("aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid"),
        *("aws:principalorgid", "aws:principalaccount", "aws:principalarn", "aws:sourceorgid"),
        *("s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointarn", "s3:dataaccesspointaccount"),
    )
)
"""Keys whose fixed values keep a statement from being public; S3 user guide, "The meaning of 'public'"."""
_FIXING_OPERATORS = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")
_BROADEST_IPV4, _BROADEST_IPV6 = 8, 32
"""Prefixes shorter than these count as everybody; same page. Private ranges never do."""
_UNIQUE_LOCAL = IPv6Network("fc00::/7")


class Malformed(ValueError):
    """A document that is no policy of this bucket: S3's reason, and what it adds as detail."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail


def check_policy(text: str, arn: str) -> None:
    """Raise ``Malformed`` unless ``text`` is a policy that speaks of the bucket or access point ``arn``."""
    document = _read(text)
    _know(document, _TOP)
    if document.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        raise Malformed("The policy must contain a valid version string")
    if "Statement" not in document:
        raise Malformed("Missing required field Statement", "Statement")
    statements = document["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    if not statements:
        raise Malformed("Could not parse the policy: Statement is empty!")
    for statement in statements:
        _check_statement(statement, arn)
    try:
        parse_policy(text, "resource")
    except MalformedPolicy as error:
        reason = str(error)
        if reason.startswith("Invalid principal in policy"):
            raise Malformed("Invalid principal in policy", reason.partition(": ")[2]) from None
        raise Malformed(reason) from None


def check_directory_policy(text: str, arn: str) -> None:
    """Raise ``Malformed`` unless ``text`` is a policy of a directory bucket: for ``s3express`` alone, and it alone."""
    _know(_read(text), _TOP)
    try:
        parse_policy(text, "resource")
    except MalformedPolicy as error:
        raise Malformed(str(error)) from None
    for statement in statements_of(text):
        actions = _texts(statement.get("Action", []), "Policy has invalid action")
        if not actions or not all(action.startswith("s3express:") for action in actions):
            raise Malformed("Policy has invalid action")
        if _texts(statement.get("Resource", []), "Policy has invalid resource") != [arn]:
            raise Malformed("Policy has invalid resource")


def _read(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text) if text[:1] == "{" else None
    except (ValueError, RecursionError):
        raise Malformed("This policy contains invalid Json") from None
    if not isinstance(document, dict):
        raise Malformed("Policies must be valid JSON and the first byte must be '{'")
    return document


def _know(element: dict[str, Any], names: frozenset[str]) -> None:
    unknown = next((name for name in element if name not in names), None)
    if unknown is not None:
        raise Malformed(f"Unknown field {unknown}", unknown)


def _check_statement(statement: Any, arn: str) -> None:
    if not isinstance(statement, dict):
        raise Malformed("Invalid policy syntax.")
    _know(statement, _ELEMENTS)
    if "Effect" not in statement:
        raise Malformed("Missing required field Effect", "Effect")
    if statement["Effect"] not in ("Allow", "Deny"):
        raise Malformed(f"Invalid effect: {statement['Effect']}")
    for name in ("Principal", "Action", "Resource"):
        given = [each for each in (name, f"Not{name}") if each in statement]
        if not given:
            raise Malformed(f"Missing required field {name}", name)
        if len(given) == 2:
            raise Malformed("Invalid policy syntax.")
    actions = _check_actions(statement)
    _check_resources(statement, arn, actions)
    _check_conditions(statement, actions)


def _check_actions(statement: dict[str, Any]) -> list[frozenset[str]]:
    """Return what each action of a statement means; what NotAction leaves over counts as one."""
    name = "Action" if "Action" in statement else "NotAction"
    patterns = _texts(statement[name], "Policy has invalid action")
    found = [actions_like(pattern) if pattern != "*" else BUCKET_ACTIONS | OBJECT_ACTIONS for pattern in patterns]
    if not patterns or not all(found):
        raise Malformed("Policy has invalid action")
    return found if name == "Action" else [BUCKET_ACTIONS | OBJECT_ACTIONS]


def _check_resources(statement: dict[str, Any], arn: str, actions: list[frozenset[str]]) -> None:
    name = "Resource" if "Resource" in statement else "NotResource"
    resources = _texts(statement[name], "Policy has invalid resource")
    if not resources or not all(_is_of_bucket(resource, arn) for resource in resources):
        raise Malformed("Policy has invalid resource")
    if name == "NotResource":
        return
    applying: frozenset[str] = frozenset()
    for resource in resources:
        rest = resource[len(arn) :]
        if not rest.startswith("/"):
            applying |= BUCKET_ACTIONS
        if rest:
            applying |= OBJECT_ACTIONS
    if not all(meant & applying for meant in actions):
        raise Malformed("Action does not apply to any resource(s) in statement")


def _is_of_bucket(resource: str, arn: str) -> bool:
    return resource.startswith(arn) and resource[len(arn) : len(arn) + 1] in ("", "/", "*", "?")


def _check_conditions(statement: dict[str, Any], actions: list[frozenset[str]]) -> None:
    for key in (key for keys in _dicts(statement.get("Condition", {})) for key in keys):
        lower = str(key).lower()
        if lower.startswith("s3:") and lower not in KEYS and lower.partition("/")[0] not in FAMILIES:
            raise Malformed("Policy has an invalid condition key", str(key))
        if lower in LISTING_KEYS and not any(meant & LISTING for meant in actions):
            raise Malformed("Conditions do not apply to combination of actions and resources in statement")


def _dicts(condition: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(condition, dict):
        raise Malformed("Invalid policy syntax.")
    for keys in condition.values():
        if not isinstance(keys, dict):
            raise Malformed("Invalid policy syntax.")
        yield keys


def _texts(value: Any, reason: str) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in values):
        raise Malformed(reason)
    return values


def named_principals(text: str) -> set[str]:
    """Return the ARNs of users and roles that a policy names."""
    found: set[str] = set()
    for statement in statements_of(text):
        principal = statement.get("Principal", statement.get("NotPrincipal"))
        values = principal.get("AWS", ()) if isinstance(principal, dict) else ()
        for value in [values] if isinstance(values, str) else values:
            if ":iam::" in value and (":user/" in value or ":role/" in value):
                found.add(value)
    return found


def statements_of(text: str) -> list[dict[str, Any]]:
    """Return the statements of a policy that was checked."""
    if not text:
        return []
    statements = json.loads(text)["Statement"]
    return statements if isinstance(statements, list) else [statements]


@lru_cache(maxsize=1024)  # policies in use
def only_denials(text: str) -> str:
    """Return what of a policy denies; empty when nothing does."""
    kept = [statement for statement in statements_of(text) if statement["Effect"] == "Deny"]
    return json.dumps({**json.loads(text), "Statement": kept}) if kept else ""


@lru_cache(maxsize=1024)  # policies in use
def is_public(text: str) -> bool:
    """Whether S3 counts a policy as public: some statement lets anybody at data, and no fixed value limits whom."""
    return any(_opens(statement) for statement in statements_of(text))


def _opens(statement: dict[str, Any]) -> bool:
    if statement["Effect"] != "Allow" or not _names_everybody(statement):
        return False
    if "Action" in statement:
        patterns = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        meant = (BUCKET_ACTIONS | OBJECT_ACTIONS if each == "*" else actions_like(each) for each in patterns)
        if not any(is_bad(action) for actions in meant for action in actions):
            return False
    return not _is_limited(statement)


def is_open(text: str) -> bool:
    """Whether some statement of a policy lets anybody do anything, and no fixed value limits whom."""
    return any(
        each["Effect"] == "Allow" and _names_everybody(each) and not _is_limited(each) for each in statements_of(text)
    )


def _is_limited(statement: dict[str, Any]) -> bool:
    """Whether a condition pins the callers of a statement to fixed values."""
    conditions = statement.get("Condition", {}).items()
    return any(
        _limits(operator.lower(), key.lower(), values if isinstance(values, list) else [values])
        for operator, keys in conditions
        for key, values in keys.items()
    )


def _names_everybody(statement: dict[str, Any]) -> bool:
    if "NotPrincipal" in statement:
        return True
    principal = statement["Principal"]
    if isinstance(principal, str):
        return principal == "*"
    named = principal.get("AWS", ())
    return "*" in ([named] if isinstance(named, str) else named)


def _limits(operator: str, key: str, values: list[Any]) -> bool:
    """Whether a condition pins the caller to fixed values."""
    if key == "aws:sourceip":
        return operator == "ipaddress" and all(_is_narrow(str(value)) for value in values)
    if key not in _FIXING or operator not in _FIXING_OPERATORS:
        return False
    if key == "s3:dataaccesspointarn":  # its name may be a wildcard, its account not
        return all("*" not in str(value).rpartition(":")[0] for value in values)
    return all(not set("*?$") & set(str(value)) for value in values)


def _is_narrow(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    if isinstance(network, IPv4Network):
        return network.prefixlen >= _BROADEST_IPV4
    return network.prefixlen >= _BROADEST_IPV6 or network.subnet_of(_UNIQUE_LOCAL)
