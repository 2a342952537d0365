"""Whether the caller may do this, as IAM decides it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from skyglobe.gateway.context import LASTING, RequestContext
from skyglobe.gateway.organizations import controls_of, refuse_closed
from skyglobe.gateway.plans import Plan
from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import Principal, canonical_user_of
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.service import Service
from skyglobe.kernel.shared import find_shared
from skyglobe.policy import Decision, PolicySet, Question, Source, Sources, decide, stored_policy
from skyglobe.policy.documents import Kind, joined

_EVERYTHING: Final = Source(
    stored_policy(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}', "identity"
    ),
    "Delegated",
)
_Holding = Callable[[Scope, Principal], tuple[tuple[Source, ...], Source | None]]
_Session = Callable[[Scope, Principal], tuple[Source, ...]]
MAX_KEPT: Final = 4_096  # decisions on what services may do for resources


def authorize(call: Call, plan: Plan, params: dict[str, Any]) -> None:
    """Let the call pass if every permission it needs is given. Raises AWS's AccessDenied, in its protocol's words."""
    service = plan.service
    assert service is not None
    if call.principal.is_anonymous and plan.is_anonymous_allowed:
        return
    refuse_closed(call, plan)
    asked = call.asked = []
    for need in needs_of(call, plan, service, params):
        decision = decision_on(call, service, need, params)
        # A need's condition keys hold the call. Kept where no decision uses them, they would make a circle of it, and
        # each request's memory would stay until the garbage collector came by.
        asked.append((need if decision is not None else need.bare, decision))
        if decision is not None and not decision.is_allowed:
            raise _denied(call, plan, decision)


def refusal(call: Call, plan: Plan, need: Need, params: dict[str, Any]) -> ServiceError | None:
    """Return AWS's AccessDenied when one need of a call that is under way is not met, else None."""
    assert plan.service is not None
    decision = decision_on(call, plan.service, need, params)
    return _denied(call, plan, decision) if decision is not None and not decision.is_allowed else None


def needs_of(call: Call, plan: Plan, service: Service, params: dict[str, Any]) -> list[Need]:
    """Return the permissions a call needs: as its service tells, or as the service authorization reference does."""
    if service.find_needs is not None:
        return service.find_needs(call, plan.name, params)
    if plan.derived_needs is None:
        from skyglobe.gateway.needs import derive_needs

        plan.derived_needs = derive_needs(plan.model, service.actions.get(plan.name, plan.name))
    return plan.derived_needs(call, params)


def decision_on(call: Call, service: Service, need: Need, params: dict[str, Any]) -> Decision | None:
    """Decide one need; None where nothing needs deciding: root and services at home, unless a policy may name them.

    A service that acts for a resource is at home nowhere: the policy of what it acts on must allow it.

    Service control policies bind the root user of a member account, resource control policies services as well.
    """
    principal = call.principal
    # Nearly every call is about the called service's own resources.
    owner = service if need.resource.startswith(service.arn_start) else _owner_of(call, service, need.resource)
    resource = _resource_policy(call, owner, need)
    is_at_home = (
        principal.account == need.account and principal.type in ("root", "service") and not principal.source_arn
    )
    scps, rcps = controls_of(call, need)
    has_session_policies = principal.session is not None and bool(principal.session.policies)
    if resource is None and is_at_home and not (scps or rcps or has_session_policies):
        return None
    if principal.source_arn and resource is not None and not rcps:
        return _decision_for_service(call, need, params, resource)
    context = RequestContext(call, need, params)
    canonical = canonical_user_of(principal.account)
    question = Question(principal, need.action, need.resource, context, need.account, canonical)
    if resource is None and is_at_home and principal.type == "service":
        decision = decide(question, PolicySet(rcps=rcps))
        return decision if decision.layer == "rcp" else None
    identity, boundary, session = _held(call)
    if need.is_delegated and resource is not None:
        return decide(question, PolicySet((*identity, _EVERYTHING), resource=resource, scps=scps, rcps=rcps))
    is_required = resource is not None and owner.is_policy_required
    policies = PolicySet(identity, boundary, session, resource, scps, rcps, is_resource_policy_required=is_required)
    if session or scps or rcps or not principal.access_key_id or not isinstance(identity, Sources):
        return decide(question, policies)
    # Nothing but what the key names and what is asked of the request can change the decision: it is a function of them.
    key = (principal.access_key_id, need.action, need.resource, need.account, resource and resource.policy)
    recalled = identity.recall(key, question, policies)
    if recalled is not None:
        return recalled
    decision = decide(question, policies)
    identity.remember(key, decision, list(context.asked))
    return decision


def _decision_for_service(call: Call, need: Need, params: dict[str, Any], resource: Source) -> Decision:
    """Decide what a service may do for a resource: one policy has the say, and seldom asks about the call itself.

    Where it asked only for what stays the same from call to call, the answer is kept: deliveries ask again and again.
    """
    principal = call.principal
    cache = call.kernel.caches.of("gateway.services", MAX_KEPT)
    key = (resource.policy, principal, need.action, need.resource, need.account)
    kept: Decision | None = cache.get(key)
    if kept is not None:
        return kept
    context = RequestContext(call, need, params)
    question = Question(principal, need.action, need.resource, context, need.account)
    decision = decide(question, PolicySet(resource=resource))
    if context.asked <= LASTING and context.asked.isdisjoint(need.context):
        lasting = {name: value for name in list(context.asked) if (value := context.get(name)) is not None}
        cache.keep(key, decision._replace(question=question._replace(context=lasting)))
    return decision


def _resource_policy(call: Call, owner: Service, need: Need) -> Source | None:
    """Return the policy of what is needed: with the need, or from the service that the ARN names, whoever is called."""
    resource = need.resource
    document = need.policy
    is_of_owners_kind = need.action.startswith(owner.policy_actions)
    if document is None and owner.find_resource_policy is not None and is_of_owners_kind:
        document = owner.find_resource_policy(call, resource)
    principal = call.principal
    if (principal.account != need.account or principal.source_arn) and (shared := find_shared(call, resource)):
        document = joined(tuple([document, *shared] if document else shared))
    if not document:
        return None
    kind: Kind = owner.policy_kind if is_of_owners_kind else "resource"
    return Source(stored_policy(document, kind), "Policy", kind=kind, of=need.resource)


def _owner_of(call: Call, service: Service, resource: str) -> Service:
    """Return the service that an ARN names; the called one where it names none of ours."""
    fields = resource.split(":", 3)
    if len(fields) < 4 or fields[2] == service.name:
        return service
    return call.kernel.services.find_known(fields[2]) or service


def _held(call: Call) -> tuple[tuple[Source, ...], Source | None, tuple[Source, ...]]:
    """Return the caller's identity-based policies, permissions boundary and session policies."""
    if call.principal.type in ("anonymous", "service") or call.kernel.services.find("iam") is None:
        return (), None, ()
    policies_of, session_policies_of = _iam()
    identity, boundary = policies_of(call, call.principal)
    return identity, boundary, session_policies_of(call, call.principal)


@cache
def _iam() -> tuple[_Holding, _Session]:
    """Return what IAM tells of callers. Only where it is there to be asked: a cloud of few services starts without it.

    Kept, since importing what is imported costs as much as asking it.
    """
    from skyglobe.services.iam.access import policies_of, session_policies_of

    return policies_of, session_policies_of


def _denied(call: Call, plan: Plan, decision: Decision) -> ServiceError:
    """Return the refusal as the protocol spells it; IAM user guide, "Troubleshoot access denied error messages"."""
    if plan.protocol == "ec2":
        # Only EC2 encodes its denials, and the machinery for it is not needed before one.
        from skyglobe.gateway.denials import encoded_denial

        text = (
            f"You are not authorized to perform this operation. {decision.message}. "
            f"Encoded authorization failure message: {encoded_denial(call.kernel, decision)}"
        )
        return ServiceError(text, code="UnauthorizedOperation", status=403)
    if decision.question.principal.is_anonymous and plan.signed.is_s3:
        return ServiceError("Access Denied", code="AccessDenied", status=403)
    if plan.service is not None and plan.service.denied:
        # The service with a code of its own writes its actions in capitals: "SNS:Publish".
        prefix = decision.question.action.partition(":")[0]
        text = decision.message.replace(f" {prefix}:", f" {prefix.upper()}:", 1)
        return ServiceError(text, code=plan.service.denied, status=403)
    if plan.protocol in ("query", "rest-xml") or plan.service_model.is_query_compatible:
        return ServiceError(decision.message, code="AccessDenied", status=403)
    status = 403 if plan.protocol == "rest-json" else 400
    return ServiceError(decision.message, code="AccessDeniedException", status=status)
