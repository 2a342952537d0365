"""A denial in full, as EC2 encodes it in its error and ``sts:DecodeAuthorizationMessage`` decodes it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.sealing import AUTHORIZATION_MESSAGE, encrypted
from skyglobe.policy import Decision, Match

MAX_ENCODED = 10_240  # characters; STS API reference, DecodeAuthorizationMessage
MAX_VALUES = 100  # statements, conditions and their values told


def encoded_denial(kernel: Kernel, decision: Decision) -> str:
    """Return what was asked and what denied it, for the eyes of those who may decode it."""
    told = describe_denial(decision)
    sealed = encrypted(kernel, AUTHORIZATION_MESSAGE, json.dumps(told, separators=(",", ":")))
    if len(sealed) > MAX_ENCODED:
        # What the context is made of can be anything; what was asked and by whom always fits.
        told["context"]["conditions"] = {"items": []}
        told["matchedStatements"] = {"items": []}
        sealed = encrypted(kernel, AUTHORIZATION_MESSAGE, json.dumps(told, separators=(",", ":")))
    return sealed


def describe_denial(decision: Decision) -> dict[str, Any]:
    """Return the decoded message, in the shape that AWS's documentation of DecodeAuthorizationMessage tells."""
    question = decision.question
    is_explicit = decision.outcome == "explicitDeny"
    principal = question.principal
    return {
        "allowed": decision.is_allowed,
        "explicitDeny": is_explicit,
        "matchedStatements": {"items": [_statement(match) for match in decision.matched] if is_explicit else []},
        "failures": {"items": []},
        "context": {
            "principal": {
                "id": principal.user_id,
                "name": principal.arn.rpartition(":")[2].partition("/")[2] or principal.arn,
                "arn": principal.arn,
            },
            "action": question.action,
            "resource": question.resource,
            "conditions": {
                "items": [
                    {"key": key, "values": _items([value] if isinstance(value, str) else value)}
                    for key, value in list(question.context.items())[:MAX_VALUES]
                ]
            },
        },
    }


def _statement(match: Match) -> dict[str, Any]:
    written = match.statement.written
    return {
        "statementId": match.statement.sid,
        "effect": match.statement.effect.upper(),
        "principals": _items([match.source.of] if match.source.of else []),
        "principalGroups": {"items": []},
        "actions": _items(_listed(written.get("Action", written.get("NotAction")))),
        "resources": _items(_listed(written.get("Resource", written.get("NotResource")))),
        "conditions": {
            "items": [
                {"key": condition.key, "values": _items(condition.expected)}
                for condition in match.statement.conditions[:MAX_VALUES]
            ]
        },
    }


def _items(values: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    return {"items": [{"value": value} for value in list(values)[:MAX_VALUES]]}


def _listed(written: Any) -> list[str]:
    return [written] if isinstance(written, str) else list(written or ())
