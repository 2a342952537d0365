"""What is wrong with the values of conditions: their types, their ranges, and values that change nothing.

IAM user guide, "IAM policy validation check reference": codes and wording. Where the guide leaves out the names and
numbers its findings tell, they are put where they make a sentence.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from skyglobe.models.authorization import find_reference
from skyglobe.models.regions import partitions
from skyglobe.policy.operators import bytes_of, instant_of, network_of, number_of
from skyglobe.services.accessanalyzer.rules.found import Found, at_key, at_node, listed
from skyglobe.services.accessanalyzer.rules.global_keys import GLOBAL_KEYS
from skyglobe.services.accessanalyzer.rules.places import Node

Path = tuple[str | int, ...]

_QUALIFIERS = ("forallvalues:", "foranyvalue:")
_FAMILIES = ("string", "numeric", "date", "bool", "binary", "ipaddress", "notipaddress", "arn", "null")
_GLOBAL_TYPES = {
    # IAM user guide, "AWS global condition context keys", data type; all others are strings and ARNs.
    **dict.fromkeys(("aws:currenttime", "aws:tokenissuetime"), "Date"),
    "aws:epochtime": "Date or Numeric",
    "aws:multifactorauthage": "Numeric",
    **dict.fromkeys(("aws:sourceip", "aws:vpcsourceip"), "IPAddress"),
    **dict.fromkeys(
        (
            *("aws:multifactorauthpresent", "aws:principalisawsservice", "aws:securetransport"),
            *("aws:viaawsservice", "aws:ischatbotorigin", "aws:ismcpserviceaction"),
        ),
        "Bool",
    ),
}
_FITTING = {
    # Families of operators that compare a type as what it is. Texts may be ARNs, and are named so carelessly.
    "Bool": ("bool",),
    "Numeric": ("numeric",),
    "Date": ("date",),
    "Date or Numeric": ("date", "numeric"),
    "IPAddress": ("ipaddress", "notipaddress"),
    "ARN": ("arn", "string"),
    "String": ("string", "arn"),
}
_SPOKEN = {"Bool": "Boolean", "IPAddress": "IP address", "ARN": "ARN"}
_WHOLE_NUMBER = re.compile(r"[0-9]{5,}(?:\.[0-9]+)?")
_PAIRED = {"aws:vpcsourceip": "aws:SourceVpc"}
_TAG_FAMILIES = ("aws:requesttag/", "aws:resourcetag/", "aws:principaltag/")


def value_faults(node: Node, path: Path) -> Iterator[Found]:
    """Yield what is wrong with the values of a statement's conditions."""
    named = {key.lower() for keys in node.members.values() for key in keys.members}
    for operator, keys in node.members.items():
        lower = operator.lower()
        family = family_of(lower)
        if family == "null" and lower.startswith(_QUALIFIERS):
            words = (
                "Avoid using the Null condition operator with the ForAllValues or ForAnyValue qualifiers because they "
                "always return a true or false respectively."
            )
            yield at_key(node, operator, path, "SUGGESTION", "NULL_WITH_QUALIFIER", words)
        for key, values in keys.members.items():
            here = (*path, operator, key)
            yield from _key_faults(keys, key, operator, family, (*path, operator))
            yield from _missing_pair(keys, key, named, (*path, operator))
            yield from _emptiness(values, lower, here)
            yield from _types(values, lower, family, here)
            if key.lower() == "aws:sourceip":
                yield from _private(values, family, here)
            if key.lower() == "aws:requestedregion":
                yield from _regions(values, here)
            if family == "numeric":
                yield from _redundant_numbers(values, operator, key, here)


def family_of(lower: str) -> str:
    """Return what an operator (in lower case) compares: ``string``, ``numeric``…; empty for what is none."""
    plain = lower
    for qualifier in _QUALIFIERS:
        plain = plain.removeprefix(qualifier)
    return next((family for family in _FAMILIES if plain.startswith(family)), "")


def type_of(key: str) -> str:
    """Return the type of a key's values, ``Bool`` or ``ARN``; empty where it is not known."""
    lower = key.lower()
    if lower.startswith("aws:"):
        return _GLOBAL_TYPES.get(lower, "String" if lower in GLOBAL_KEYS else "")
    reference = find_reference(lower.partition(":")[0])
    known = reference.keys.get(lower) if reference is not None else None
    return known.type.removeprefix("ArrayOf") if known is not None else ""


def _key_faults(keys: Node, key: str, operator: str, family: str, path: Path) -> Iterator[Found]:
    if key.lower() in _TAG_FAMILIES:
        words = (
            f"The condition key {key} must include a tag key to control access based on tags. Use the format "
            f"{key}tag-key and specify a key name for tag-key."
        )
        yield at_key(keys, key, path, "ERROR", "MISSING_TAG_KEY_IN_CONDITION", words)
    type_ = type_of(key)
    fitting = _FITTING.get(type_)
    if fitting and family and family not in (*fitting, "null", "binary"):
        words = (
            f"Use the operator type {_SPOKEN.get(type_, type_)} instead of operator {operator} for the condition key "
            f"{key}."
        )
        yield at_key(keys, key, path, "WARNING", "TYPE_MISMATCH", words)


def _missing_pair(keys: Node, key: str, named: set[str], path: Path) -> Iterator[Found]:
    other = _PAIRED.get(key.lower())
    if other is not None and other.lower() not in named:
        words = (
            f"Using the condition key {key} can be overly permissive without also using the following condition keys: "
            f"{other}. Condition keys like this one are more secure when paired with a related key. We recommend that "
            "you add the related condition keys to the same condition block."
        )
        yield at_key(keys, key, path, "SECURITY_WARNING", "MISSING_PAIRED_CONDITION_KEYS", words)


def _emptiness(values: Node, lower: str, path: Path) -> Iterator[Found]:
    if values.value != []:
        return
    code, words = (
        "EMPTY_ARRAY_CONDITION",
        "There are no values for the condition key and it does not affect the policy.",
    )
    ending = " Specify conditions."
    if lower.startswith("forallvalues:"):
        code += "_FORALLVALUES"
        words = "The ForAllValues prefix with an empty condition key matches only if the key is missing from the "
        ending = _ASK_BY_NULL
    elif lower.startswith("foranyvalue:"):
        code += "_FORANYVALUE"
        words = "The ForAnyValue prefix with an empty condition key never matches the request context and it does not "
        ending = "affect the policy. Specify conditions."
    elif lower.endswith("ifexists"):
        code += "_IFEXISTS"
        words = "The IfExists suffix with an empty condition key matches only if the key is missing from the "
        ending = _ASK_BY_NULL
    yield at_node(values, path, "SUGGESTION", code, words + ending)


_ASK_BY_NULL = (
    "request context. To determine if the request context is empty, we recommend that you use the Null condition "
    "operator with the value of true instead."
)


def _types(values: Node, lower: str, family: str, path: Path) -> Iterator[Found]:
    every = listed(values, path)
    if len({_json_type(one.value) for one, _ in every}) > 1:
        words = "The condition value data types do not match. Use condition values of the same JSON data type."
        yield at_node(values, path, "ERROR", "INVALID_CONDITION_DATA_TYPE", words)
    for one, here in every:
        if isinstance(one.value, dict | list) or one.value is None:
            continue
        text = str(one.value).lower() if isinstance(one.value, bool) else str(one.value)
        if "${" in text:
            continue
        fault = _type_fault(text, lower, family)
        if fault is not None:
            yield at_node(one, here, *fault)


def _json_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _type_fault(text: str, lower: str, family: str) -> tuple[str, str, str] | None:
    """Return kind, code and words for a value that an operator cannot read as its type."""
    if family in ("bool", "null") and text.lower() not in ("true", "false"):
        words = f"Add a valid Boolean value (true or false) for the condition operator {lower}."
        return "WARNING", "TYPE_MISMATCH_BOOLEAN", words
    if family == "numeric" and number_of(text) is None:
        return "WARNING", "TYPE_MISMATCH_NUMBER", f"Add a valid numeric value for the condition operator {lower}."
    if family == "binary" and bytes_of(text) is None:
        words = f"Add a valid base64-encoded string value for the condition operator {lower}."
        return "WARNING", "TYPE_MISMATCH_STRING", words
    if family == "date":
        return _date_fault(text)
    return _range_fault(text, lower) if family in ("ipaddress", "notipaddress") else None


def _date_fault(text: str) -> tuple[str, str, str] | None:
    if _WHOLE_NUMBER.fullmatch(text):
        words = f"The date {text} might not resolve as expected. We recommend that you use the YYYY-MM-DD format."
        return "WARNING", "INVALID_DATE_VALUE", words
    if instant_of(text) is None:
        words = (
            "The date condition operator is used with an invalid value. Specify a valid date using YYYY-MM-DD or other "
            "ISO 8601 date/time format."
        )
        return "WARNING", "TYPE_MISMATCH_DATE", words
    return None


def _range_fault(text: str, lower: str) -> tuple[str, str, str] | None:
    network = network_of(text)
    if network is None:
        words = (
            f"The condition operator {lower} is used with an invalid IP range value. Specify the IP range in standard "
            "CIDR format."
        )
        return "WARNING", "TYPE_MISMATCH_IP_RANGE", words
    address = text.strip().partition("/")[0]
    if ipaddress.ip_address(address) != network.network_address:
        words = (
            "The non-zero bits in the IP address after the masked bits are ignored. "
            f"Replace address with {network.compressed}."
        )
        return "SUGGESTION", "IMPROVE_IP_RANGE", words
    return None


_PRIVATE = {
    # By whether all are private, and whether the operator is negated.
    (True, False): (
        "ERROR",
        "PRIVATE_IP_ADDRESS",
        (
            "aws:SourceIp works only for public IP address ranges. The values for condition key aws:SourceIp include "
            "only private IP addresses and will not have the desired effect. Update the value to include only "
            "public IP addresses."
        ),
    ),
    (True, True): (
        "ERROR",
        "PRIVATE_NOT_IP_ADDRESS",
        (
            "The values for condition key aws:SourceIp include only private IP addresses and has no effect. "
            "aws:SourceIp works only for public IP address ranges. Update the value to include only public IP "
            "addresses."
        ),
    ),
    (False, False): (
        "SUGGESTION",
        "PRIVATE_IP_ADDRESS_SUBSET",
        (
            "The values for condition key aws:SourceIp include a mix of private and public IP addresses. The private "
            "addresses will not have the desired effect. aws:SourceIp works only for public IP address ranges. To "
            "define permissions for private IP ranges, use aws:VpcSourceIp."
        ),
    ),
    (False, True): (
        "SUGGESTION",
        "PRIVATE_NOT_IP_ADDRESS_SUBSET",
        (
            "The values for condition key aws:SourceIp include a mix of private and public IP addresses. The private "
            "addresses have no effect. aws:SourceIp works only for public IP address ranges. To define permissions for "
            "private IP ranges, use aws:VpcSourceIp."
        ),
    ),
}
_PRIVATE_RANGES = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))  # RFC 1918, RFC 4193
)


def _private(values: Node, family: str, path: Path) -> Iterator[Found]:
    if family not in ("ipaddress", "notipaddress"):
        return
    networks = [network_of(str(one.value)) for one, _ in listed(values, path)]
    private = [network is not None and _is_private(network) for network in networks]
    if any(private):
        yield at_node(values, path, *_PRIVATE[all(private), family == "notipaddress"])


def _is_private(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return any(
        network.version == one.version and network.subnet_of(one)  # type: ignore[arg-type]
        for one in _PRIVATE_RANGES
    )


def _regions(values: Node, path: Path) -> Iterator[Found]:
    known = frozenset[str]().union(*partitions().values())
    for one, here in listed(values, path):
        text = str(one.value)
        if not re.search(r"[*?$]|-global$", text) and text not in known:
            words = f"The Region {text} is not valid. Update the condition value to a suported Region."
            yield at_node(one, here, "ERROR", "INVALID_REGION", words)


def _redundant_numbers(values: Node, operator: str, key: str, path: Path) -> Iterator[Found]:
    lower = operator.lower()
    end = "greatest" if "lessthan" in lower else "least" if "greaterthan" in lower else ""
    if end and len(values.elements) > 1 and all(number_of(str(one.value)) is not None for one in values.elements):
        words = f"Multiple values in {operator} are redundant. Replace with the {end} single value for {key}."
        yield at_node(values, path, "SUGGESTION", "REDUNDANT_CONDITION_VALUE_NUM", words)
