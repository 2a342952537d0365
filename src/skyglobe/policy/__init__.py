"""The policy language and the decision, as pure functions: no store, no clock, no I/O.

``parse_policy`` checks and compiles a document (``stored_policy`` for what is already kept: it never raises),
``decide`` answers a question, ``explain`` tells the whole chain behind an answer, ``remedies`` what would have to
change for a denied one to be allowed.
"""

from __future__ import annotations

from skyglobe.policy.decision import Decision, Match, Outcome, PolicySet, Question, Source, Sources, decide
from skyglobe.policy.documents import Kind, MalformedPolicy, Policy, parse_policy, stored_policy
from skyglobe.policy.explanation import Failed, Step, explain
from skyglobe.policy.messages import Layer, denial
from skyglobe.policy.remedies import Remedy, remedies
from skyglobe.policy.statements import Statement

__all__ = [
    "Decision",
    "Failed",
    "Kind",
    "Layer",
    "MalformedPolicy",
    "Match",
    "Outcome",
    "Policy",
    "PolicySet",
    "Question",
    "Remedy",
    "Source",
    "Sources",
    "Statement",
    "Step",
    "decide",
    "denial",
    "explain",
    "parse_policy",
    "remedies",
    "stored_policy",
]
