"""Why a request was allowed or denied: the whole chain of policies, and what would have to change."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.admin.dispatch import Refusal
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route
from skyglobe.admin.trace import TracedRequest, told
from skyglobe.gateway.context import RequestContext
from skyglobe.gateway.traced import Asked, Traced
from skyglobe.gateway.tracing import KEPT, KEPT_DENIED
from skyglobe.kernel.access import Need
from skyglobe.policy import Decision, Source, Step, explain, remedies
from skyglobe.policy.explanation import Failed, place_of, spoken
from skyglobe.policy.messages import Layer

ORDER: tuple[Layer, ...] = ("rcp", "scp", "endpoint", "trust", "resource", "identity", "boundary", "session")
"""The layers as AWS asks them. Every role has a trust policy and nothing else has: the others have the next."""


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which request to explain."""

    request_id: str


class Misfit(msgspec.Struct, frozen=True):
    """What a statement wanted, and what the request had."""

    element: str
    """``Action``, ``Resource``, ``Principal`` or ``Condition``."""
    key: str
    """The condition key; empty for the other elements."""
    operator: str
    """The condition operator, or the element as it is written: ``NotAction``."""
    expected: list[str]
    actual: list[str] | None
    """Null where the request has no such key."""


class ExplainedStatement(msgspec.Struct, frozen=True):
    """One statement held against the request."""

    number: int
    """From 1, in the document's order."""
    sid: str
    effect: str
    verdict: str
    """``allows``, ``denies`` or ``does not apply``."""
    misfits: list[Misfit]
    """Why it does not apply; empty when it does."""
    met: list[Misfit]
    """The conditions that held where it does, with what they were held against."""
    statement: dict[str, Any]
    """As it stands in the policy."""


class ExplainedPolicy(msgspec.Struct, frozen=True):
    """One policy held against the request."""

    name: str
    arn: str
    kind: str
    """``inline``, ``managed``, ``resource`` or ``session``."""
    of: str
    """ARN of what it hangs on."""
    unreadable: str
    """Why the document cannot be read, which makes it deny everything; empty for sound ones."""
    statements: list[ExplainedStatement]


class ExplainedLayer(msgspec.Struct, frozen=True):
    """The policies of one kind: one of them must allow, where the layer is asked at all."""

    layer: str
    level: int
    """Of an organization's policies: 0 is the root of the organization."""
    place: str
    """Where in the organization they hang: ``root r-…``, ``unit ou-…``, ``account …``; empty for other layers."""
    verdict: str
    """``denies``, ``allows``, ``allows nothing``, or ``none`` where there are no such policies."""
    decided: bool
    """Whether the outcome was decided here."""
    policies: list[ExplainedPolicy]


class Permission(msgspec.Struct, frozen=True):
    """One permission the request needed, and how it was decided."""

    principal: str
    action: str
    resource: str
    resource_account: str
    outcome: str
    """``allowed``, ``explicitDeny`` or ``implicitDeny``."""
    reason: str
    layers: list[ExplainedLayer]
    """In the order AWS asks them."""
    remedies: list[str]
    """The shortest list of changes that together would have allowed it; empty when it was allowed."""


class Explanation(msgspec.Struct, frozen=True):
    """A request, and the decisions on it."""

    request: TracedRequest
    outcome: str
    """``allowed``, ``denied``, or ``undecided`` where it was answered before any policy was read."""
    permissions: list[Permission]
    """In the order they were asked for; the first that is denied ends it."""


class LastDenial(msgspec.Struct, frozen=True):
    """The last request that policies denied."""

    explanation: Explanation | None
    """Null when none was denied since the cloud was started."""


@route("GET", "/_skyglobe/explain")
async def explain_last_denial(admin: Admin) -> LastDenial:
    """Explain the last request that policies denied."""
    denied = admin.gateway.traces.denied
    return LastDenial(await explanation_of(admin, denied[-1]) if denied else None)


@route("GET", "/_skyglobe/explain/{request_id}")
async def explain_request(admin: Admin, given: Which) -> Explanation:
    """Explain why a request was allowed or denied, by its `x-amzn-requestid`."""
    traced = admin.gateway.traces.find(given.request_id)
    if traced is None:
        text = f"Request {given.request_id} is not among the last {KEPT:,} requests, nor the last {KEPT_DENIED} denied."
        raise Refusal(404, f"{text} `skyglobe trace` lists them.")
    return await explanation_of(admin, traced)


async def explanation_of(admin: Admin, traced: Traced) -> Explanation:
    """Return the explanation of a request the trace holds."""
    await admin.kernel.transact(lambda scope: _complete(traced.asked, scope))
    outcome = "undecided" if not traced.asked else "denied" if traced.is_denied else "allowed"
    return Explanation(told(traced), outcome, [_permission(traced, need, decision) for need, decision in traced.asked])


def _complete(asked: Asked, scope: Any) -> None:
    for _, decision in asked:
        if decision is not None and isinstance(decision.question.context, RequestContext):
            decision.question.context.complete(scope)


def _permission(traced: Traced, need: Need, decision: Decision | None) -> Permission:
    if decision is None:
        reason = "Root users and services need no permission within their own account."
        return Permission(traced.caller, need.action, need.resource, need.account, "allowed", reason, [], [])
    return Permission(
        principal=decision.question.principal.arn,
        action=need.action,
        resource=need.resource,
        resource_account=need.account,
        outcome=decision.outcome,
        reason=decision.message or _granted(decision),
        layers=list(layers_of(decision)),
        remedies=[remedy.text for remedy in remedies(decision)],
    )


def _granted(decision: Decision) -> str:
    if decision.layer is None:
        return "Nothing denies it, and the root user needs no policy that allows it."
    match = next((match for match in decision.matched if match.layer == decision.layer), None)
    if match is None:
        return "Allowed."
    sid = f" ({match.statement.sid})" if match.statement.sid else ""
    return f"Statement {match.statement.number}{sid} of {spoken(match.source)} allows it."


def layers_of(decision: Decision) -> list[ExplainedLayer]:
    """Return all layers in AWS's order, those without policies too."""
    found: dict[tuple[Layer, int], dict[int, tuple[Source, list[Step]]]] = {}
    for step in explain(decision):
        policies = found.setdefault((step.layer, step.level), {})
        policies.setdefault(id(step.source), (step.source, []))[1].append(step)
    own = "trust" if any(layer == "trust" for layer, _ in found) else "resource"
    explained: list[ExplainedLayer] = []
    for layer in ORDER:
        levels = [(level, policies) for (kind, level), policies in found.items() if kind == layer]
        if not levels and layer in ("trust", "resource") and layer != own:
            continue
        for level, policies in levels or [(0, {})]:
            explained.append(_layer(decision, layer, level, list(policies.values())))
    return explained


def _layer(decision: Decision, layer: Layer, level: int, policies: list[tuple[Source, list[Step]]]) -> ExplainedLayer:
    verdicts = {step.verdict for _, steps in policies for step in steps}
    if not policies:
        verdict = "none"
    else:
        verdict = next((one for one in ("denies", "allows") if one in verdicts), "allows nothing")
    is_short = decision.outcome == "implicitDeny" and verdict in ("none", "allows nothing")
    decided = decision.layer == layer and (decision.is_allowed or is_short or verdict == "denies")
    told_ = [_policy(decision, source, steps) for source, steps in policies]
    place = next((place_of(source.of) for source, _ in policies if layer in ("scp", "rcp") and source.of), "")
    return ExplainedLayer(layer, level, place, verdict, decided, told_)


def _policy(decision: Decision, source: Source, steps: list[Step]) -> ExplainedPolicy:
    return ExplainedPolicy(
        source.name,
        source.arn,
        source.kind,
        source.of,
        source.policy.malformed,
        [_statement(decision, step) for step in steps],
    )


def _statement(decision: Decision, step: Step) -> ExplainedStatement:
    statement = step.statement
    misfits = [_misfit(decision, step)] if step.element and not step.failed else []
    misfits += map(_condition, step.failed)
    met = list(map(_condition, step.met))
    return ExplainedStatement(
        statement.number, statement.sid, statement.effect, step.verdict, misfits, met, dict(statement.written)
    )


def _condition(one: Failed) -> Misfit:
    actual = None if one.actual is None else list(one.actual)
    return Misfit("Condition", one.key, one.operator, list(one.expected), actual)


def _misfit(decision: Decision, step: Step) -> Misfit:
    question, element = decision.question, step.element
    written = step.statement.written
    name = f"Not{element}" if f"Not{element}" in written else element
    actual = {"Action": question.action, "Resource": question.resource}.get(element, question.principal.arn)
    return Misfit(element, "", name, _texts(written.get(name)), [actual])


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{kind}: {text}" for kind, values in value.items() for text in _texts(values)]
    return [str(text) for text in value] if isinstance(value, list) else [str(value)]
