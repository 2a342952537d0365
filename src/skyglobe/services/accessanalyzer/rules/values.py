"""What is wrong inside the values of a policy: parts of ARNs, policy variables, conditions and principals.

IAM user guide, "IAM policy validation check reference": codes and wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from skyglobe.models.authorization import find_reference
from skyglobe.models.regions import partitions
from skyglobe.policy.globs import overlap
from skyglobe.services.accessanalyzer.rules.found import Found, at_key, at_node, listed
from skyglobe.services.accessanalyzer.rules.places import Node

Path = tuple[str | int, ...]

_TEXTUAL = ("string", "arn")
_QUALIFIERS = ("forallvalues:", "foranyvalue:")
_REGION, _ACCOUNT, _RESOURCE = 3, 4, 5  # fields of an ARN
_FILLED = re.compile(r"\$\{[^}]*\}")
_OPEN = re.compile(r"[*?$]")
_IDS = {
    "AROA": ("role", "INVALID_ROLE_REFERENCE"),
    "AIDA": ("user", "INVALID_USER_REFERENCE"),
}
_OPENING = re.compile(r"\$\{([^}]*)(\}?)")
_VARIABLES_IN = ("Resource", "NotResource", "Condition")


def fields_of(arn: str) -> list[str]:
    """Return the fields of an ARN, six at most; colons in variables part none."""
    hidden = _FILLED.sub(lambda found: found[0].replace(":", "\0"), arn)
    return [field.replace("\0", ":") for field in hidden.split(":", 5)]


def arn_faults(node: Node, path: Path) -> Iterator[Found]:
    """Yield what in an ARN's service, Region and account its service's resources do not have, or must have."""
    fields = fields_of(node.value)
    if fields[0] != "arn" or len(fields) < 6:
        return
    service = fields[2]
    if re.search(r"[*?]", service):
        words = (
            "Avoid using wildcards (*, ?) in the service name because it might grant unintended access to other AWS "
            "services with similar names."
        )
        yield at_node(node, path, "SUGGESTION", "WILDCARD_IN_SERVICE_NAME", words)
        return
    reference = find_reference(service.lower())
    if reference is None:
        return
    if service != service.lower():
        words = f"Update the service name {service} in the resource ARN to use all lowercase letters."
        yield at_node(node, path, "ERROR", "INVALID_ARN_SERVICE_CASE", words)
        return
    yield from _place_faults(node, path, fields)
    formats = [resource.arn.split(":", 5) for resource in reference.resources.values()]
    whole = [one for one in formats if len(one) == 6]
    if not whole or len(whole) < len(formats):
        return
    if fields[_REGION] not in ("", "*") and not any(one[_REGION] for one in whole):
        words = f"The service {service} does not support specifying a Region in the resource ARN."
        yield at_node(node, path, "ERROR", "ARN_REGION_NOT_ALLOWED", words)
    if not fields[_REGION] and all(one[_REGION] for one in whole):
        yield at_node(node, path, "ERROR", "MISSING_ARN_REGION", f"Add a Region to the {service} resource ARN.")
    if fields[_ACCOUNT] not in ("", "*") and not any(one[_ACCOUNT] for one in whole):
        words = f"The service {service} does not support specifying an account ID in the resource ARN."
        yield at_node(node, path, "ERROR", "ARN_ACCOUNT_NOT_ALLOWED", words)
    shapes = [_FILLED.sub("*", one[_RESOURCE]) for one in whole]
    if not any(overlap(fields[_RESOURCE], shape) for shape in shapes):
        words = "Resource ARN does not match the expected ARN format. Update the resource portion of the ARN."
        yield at_node(node, path, "ERROR", "INVALID_ARN_RESOURCE", words)


def _place_faults(node: Node, path: Path, fields: list[str]) -> Iterator[Found]:
    """Yield partitions and Regions that are none."""
    partition, region = fields[1], fields[_REGION]
    if _OPEN.search(partition):
        return
    known = partitions()
    if partition not in known:
        words = (
            f"The resource ARN for the service {fields[2]} does not support the partition {partition}. "
            f"Use the supported values: {', '.join(sorted(known))}"
        )
        yield at_node(node, path, "ERROR", "INVALID_PARTITION", words)
    elif region and not _OPEN.search(region) and region not in known[partition]:
        words = (
            f"The Region {region} is not valid for this resource. "
            "Update the resource ARN to include a supported Region."
        )
        yield at_node(node, path, "ERROR", "INVALID_ARN_REGION", words)


_NOBODY = "This statement includes no principals and does not affect the policy. Specify principals."


def principal_faults(node: Node, path: Path) -> Iterator[Found]:
    """Yield principals with wildcards that are more than everyone, unique ids, and lists of nobody."""
    if not node.members:
        yield at_node(node, path, "SUGGESTION", "EMPTY_OBJECT_PRINCIPAL", _NOBODY)
    for key, names in node.members.items():
        if names.value == []:
            yield at_node(names, (*path, key), "SUGGESTION", "EMPTY_ARRAY_PRINCIPAL", _NOBODY)
        for one, here in listed(names, (*path, key)):
            if key == "AWS" and isinstance(one.value, str) and (known := _IDS.get(one.value[:4])):
                words = (
                    f"The Principal element includes the IAM {known[0]} ID {one.value}. "
                    f"We recommend that you use a {known[0]} ARN instead."
                )
                yield at_node(one, here, "WARNING", known[1], words)
            is_everyone = key == "AWS" and one.value == "*"
            if isinstance(one.value, str) and re.search(r"[*?]", one.value) and not is_everyone:
                words = (
                    f"Wildcards (*, ?) are not supported with the principal key {key}. "
                    "Replace the wildcard with a valid principal value."
                )
                yield at_node(one, here, "ERROR", "UNSUPPORTED_WILDCARD_IN_PRINCIPAL", words)


def condition_faults(node: Node, path: Path) -> Iterator[Found]:
    """Yield keys that are there twice, several booleans for one key, and variables that are never filled in."""
    for operator, keys in node.members.items():
        here = (*path, operator)
        seen: set[str] = set()
        for key, values in keys.members.items():
            if key.lower() in seen:
                words = (
                    f"The condition key {key} appears more than once with different capitalization "
                    "in the same condition block. Remove the duplicate condition keys."
                )
                yield at_key(keys, key, here, "ERROR", "DUPLICATE_KEYS_WITH_DIFFERENT_CASE", words)
            seen.add(key.lower())
            yield from _value_faults(operator.lower(), values, (*here, key))


def _value_faults(operator: str, values: Node, path: Path) -> Iterator[Found]:
    every = listed(values, path)
    if operator.removesuffix("ifexists") == "bool" and len(every) > 1:
        words = "The condition key does not support multiple Boolean values. Use a single Boolean value."
        yield at_node(values, path, "ERROR", "INVALID_CONDITION_MULTIPLE_BOOLEAN", words)
    plain = operator
    for qualifier in _QUALIFIERS:
        plain = plain.removeprefix(qualifier)
    if plain.startswith(_TEXTUAL):
        return
    for one, here in every:
        if isinstance(one.value, str) and "${" in one.value:
            words = "Policy variables can only be used with String and ARN operators."
            yield at_node(one, here, "ERROR", "INVALID_VARIABLE_FOR_OPERATOR", words)


def variable_faults(statement: Node, path: Path) -> Iterator[Found]:
    """Yield malformed variables of a statement, and those in elements that have none."""
    for name, member in statement.members.items():
        for text, here in _texts(member, (*path, name)):
            for match in _OPENING.finditer(text.value):
                found = _variable_fault(match)
                if found is not None:
                    yield at_node(text, here, "ERROR", *found)
                elif name not in _VARIABLES_IN:
                    words = (
                        "Policy variables are supported in the Resource and Condition elements. "
                        f"Remove the policy variable {match[0]} from this element."
                    )
                    yield at_node(text, here, "ERROR", "VARIABLE_UNSUPPORTED_IN_ELEMENT", words)


def old_variables(statement: Node, path: Path) -> Iterator[Found]:
    """Yield variables in a document whose version has none."""
    for name in _VARIABLES_IN:
        if name not in statement.members:
            continue
        for text, here in _texts(statement.members[name], (*path, name)):
            if any(_variable_fault(match) is None for match in _OPENING.finditer(text.value)):
                words = "To include variables in your policy, use the policy version 2012-10-17 or later."
                yield at_node(text, here, "ERROR", "VARIABLE_UNSUPPORTED_IN_VERSION", words)


def _texts(node: Node, path: Path) -> Iterator[tuple[Node, Path]]:
    if isinstance(node.value, str):
        yield node, path
    for key, member in node.members.items():
        yield from _texts(member, (*path, key))
    for number, element in enumerate(node.elements):
        yield from _texts(element, (*path, number))


def _variable_fault(match: re.Match[str]) -> tuple[str, str] | None:
    """Return code and words for what is wrong with ``${…}``."""
    name, comma, default = match[1].partition(",")
    if not match[2]:
        words = "The policy variable is missing a closing curly brace. Add } after the variable text."
        return "MISSING_BRACE_IN_VARIABLE", words
    if not match[1].strip():
        words = "Empty policy variable. Remove the ${ } variable structure or provide a variable within the structure."
        return "EMPTY_VARIABLE", words
    if " " in name:
        return (
            "UNSUPPORTED_SPACE_IN_VARIABLE",
            "A space is not supported within the policy variable text. Remove the space.",
        )
    if comma and not re.fullmatch(r"\s*'[^']*'\s*", default):
        words = "The policy variable default value must begin and end with a single quote. Add the missing quote."
        return "MISSING_QUOTE_IN_VARIABLE", words
    return None
