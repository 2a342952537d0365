"""A policy without the services that are not used."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any


def narrowed(document: str, unused: frozenset[str], used: Iterable[str]) -> str | None:
    """Return a policy that lets reach no unused service, ``document`` itself if it lets none; None if nothing is left.

    What is denied and what all but some actions are allowed stays. Actions of any service (``*``) become those of the
    services that were used.
    """
    policy = json.loads(document)
    written = policy["Statement"]
    statements = [_narrowed(one, unused, used) for one in (written if isinstance(written, list) else [written])]
    kept = [one for one in statements if one is not None]
    if not any(one["Effect"] == "Allow" for one in kept):
        return None
    if kept == (written if isinstance(written, list) else [written]):
        return document
    return json.dumps({**policy, "Statement": kept})


def _narrowed(statement: dict[str, Any], unused: frozenset[str], used: Iterable[str]) -> dict[str, Any] | None:
    if statement["Effect"] != "Allow" or "Action" not in statement:
        return statement
    written = statement["Action"]
    before = [written] if isinstance(written, str) else written
    after = [kept for action in before for kept in _kept(action, unused, used)]
    if after == before:
        return statement
    return {**statement, "Action": after} if after else None


def _kept(action: str, unused: frozenset[str], used: Iterable[str]) -> list[str]:
    prefix, _, name = action.partition(":")
    if "*" not in prefix and "?" not in prefix:
        return [] if prefix.lower() in unused else [action]
    return [f"{service}:{name or '*'}" for service in sorted(used) if fnmatchcase(service, prefix.lower())]
