"""Event patterns once more, the plainest way there is: no compiling, one look at one value after the other."""

import ipaddress
import re


def matches(pattern, event):
    return all(part_matches(key, wanted, event) for key, wanted in pattern.items())


def part_matches(key, wanted, event):
    if key == "$or":
        return any(matches(one, event) for one in wanted)
    if isinstance(wanted, dict):
        found = event.get(key)
        if isinstance(found, list):
            return any(matches(wanted, one) for one in flat(found) if isinstance(one, dict))
        return matches(wanted, found if isinstance(found, dict) else {})
    values = [one for one in flat([event[key]] if key in event else []) if not isinstance(one, dict)]
    return any(entry_matches(entry, values) for entry in wanted)


def flat(values):
    found = []
    for value in values:
        found += flat(value) if isinstance(value, list) else [value]
    return found


def entry_matches(entry, values):
    if isinstance(entry, dict) and "exists" in entry:
        return bool(values) == entry["exists"]
    return any(value_matches(entry, value) for value in values)


def kind(value):
    return "number" if type(value) in (int, float) else type(value).__name__


def same(one, other):
    return kind(one) == kind(other) and one == other


def value_matches(entry, value):
    if not isinstance(entry, dict):
        return same(entry, value)
    ((name, operand),) = entry.items()
    if name == "anything-but":
        if isinstance(operand, dict):
            ((inner, words),) = operand.items()
            words = words if isinstance(words, list) else [words]
            return not any(value_matches({inner: word}, value) for word in words)
        return not any(same(one, value) for one in (operand if isinstance(operand, list) else [operand]))
    if name == "numeric":
        tests = {"=": float.__eq__, "<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}
        pairs = zip(operand[::2], operand[1::2], strict=True)
        return kind(value) == "number" and all(tests[sign](float(value), float(bound)) for sign, bound in pairs)
    if kind(value) != "str":
        return False
    if name in ("prefix", "suffix"):
        if isinstance(operand, dict):
            operand, value = operand["equals-ignore-case"].casefold(), value.casefold()
        return value.startswith(operand) if name == "prefix" else value.endswith(operand)
    if name == "equals-ignore-case":
        return value.casefold() == operand.casefold()
    if name == "wildcard":
        return re.fullmatch(".*".join(map(re.escape, operand.split("*"))), value, re.DOTALL) is not None
    if name == "cidr":
        try:
            return ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
        except ValueError:
            return False
    raise AssertionError(name)
