"""A second evaluator, written to be read and not to be fast, against which the engine is held.

It works on the documents as JSON, compiles and remembers nothing, and shares no code with the engine. It knows the part
of the language the property tests write (their dates and numbers are plain).
"""

from __future__ import annotations

import base64
import ipaddress
import re
from datetime import datetime
from decimal import Decimal
from typing import Any


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def glob(pattern: str, text: str, stop: str = "") -> bool:
    """Match by trying everything; ``stop`` is a character wildcards do not cross. ``\\0`` before a character quotes."""
    reachable = {0}
    position = 0
    while position < len(pattern):
        symbol = pattern[position]
        quoted = symbol == "\0"
        if quoted:
            position += 1
            symbol = pattern[position]
        following = set()
        for at in reachable:
            if symbol == "*" and not quoted:
                end = at
                following.add(end)
                while end < len(text) and text[end] != stop:
                    end += 1
                    following.add(end)
            elif at < len(text) and (text[at] == symbol or (symbol == "?" and not quoted and text[at] != stop)):
                following.add(at + 1)
        reachable = following
        position += 1
    return len(text) in reachable


def filled(pattern: str, context: dict, version: str) -> str | None:
    """Fill in variables, quoting what they stand for; None when one has no value."""
    if version != "2012-10-17":
        return pattern
    result = ""
    while "${" in pattern:
        before, _, rest = pattern.partition("${")
        body, closed, rest = rest.partition("}")
        assert closed
        result += before
        if body in ("*", "?", "$"):
            value = body
        else:
            key, _, default = body.partition(",")
            found = context.get(key.strip().lower())
            if isinstance(found, list):
                found = found[0] if len(found) == 1 else None if found else []
            if found in ([], None):
                if found is None and isinstance(context.get(key.strip().lower()), list):
                    return None
                if not default:
                    return None
                found = default.strip()[1:-1]
            value = found
        result += "".join("\0" + character for character in value)
        pattern = rest
    return result + pattern


def arn_glob(pattern: str, text: str, complete: bool) -> bool:
    if pattern == "*":
        return True
    if pattern.count("\0") and re.search("\0", ":".join(pattern.split(":")[:5])):
        return False
    wanted = pattern.split(":", 5)
    if complete:
        wanted += ["*"] * (6 - len(wanted))
    has = text.split(":", 5)
    if len(wanted) != 6 or len(has) != 6:
        return False
    return all(glob(one, other, ":") for one, other in zip(wanted[:5], has[:5], strict=True)) and glob(
        wanted[5], has[5]
    )


def instant(text: str) -> Decimal | None:
    try:
        return Decimal(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return number(text)


def number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) else None


def compare(name: str, expected: str, actual: str, context: dict, version: str) -> bool:
    """Hold one actual value against one expected, without negation."""
    if name.startswith(("string", "arn", "bool")):
        pattern = filled(expected, context, version)
        if pattern is None:
            return False
        if name in ("stringequals", "stringnotequals"):
            return pattern.replace("\0", "") == actual
        if "ignorecase" in name or name == "bool":
            return pattern.replace("\0", "").lower() == actual.lower()
        return arn_glob(pattern, actual, False) if name.startswith("arn") else glob(pattern, actual)
    if name.startswith(("numeric", "date")):
        read = number if name.startswith("numeric") else instant
        left, right = read(actual), read(expected)
        if left is None or right is None:
            return False
        kind = name.removeprefix("numeric").removeprefix("date")
        return {
            "equals": left == right,
            "notequals": left == right,
            "lessthan": left < right,
            "lessthanequals": left <= right,
            "greaterthan": left > right,
            "greaterthanequals": left >= right,
        }[kind]
    if name == "binaryequals":
        return base64.b64decode(actual) == base64.b64decode(expected)
    network = ipaddress.ip_network(expected, strict=False)
    return ipaddress.ip_address(actual) in network


def holds(operator: str, key: str, expected: Any, context: dict, version: str) -> bool:
    name = operator.lower()
    expected = [str(value).lower() if isinstance(value, bool) else str(value) for value in listed(expected)]
    actual = context.get(key.lower())
    actual = [] if actual is None else listed(actual)
    if name == "null":
        return ("true" if not actual else "false") in [value.lower() for value in expected]
    quantifier, _, name = name.rpartition(":")
    optional = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    negated = "not" in name

    def one(value: str) -> bool:
        return any(compare(name, wanted, value, context, version) for wanted in expected)

    if quantifier == "forallvalues":
        return not actual or actual == [""] or all(one(value) != negated for value in actual)
    if quantifier == "foranyvalue":
        if actual == [""]:
            return False
        return any(one(value) != negated for value in actual) if actual else optional
    if not actual:
        return optional or negated
    return any(one(value) for value in actual) != negated


def named(principal: Any, question: Any) -> int:
    """Return how a Principal element names the caller: 0 not, 1 its account, 2 its role or maker, 3 itself."""
    if principal == "*" or "*" in listed(principal.get("AWS", [])):
        return 3
    caller = question.principal
    if caller.type == "service":
        return 3 if caller.arn in listed(principal.get("Service", [])) else 0
    if caller.type == "anonymous":
        return 0
    names = listed(principal.get("AWS", []))
    if caller.arn in names and caller.type != "root":
        return 3
    if caller.session is not None and caller.session.issuer_arn in names:
        return 2
    if caller.account in names or f"arn:aws:iam::{caller.account}:root" in names:
        return 3 if caller.type == "root" else 1
    return 0


def statement_fits(statement: dict, question: Any, version: str) -> int:
    """Return 0 when the statement does not apply, else how it names the caller."""
    context = question.context

    def acts(patterns: Any) -> bool:
        return any(glob(pattern.lower(), question.action.lower()) for pattern in listed(patterns))

    def means(patterns: Any) -> bool:
        texts = [filled(pattern, context, version) for pattern in listed(patterns)]
        return any(text is not None and arn_glob(text, question.resource, True) for text in texts)

    if ("Action" in statement and not acts(statement["Action"])) or (
        "NotAction" in statement and acts(statement["NotAction"])
    ):
        return 0
    if ("Resource" in statement and not means(statement["Resource"])) or (
        "NotResource" in statement and means(statement["NotResource"])
    ):
        return 0
    for operator, keys in statement.get("Condition", {}).items():
        for key, expected in keys.items():
            if not holds(operator, key, expected, context, version):
                return 0
    return named(statement["Principal"], question) if "Principal" in statement else 3


def speaks(documents: list[dict], question: Any, effect: str) -> int:
    """Return the closest naming among the statements of ``effect`` that apply."""
    return max(
        (
            statement_fits(statement, question, document.get("Version", "2008-10-17"))
            for document in documents
            for statement in listed(document["Statement"])
            if statement["Effect"] == effect
        ),
        default=0,
    )


def decide(question: Any, documents: dict[str, Any]) -> tuple[str, str | None]:
    """Return outcome and layer, by AWS's flow chart read from top to bottom."""
    caller = question.principal
    resource = [documents["resource"]] if documents.get("resource") else []
    boundary = [documents["boundary"]] if documents.get("boundary") else []
    if caller.type == "root":
        documents = {**documents, "identity": []}
        boundary = []
    scps = [] if caller.type in ("service", "anonymous") else documents.get("scps", [])
    rcps = documents.get("rcps", [])
    if caller.session and "/aws-service-role/" in caller.session.issuer_arn:
        scps, rcps = [], []
    layers = {
        "rcp": [document for level in rcps for document in level],
        "scp": [document for level in scps for document in level],
        "resource": resource,
        "identity": documents.get("identity", []),
        "boundary": boundary,
        "session": documents.get("session", []),
    }
    for layer, found in layers.items():
        if speaks(found, question, "Deny"):
            return "explicitDeny", layer
    for level in rcps:
        if not speaks(level, question, "Allow"):
            return "implicitDeny", "rcp"
    for level in scps:
        if not speaks(level, question, "Allow"):
            return "implicitDeny", "scp"
    naming = speaks(resource, question, "Allow")
    if caller.type in ("service", "anonymous"):
        return ("allowed", "resource") if naming else ("implicitDeny", "resource")
    if caller.account == question.resource_account:
        if documents.get("required") and not naming:
            return "implicitDeny", "resource"
        if naming == 3:
            return "allowed", "resource"
        identity_needed = naming < 2
    else:
        if not naming:
            return "implicitDeny", "resource"
        identity_needed = True
    granted_by = "identity"
    if caller.type == "root":
        granted_by = None
    elif not identity_needed:
        granted_by = "resource"
    elif not speaks(layers["identity"], question, "Allow"):
        return "implicitDeny", "identity"
    if boundary and not speaks(boundary, question, "Allow"):
        return "implicitDeny", "boundary"
    if (layers["session"] or caller.type == "federated-user") and not speaks(layers["session"], question, "Allow"):
        return "implicitDeny", "session"
    return "allowed", granted_by
