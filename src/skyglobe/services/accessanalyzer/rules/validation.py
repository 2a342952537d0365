"""What is wrong with a policy: the checks of Access Analyzer's policy validation.

IAM user guide, "IAM policy validation check reference": issue codes, types and wording. Actions and condition keys are
held against the service authorization reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from skyglobe.models.authorization import find_reference, prefixes
from skyglobe.policy.conditions import find_condition
from skyglobe.policy.globs import arn_includes, includes
from skyglobe.services.accessanalyzer.rules.conditions import value_faults
from skyglobe.services.accessanalyzer.rules.found import Found, at_key, at_node, listed
from skyglobe.services.accessanalyzer.rules.global_keys import GLOBAL_KEYS
from skyglobe.services.accessanalyzer.rules.permissive import overly_permissive, tag_faults
from skyglobe.services.accessanalyzer.rules.places import Node, NotJson, parse_places, position
from skyglobe.services.accessanalyzer.rules.values import (
    arn_faults,
    condition_faults,
    fields_of,
    old_variables,
    principal_faults,
    variable_faults,
)

_LINK = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
_KINDS = {"WARNING": "general-warning", "SECURITY_WARNING": "security-warning"}
_TOP = ("Version", "Id", "Statement")
_ELEMENTS = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)
_GLOBAL_FAMILIES = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")
_MULTIVALUED = ("aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:tagkeys")
_CONTROLS = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
MAX_SCP = 5_120  # characters; Organizations quotas
MAX_IDENTITY = 6_144  # characters without white space; the page's "Policy size exceeds identity policy quota"
_SID = re.compile(r"[0-9A-Za-z]*")


def findings_of(text: str, policy_type: str) -> list[dict[str, Any]]:
    """Return the findings of a document as the API shows them, in the order of the text."""
    try:
        root = parse_places(text)
    except NotJson as error:
        place = position(text, error.at)
        words = f"Fix the JSON syntax error at index {place['offset']} line {place['line']} column {place['column']}."
        return [_shown(text, Found("ERROR", "JSON_SYNTAX_ERROR", words, (), error.at, error.at))]
    faults = [*_Validation(root, policy_type).findings(), *_size_faults(text, root, policy_type)]
    found = sorted(faults, key=lambda one: (one.start, one.code))
    return [_shown(text, one) for one in found]


def _shown(text: str, found: Found) -> dict[str, Any]:
    anchor = f"{_KINDS.get(found.kind, found.kind.lower())}-{found.code.lower().replace('_', '-')}"
    path = [{"index": part} if isinstance(part, int) else {"value": part} for part in found.path]
    span = {"start": position(text, found.start), "end": position(text, found.end)}
    return {
        "findingDetails": found.text,
        "findingType": found.kind,
        "issueCode": found.code,
        "learnMoreLink": f"{_LINK}#access-analyzer-reference-policy-checks-{anchor}",
        "locations": [{"path": path, "span": span}],
    }


def _size_faults(text: str, root: Node, policy_type: str) -> Iterator[Found]:
    size = len(text) if policy_type in _CONTROLS else sum(map(len, text.split()))
    if policy_type == "SERVICE_CONTROL_POLICY" and size > MAX_SCP:
        words = (
            f"The {size} characters in the service control policy (SCP) exceed the {MAX_SCP} character maximum for "
            "SCPs. We recommend that you use multiple granular policies."
        )
        yield at_node(root, (), "ERROR", "POLICY_SIZE_EXCEEDS_SCP_QUOTA", words)
    if policy_type == "IDENTITY_POLICY" and size > MAX_IDENTITY:
        words = (
            f"The {size} characters in the identity policy, excluding whitespace, exceed the {MAX_IDENTITY} character "
            "maximum for inline and managed policies. We recommend that you use multiple granular policies."
        )
        yield at_node(root, (), "WARNING", "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", words)


class _Validation:
    """The checks of one document."""

    def __init__(self, root: Node, policy_type: str) -> None:
        self.root = root
        self.type = policy_type
        self.has_principal = policy_type in ("RESOURCE_POLICY", "RESOURCE_CONTROL_POLICY")

    def findings(self) -> Iterator[Found]:
        root = self.root
        if not isinstance(root.value, dict):
            yield at_node(
                root, (), "ERROR", "DATA_TYPE_MISMATCH", "The text does not match the expected JSON data type OBJECT."
            )
            return
        for name in root.members:
            if name not in _TOP:
                yield at_key(
                    root, name, (), "ERROR", "INVALID_POLICY_ELEMENT", f"The policy element {name} is not valid."
                )
        yield from self._version()
        statements = root.members.get("Statement")
        if statements is None or statements.value == []:
            yield at_node(root, (), "ERROR", "MISSING_STATEMENT", "Add a statement to the policy")
            return
        sids: set[str] = set()
        yield from _redundant_statements(statements)
        for number, statement in enumerate(statements.each):
            path: tuple[str | int, ...] = ("Statement", number) if statements.elements else ("Statement",)
            if not isinstance(statement.value, dict):
                words = "The text does not match the expected JSON data type OBJECT."
                yield at_node(statement, path, "ERROR", "DATA_TYPE_MISMATCH", words)
                continue
            yield from self._statement(statement, path)
            yield from self._sid(statement, path, sids)

    def _version(self) -> Iterator[Found]:
        version = self.root.members.get("Version")
        if version is None:
            words = "We recommend that you specify the Version element to help you with debugging permission issues."
            yield at_node(self.root, (), "WARNING", "MISSING_VERSION", words)
        elif version.value not in ("2012-10-17", "2008-10-17"):
            words = (
                f"The version {version.value} is not valid. Use one of the following versions: [2012-10-17, 2008-10-17]"
            )
            yield at_node(version, ("Version",), "ERROR", "INVALID_VERSION", words)

    def _sid(self, statement: Node, path: tuple[str | int, ...], sids: set[str]) -> Iterator[Found]:
        sid = statement.members.get("Sid")
        if sid is None:
            return
        here = (*path, "Sid")
        if sid.value == "":
            yield at_node(
                sid, here, "SUGGESTION", "EMPTY_SID_VALUE", "Add a value to the empty string in the Sid element."
            )
        elif not isinstance(sid.value, str):
            words = "The text does not match the expected JSON data type STRING."
            yield at_node(sid, here, "ERROR", "DATA_TYPE_MISMATCH", words)
        elif not self.has_principal and not _SID.fullmatch(sid.value):
            words = (
                "Update the characters in the Sid element to use one of the following character types: [a-z, A-Z, 0-9]"
            )
            yield at_node(sid, here, "ERROR", "UNSUPPORTED_SID", words)
        elif sid.value in sids:
            if self.has_principal:
                words = "We recommend that you use statement IDs that are unique to your policy. Update the Sid value."
                yield at_node(sid, here, "WARNING", "UNIQUE_SIDS_RECOMMENDED", words)
            else:
                words = "Duplicate statement IDs are not supported for this policy type. Update the Sid value."
                yield at_node(sid, here, "ERROR", "UNIQUE_SIDS_REQUIRED", words)
        sids.add(str(sid.value))

    def _statement(self, statement: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
        members = statement.members
        for name in members:
            if name not in _ELEMENTS:
                words = f"The policy element {name} is not valid."
                yield at_key(statement, name, path, "ERROR", "INVALID_POLICY_ELEMENT", words)
        yield from self._effect(statement, path)
        for element in ("Action", "Resource", "Principal"):
            if element in members and f"Not{element}" in members:
                words = (
                    f"The policy elements {element} and Not{element} can not be used in the same statement. "
                    "Remove one of these elements."
                )
                yield at_node(statement, path, "ERROR", "UNSUPPORTED_ELEMENT_COMBINATION", words)
        yield from self._missing(statement, path)
        yield from self._principals(statement, path)
        for name in ("Action", "NotAction"):
            if name in members:
                yield from _actions(members[name], (*path, name))
        for name in ("Resource", "NotResource"):
            if name in members:
                yield from _resources(members[name], (*path, name))
        if "Condition" in members:
            yield from _conditions(members["Condition"], (*path, "Condition"))
            yield from condition_faults(members["Condition"], (*path, "Condition"))
            yield from value_faults(members["Condition"], (*path, "Condition"))
        version = self.root.members.get("Version")
        if version is not None and version.value == "2012-10-17":
            yield from variable_faults(statement, path)
        else:
            yield from old_variables(statement, path)
        if members.get("Effect") is not None and members["Effect"].value == "Allow":
            yield from overly_permissive(statement, path)
        yield from tag_faults(statement, path)

    def _effect(self, statement: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
        effect = statement.members.get("Effect")
        if effect is None:
            words = "Add an Effect element to the policy statement with a value of Allow or Deny."
            yield at_node(statement, path, "ERROR", "MISSING_EFFECT", words)
        elif effect.value not in ("Allow", "Deny"):
            words = f"The effect {effect.value} is not valid. Use Allow or Deny."
            yield at_node(effect, (*path, "Effect"), "ERROR", "INVALID_EFFECT", words)

    def _missing(self, statement: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
        needed = ["Action", *(["Principal"] if self.has_principal else ["Resource"])]
        for element in needed:
            if not {element, f"Not{element}"} & statement.members.keys():
                other = f" or Not{element}" if element != "Principal" else ""
                article = "an" if element == "Action" else "a"
                words = f"Add {article} {element}{other} element to the policy statement."
                yield at_node(statement, path, "ERROR", f"MISSING_{element.upper()}", words)

    def _principals(self, statement: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
        for name in ("Principal", "NotPrincipal"):
            node = statement.members.get(name)
            if node is None:
                continue
            here = (*path, name)
            if self.type == "SERVICE_CONTROL_POLICY":
                words = "SCPs do not support specifying principals. Remove the Principal or NotPrincipal element."
                yield at_node(node, here, "ERROR", "SCP_SYNTAX_ERROR_PRINCIPAL", words)
            elif not self.has_principal:
                words = f"The policy type {self.type} does not support the {name} element. Remove the {name} element."
                yield at_node(node, here, "ERROR", "UNSUPPORTED_PRINCIPAL", words)
            elif isinstance(node.value, dict):
                for key in node.members:
                    if key not in ("AWS", "Service", "Federated", "CanonicalUser"):
                        words = f"The principal key {key} is not valid."
                        yield at_key(node, key, here, "ERROR", "INVALID_PRINCIPAL_KEY", words)
                yield from principal_faults(node, here)
            elif node.value != "*":
                words = (
                    "The Principal element contents are not valid. Specify a key-value pair in the Principal element."
                )
                yield at_node(node, here, "ERROR", "INVALID_PRINCIPAL_FORMAT", words)


def _redundant_statements(statements: Node) -> Iterator[Found]:
    """Yield statements that say what one before them says, whatever they are called."""
    seen: list[dict[str, Any]] = []
    for number, statement in enumerate(statements.elements):
        if not isinstance(statement.value, dict):
            continue
        said = {name: value for name, value in statement.value.items() if name != "Sid"}
        if said in seen:
            words = (
                "The statements are redundant because they provide identical permissions. Update the policy to remove "
                "the redundant statement."
            )
            yield at_node(statement, ("Statement", number), "SUGGESTION", "REDUNDANT_STATEMENT", words)
        seen.append(said)


def _actions(node: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
    if node.value == []:
        words = "This statement includes no actions and does not affect the policy. Specify actions."
        yield at_node(node, path, "SUGGESTION", "EMPTY_ARRAY_ACTION", words)
    seen: list[tuple[str, Node, tuple[str | int, ...]]] = []
    for one, here in listed(node, path):
        if not isinstance(one.value, str):
            words = "The text does not match the expected JSON data type STRING."
            yield at_node(one, here, "ERROR", "DATA_TYPE_MISMATCH", words)
            continue
        seen.append((one.value.lower(), one, here))
        if one.value != "*":
            yield from _action(one, here)
    redundant = [at for at, (action, *_) in enumerate(seen) if _is_redundant(action, at, [name for name, *_ in seen])]
    for at in redundant[:1]:
        words = (
            f"The {len(redundant)} action(s) are redundant because they provide similar permissions. "
            f"Update the policy to remove the redundant action such as: {seen[at][1].value}."
        )
        yield at_node(seen[at][1], seen[at][2], "SUGGESTION", "REDUNDANT_ACTION", words)


def _is_redundant(text: str, at: int, all_: list[str]) -> bool:
    """Whether another of the list means the same and more; of equal ones, all but the first."""
    return any(
        includes(other, text) and (other != text or place < at) for place, other in enumerate(all_) if place != at
    )


def _action(node: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
    prefix, colon, name = node.value.partition(":")
    if not colon:
        words = f"The action {node.value} does not have a prefix. Use the format service:action."
        yield at_node(node, path, "ERROR", "MISSING_ACTION_PREFIX", words)
        return
    if "*" in prefix or "?" in prefix:
        words = "The service prefix of an action does not support wildcards."
        yield at_node(node, path, "ERROR", "INVALID_SERVICE_IN_ACTION", words)
        return
    reference = find_reference(prefix.lower())
    if reference is None:
        words = f"The service {prefix} specified in the action does not exist."
        near = get_close_matches(prefix.lower(), prefixes(), 1)
        yield at_node(node, path, "ERROR", "INVALID_SERVICE_IN_ACTION", words + _near(near))
    elif not any(includes(name.lower(), known) for known in reference.actions):
        words = f"The action {node.value} does not exist."
        near = [
            f"{reference.prefix}:{reference.actions[one].name}"
            for one in get_close_matches(name.lower(), reference.actions, 1)
        ]
        yield at_node(node, path, "ERROR", "INVALID_ACTION", words + _near(near))


def _near(names: list[str]) -> str:
    return f" Did you mean {names[0]}?" if names else ""


def _resources(node: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
    if node.value == []:
        words = "This statement includes no resources and does not affect the policy. Specify resources."
        yield at_node(node, path, "SUGGESTION", "EMPTY_ARRAY_RESOURCE", words)
    every = listed(node, path)
    for one, here in every:
        if not isinstance(one.value, str):
            words = "The text does not match the expected JSON data type STRING."
            yield at_node(one, here, "ERROR", "DATA_TYPE_MISMATCH", words)
        elif one.value != "*":
            yield from _arn(one, here)
            yield from arn_faults(one, here)
    texts = [str(one.value) for one, _ in every]
    redundant = [
        at
        for at, text in enumerate(texts)
        if any(
            arn_includes(other, text) and (other != text or place < at)
            for place, other in enumerate(texts)
            if place != at
        )
    ]
    for at in redundant[:1]:
        words = (
            f"The {len(redundant)} resource ARN(s) are redundant because they reference the same resource. "
            "Review the use of wildcards (*)"
        )
        yield at_node(*every[at], "SUGGESTION", "REDUNDANT_RESOURCE", words)


def _arn(node: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
    fields = fields_of(node.value)
    if fields[0] != "arn":
        words = "Add the required prefix (arn) to the resource ARN."
        yield at_node(node, path, "ERROR", "INVALID_ARN_PREFIX", words)
    elif len(fields) < 6:
        words = (
            "Resource ARNs must include at least 6 fields in the following structure: "
            "arn:partition:service:region:account:resource"
        )
        yield at_node(node, path, "ERROR", "MISSING_ARN_FIELD", words)
    elif fields[4] and not re.fullmatch(r"[0-9]{12}|aws|[*?0-9]*|\$\{[^}]*\}", fields[4]):
        words = f"The resource ARN account ID {fields[4]} is not valid. Provide a 12-digit account ID."
        yield at_node(node, path, "ERROR", "INVALID_ARN_ACCOUNT", words)


def _conditions(node: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
    if node.value == {}:
        words = "This condition block is empty and it does not affect the policy. Specify conditions."
        yield at_node(node, path, "SUGGESTION", "EMPTY_OBJECT_CONDITION", words)
    for operator, keys in node.members.items():
        lower = operator.lower()
        if lower in ("nullifexists", "forallvalues:nullifexists", "foranyvalue:nullifexists"):
            words = (
                "The Null condition operator cannot be used with the IfExists suffix. Update the operator or the "
                "suffix."
            )
            yield at_key(node, operator, path, "ERROR", "NULL_WITH_IF_EXISTS", words)
        elif find_condition(operator, "aws:x", ["x"], variables=False) is None:
            words = f"The condition operator {operator} is not valid. Use a valid condition operator."
            yield at_key(node, operator, path, "ERROR", "INVALID_CONDITION_OPERATOR", words)
        for key, values in keys.members.items():
            here = (*path, operator)
            yield from _condition_key(keys, key, here)
            if lower.startswith("string") and _is_multivalued(key):
                words = (
                    f"The request context key {key} has multiple values. "
                    "Use the ForAllValues or ForAnyValue condition key qualifiers in your policy."
                )
                yield at_key(keys, key, here, "ERROR", "MISSING_QUALIFIER", words)
            if lower.startswith("forallvalues:") and _is_single_valued(key):
                words = (
                    f"Using ForAllValues qualifier with the single-valued condition key {key} can be overly "
                    "permissive. We recommend that you remove ForAllValues:."
                )
                yield at_key(keys, key, here, "SECURITY_WARNING", "FORALLVALUES_WITH_SINGLE_VALUED_KEY", words)
            if lower.removesuffix("ifexists").endswith(("stringequals", "stringnotequals")):
                yield from _wildcards(values, (*here, key))


def _condition_key(keys: Node, key: str, path: tuple[str | int, ...]) -> Iterator[Found]:
    prefix, colon, _ = key.partition(":")
    lower = key.lower()
    if not colon:
        words = f"The condition key {key} is not valid. Use the format service:keyname."
        yield at_key(keys, key, path, "ERROR", "INVALID_CONDITION_KEY_FORMAT", words)
    elif prefix.lower() == "aws":
        if lower == "aws:arn":
            words = "The condition key aws:ARN is not supported. Use aws:PrincipalArn or aws:SourceArn instead."
            yield at_key(keys, key, path, "ERROR", "UNSUPPORTED_GLOBAL_CONDITION_KEY", words)
        elif lower not in GLOBAL_KEYS and not lower.startswith(_GLOBAL_FAMILIES):
            words = f"The condition key {key} does not exist. Use a valid condition key."
            yield at_key(keys, key, path, "ERROR", "INVALID_GLOBAL_CONDITION_KEY", words)
    else:
        reference = find_reference(prefix.lower())
        # Keys of identity providers (``example.com:sub``) are nobody's to list.
        if reference is None and "." not in prefix and prefix.lower() != "saml":
            words = f"The service {prefix} does not exist. Use a valid service name."
            yield at_key(keys, key, path, "ERROR", "INVALID_SERVICE", words)
        elif reference is not None and not reference.has_key(key) and "." not in prefix:
            words = f"The condition key {key} does not exist in the service {prefix}. Use a valid condition key."
            yield at_key(keys, key, path, "ERROR", "INVALID_SERVICE_CONDITION_KEY", words)


def _is_single_valued(key: str) -> bool:
    lower = key.lower()
    if lower.startswith("aws:"):
        return lower in GLOBAL_KEYS and lower not in _MULTIVALUED
    reference = find_reference(lower.partition(":")[0])
    known = reference.keys.get(lower) if reference is not None else None
    return known is not None and not known.type.startswith("ArrayOf")


def _is_multivalued(key: str) -> bool:
    lower = key.lower()
    if lower.startswith("aws:"):
        return lower in _MULTIVALUED
    reference = find_reference(lower.partition(":")[0])
    known = reference.keys.get(lower) if reference is not None else None
    return known is not None and known.type.startswith("ArrayOf")


def _wildcards(values: Node, path: tuple[str | int, ...]) -> Iterator[Found]:
    for one, here in listed(values, path):
        if isinstance(one.value, str) and re.search(r"[*?]", re.sub(r"\$\{[^}]*\}", "", one.value)):
            words = (
                "Your condition value includes a * or ? character. If you meant to use a wildcard (*, ?), update the "
                "condition operator to include Like."
            )
            yield at_node(one, here, "WARNING", "WILDCARD_WITHOUT_LIKE_OPERATOR", words)
