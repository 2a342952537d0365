"""What would have to change for a denied question to be allowed.

Each change is tried by the engine itself before the next is looked for, so that all of them together do allow.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from skyglobe.policy.decision import Decision, Match, PolicySet, Question, Source, asked_of, decide, groups_of
from skyglobe.policy.documents import Policy
from skyglobe.policy.explanation import Step, explain, place_of, spoken
from skyglobe.policy.messages import Layer
from skyglobe.policy.patterns import matcher_of
from skyglobe.policy.principals import Principals, caller_of
from skyglobe.policy.statements import Statement

_MOST_CHANGES = 64
"""Far more than the layers of the deepest organization; a bound all the same."""

Kind = Literal["remove", "satisfy", "extend", "add"]
_CLOSENESS = {"Condition": 0, "Resource": 1, "Principal": 2, "Action": 3}


class Remedy(NamedTuple):
    """One change."""

    kind: Kind
    """``remove`` a denying statement; ``satisfy`` the conditions of one that else would allow; ``extend`` its Resource
    or Principal; ``add`` a new one."""
    layer: Layer
    source: Source | None
    """The policy to change; None where there is none yet."""
    statement: Statement | None
    text: str
    """The change in a sentence."""


def remedies(decision: Decision) -> tuple[Remedy, ...]:
    """Return the changes that together allow what ``decision`` denied, in the order the layers are asked."""
    found: list[Remedy] = []
    while not decision.is_allowed and len(found) < _MOST_CHANGES:
        if decision.outcome == "explicitDeny":
            match = decision.matched[0]
            found.append(_removal(decision, match))
            policies = _without(decision.policies, match)
        else:
            assert decision.layer is not None
            found.append(_permission(decision, decision.layer))
            policies = _granting(decision, decision.layer)
        decision = decide(decision.question, policies)
    return tuple(found)


def _removal(decision: Decision, match: Match) -> Remedy:
    source, statement = match.source, match.statement
    if source.policy.malformed:
        text = f"Correct {spoken(source)}, which cannot be read: {source.policy.malformed}"
    elif statement.is_not_principal and decision.policies.boundary is not None:
        text = (
            f"Rewrite {_called(statement)} of {spoken(source)}: NotPrincipal spares nobody who has a permissions "
            "boundary. ArnNotEquals with aws:PrincipalArn does."
        )
    else:
        text = f"Remove {_called(statement)} of {spoken(source)}, or let it speak of less: it denies."
    return Remedy("remove", match.layer, source, statement, text)


def _called(statement: Statement) -> str:
    return f"statement {statement.number}" + (f" ({statement.sid})" if statement.sid else "")


def _permission(decision: Decision, layer: Layer) -> Remedy:
    """Return the least change to the nearest Allow of the layer, or a new statement where none is near."""
    question = decision.question
    step = min(
        (step for step in explain(decision) if _is_near(step, layer, decision)),
        key=lambda step: (_CLOSENESS.get(step.element, 3), len(step.failed)),
        default=None,
    )
    if step is None:
        return Remedy("add", layer, None, None, _addition(decision, layer))
    where = f"{_called(step.statement)} of {spoken(step.source)}"
    if step.element == "Condition":
        wanted = "; ".join(f"{one.key} {one.operator} {', '.join(one.expected)}" for one in step.failed)
        return Remedy("satisfy", layer, step.source, step.statement, f"Meet the condition of {where}: {wanted}.")
    added = question.resource if step.element == "Resource" else question.principal.arn or "*"
    text = f"Let the {step.element} of {where} mean {added}."
    return Remedy("extend", layer, step.source, step.statement, text)


def _is_near(step: Step, layer: Layer, decision: Decision) -> bool:
    if step.layer != layer or step.statement.effect != "Allow" or step.element in ("", "Action"):
        return False
    # In an organization only the level that allows nothing is short of a statement.
    return layer not in ("scp", "rcp") or step.level == _lacking_level(decision, layer)


def _addition(decision: Decision, layer: Layer) -> str:
    question = decision.question
    where = {
        "identity": f"an identity-based policy of {question.principal.arn}",
        "boundary": "the permissions boundary",
        "session": "the session's policies",
        "resource": f"the policy of {question.resource}",
        "trust": f"the trust policy of {question.resource}",
        "scp": f"the service control policies of {_lacking_place(decision, layer)}",
        "rcp": f"the resource control policies of {_lacking_place(decision, layer)}",
        "endpoint": "the policy of the VPC endpoint",
    }[layer]
    whom = f" for {question.principal.arn or '*'}" if layer in ("resource", "trust") else ""
    return f"Allow {question.action} on {question.resource}{whom} in {where}."


def _without(policies: PolicySet, match: Match) -> PolicySet:
    """Return ``policies`` as they would be without the statement that matched."""
    policy = match.source.policy
    kept = tuple(statement for statement in policy.statements if statement is not match.statement)
    return _replaced(policies, match.source, Policy(policy.kind, policy.document, kept, policy.version, policy.id))


def _replaced(policies: PolicySet, old: Source, policy: Policy) -> PolicySet:
    def one(source: Source | None) -> Source | None:
        return source._replace(policy=policy) if source is old else source

    def each(sources: tuple[Source, ...]) -> tuple[Source, ...]:
        return tuple(source._replace(policy=policy) if source is old else source for source in sources)

    return policies._replace(
        identity=each(policies.identity),
        boundary=one(policies.boundary),
        session=each(policies.session),
        resource=one(policies.resource),
        scps=tuple(map(each, policies.scps)),
        rcps=tuple(map(each, policies.rcps)),
        endpoint=one(policies.endpoint),
    )


def _grant(question: Question, layer: Layer) -> Statement:
    """Return the statement that allows exactly this question."""
    action = matcher_of([question.action.lower()], "text", variables=False, wildcards=False)
    resource = matcher_of([question.resource], "text", variables=False, wildcards=False)
    principals = _principals_for(question) if layer in ("resource", "trust") else None
    return Statement(0, "", "Allow", action, False, resource, False, principals, False, (), {})


def _principals_for(question: Question) -> Principals:
    caller = caller_of(question.principal, question.canonical_user)
    named = frozenset((caller.issuer_arn or caller.arn,))
    if caller.type == "root":
        return Principals(accounts=frozenset((caller.account,)))
    if caller.type in ("service", "token"):
        return Principals(services=named, federated=named)
    return Principals(everyone=True) if caller.type == "anonymous" else Principals(names=named)


def _granting(decision: Decision, layer: Layer) -> PolicySet:
    """Return the policies with one more statement, where ``layer`` lacks it."""
    question, policies = decision.question, decision.policies
    grant = _grant(question, layer)

    def alone(kind: Literal["identity", "session", "resource", "scp", "rcp"]) -> Source:
        return Source(Policy(kind, "", (grant,)), "new")

    def more(source: Source) -> PolicySet:
        policy = source.policy
        return _replaced(policies, source, Policy(policy.kind, policy.document, (*policy.statements, grant)))

    if layer == "identity":
        return policies._replace(identity=(*policies.identity, alone("identity")))
    if layer == "session":
        return policies._replace(session=(*policies.session, alone("session")))
    if layer in ("scp", "rcp"):
        new = alone("scp" if layer == "scp" else "rcp")
        levels = policies.scps if layer == "scp" else policies.rcps
        lacking = _lacking_level(decision, layer)
        changed = tuple((*level, new) if number == lacking else level for number, level in enumerate(levels))
        return policies._replace(scps=changed) if layer == "scp" else policies._replace(rcps=changed)
    single = {"boundary": policies.boundary, "endpoint": policies.endpoint}.get(layer, policies.resource)
    return more(single) if single is not None else policies._replace(resource=alone("resource"))


def _lacking_place(decision: Decision, layer: Layer) -> str:
    """Return in words where in the organization a statement is lacking."""
    levels = decision.policies.scps if layer == "scp" else decision.policies.rcps
    level = levels[_lacking_level(decision, layer)] if levels else ()
    return place_of(level[0].of) if level and level[0].of else "the level that lacks it"


def _lacking_level(decision: Decision, layer: Layer) -> int:
    """Return the first level of the organization that allows nothing of the question."""
    asked = asked_of(decision.question, decision.policies)
    groups = [group for group in groups_of(decision.question, decision.policies, asked.caller) if group.layer == layer]
    allowing = {step.level for step in explain(decision) if step.layer == layer and step.verdict == "allows"}
    return next((number for number in range(len(groups)) if number not in allowing), 0)
