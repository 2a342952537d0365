"""Cross-origin rules: which are taken, and which a browser's request meets.

S3 user guide, "Elements of a CORS configuration".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
MAX_RULES = 100  # of a configuration; same page
MAX_BYTES = 64 * 1024  # of a configuration; same page
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


class BadRule(ValueError):
    """A rule S3 does not take; its text is S3's reason, empty where the document is no configuration."""


def check_rules(rules: Sequence[dict[str, Any]]) -> None:
    """Raise BadRule for rules that are none."""
    if not 1 <= len(rules) <= MAX_RULES:
        raise BadRule("")
    for rule in rules:
        methods, origins = rule.get("AllowedMethods") or (), rule.get("AllowedOrigins") or ()
        if not methods or not origins:
            raise BadRule("")
        for method in methods:
            if method not in METHODS:
                raise BadRule(f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")
        for name, values in (("AllowedOrigin", origins), ("AllowedHeader", rule.get("AllowedHeaders") or ())):
            for value in values:
                if value.count("*") > 1:
                    raise BadRule(f'{name} "{value}" can not have more than one wildcard.')
        for value in rule.get("ExposeHeaders") or ():
            if "*" in value:
                text = "contains wildcard. We currently do not support wildcard for ExposeHeader."
                raise BadRule(f'ExposeHeader "{value}" {text}')


@lru_cache(maxsize=1024)  # configurations in use
def rules_in(text: str) -> tuple[dict[str, Any], ...]:
    """Return the rules of a stored configuration."""
    return tuple(json.loads(text))


def headers_for(
    rules: Sequence[dict[str, Any]], origin: str, method: str, asked: Sequence[str] | None = None
) -> dict[str, str] | None:
    """Return what a browser is told: by the first rule that lets ``origin`` use ``method``; None when none does.

    ``asked`` are the headers a preflight names, which the rule must allow too.
    """
    for rule in rules:
        allowed = next((value for value in rule["AllowedOrigins"] if _fits(origin, value)), None)
        if allowed is None or method not in rule["AllowedMethods"]:
            continue
        patterns = [value.lower() for value in rule.get("AllowedHeaders") or ()]
        if all(any(_fits(name.lower(), pattern) for pattern in patterns) for name in asked or ()):
            return _told(rule, "*" if allowed == "*" else origin, asked)
    return None


def _told(rule: dict[str, Any], origin: str, asked: Sequence[str] | None) -> dict[str, str]:
    told = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(rule["AllowedMethods"]),
        "Vary": VARY,
    }
    if asked:
        told["Access-Control-Allow-Headers"] = ", ".join(name.lower() for name in asked)
    if rule.get("ExposeHeaders"):
        told["Access-Control-Expose-Headers"] = ", ".join(rule["ExposeHeaders"])
    if rule.get("MaxAgeSeconds") is not None:
        told["Access-Control-Max-Age"] = str(rule["MaxAgeSeconds"])
    if origin != "*":
        told["Access-Control-Allow-Credentials"] = "true"
    return told


def _fits(value: str, pattern: str) -> bool:
    """Whether a value is meant by a pattern with at most one wildcard."""
    before, star, after = pattern.partition("*")
    if not star:
        return value == pattern
    return len(value) >= len(before) + len(after) and value.startswith(before) and value.endswith(after)
