"""Delegation requests: an account asks to be let do something in another one, for a while."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.policy import Policy, parse_policy
from skyglobe.policy.documents import MalformedPolicy
from skyglobe.policy.subsumption import allows, may_meet, new_access
from skyglobe.services.iam import iam
from skyglobe.services.iam.access import policies_of, session_policies_of
from skyglobe.services.iam.managed import default_document, find_policy
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.delegation_requests import DelegationRequest, Parameter, delegation_requests
from skyglobe.services.iam.refusals import already_exists, invalid_input, no_such_entity, over_quota
from skyglobe.services.iam.rules.delegation import (
    LASTS_FOR,
    UnfilledTemplate,
    boundaries_in,
    fill_template,
    summary_of,
)

MAX_REQUESTS = 1_000  # of one requestor at a time; ours, the guide tells no number


@iam.operation
def create_delegation_request(
    call: Call,
    description: str,
    permissions: dict[str, Any],
    requestor_workflow_id: str,
    notification_channel: str,
    session_duration: int,
    owner_account_id: str | None = None,
    request_message: str = "",
    redirect_url: str = "",
    only_send_by_owner: bool = False,
) -> dict[str, Any]:
    """Ask to be let do what a template says, in an account or in whichever takes the request on.

    Raises EntityAlreadyExists for a workflow that asked before, InvalidInput for templates that cannot be filled in.
    """
    _check_channel(notification_channel)
    known = list(delegation_requests.scan_by(call, "workflow", call.account, limit=MAX_REQUESTS))
    if any(one.workflow_id == requestor_workflow_id for one in known):
        raise already_exists("Delegation request", requestor_workflow_id)
    if len(known) == MAX_REQUESTS:
        raise over_quota("DelegationRequestsPerAccount", MAX_REQUESTS)
    parameters = tuple(_parameter(one) for one in permissions.get("Parameters") or ())
    template = permissions.get("PolicyTemplateArn", "")
    request = DelegationRequest(
        id=call.kernel.ids.uuid(),
        requestor=call.account,
        workflow_id=requestor_workflow_id,
        description=description,
        message=request_message,
        template=template,
        parameters=parameters,
        policy=_filled(call, template, parameters),
        channel=notification_channel,
        redirect_url=redirect_url,
        session_for=session_duration,
        is_sent_by_owner=only_send_by_owner,
        state="UNASSIGNED",
        created_at=call.now,
        changed_at=call.now,
        expires_at=call.now + LASTS_FOR["UNASSIGNED"],
        owner_account=owner_account_id,
    )
    delegation_requests.insert(call, request)
    set_timer(place_of(call, request), "iam", "expire-delegation-request", request.id, request.expires_at)
    return {"DelegationRequestId": request.id}


def place_of(scope: Scope, request: DelegationRequest) -> Scope:
    """Return where a request's timer and letters are, whoever acts: at its requestor's topic."""
    return scope.within(request.requestor, parse_arn(request.channel).region)


def _check_channel(channel: str) -> None:
    try:
        arn = parse_arn(channel)
    except ValueError:
        arn = None
    if arn is None or arn.service != "sns" or not (arn.region and arn.resource):
        raise invalid_input("NotificationChannel must be the ARN of an Amazon SNS topic.")


def _parameter(given: dict[str, Any]) -> Parameter:
    parameter = Parameter(given.get("Name", ""), tuple(given.get("Values") or ()), given.get("Type", "string"))
    if not parameter.values or (parameter.type == "string" and len(parameter.values) > 1):
        raise invalid_input(f"Parameter {parameter.name} has {len(parameter.values)} values.")
    return parameter


def _filled(call: Call, template: str, parameters: tuple[Parameter, ...]) -> str:
    """Return the permissions that are asked for. Raises NoSuchEntity and InvalidInput."""
    policy = find_policy(call, template)
    if policy is None:
        raise no_such_entity(f"Policy template {template} cannot be found.")
    try:
        filled = fill_template(default_document(call, policy), {one.name: one.values for one in parameters})
        parse_policy(filled, "session")
    except (UnfilledTemplate, MalformedPolicy) as error:
        raise invalid_input(str(error)) from error
    return filled


@iam.operation
def get_delegation_request(
    call: Call, delegation_request_id: str, delegation_permission_check: bool = False
) -> dict[str, Any]:
    """Return a request; if asked for, also whether the caller could grant it: by a comparison that is done at once."""
    request = get_request(call, delegation_request_id)
    answer: dict[str, Any] = {"DelegationRequest": _shape(request)}
    if delegation_permission_check:
        answer |= {"PermissionCheckStatus": "COMPLETE", "PermissionCheckResult": _check(call, request)}
    return answer


def get_request(scope: Scope, id_: str) -> DelegationRequest:
    """Return a request by its id. Raises NoSuchEntity."""
    request = delegation_requests.find(scope, id_)
    if request is None:
        raise no_such_entity(f"Delegation request {id_} cannot be found.")
    return request


def _check(call: Call, request: DelegationRequest) -> str:
    """Say whether the caller surely may all that is asked for, surely may not some of it, or neither is sure."""
    wanted = parse_policy(request.policy, "session")
    limits = [[source.policy for source in session_policies_of(call, call.principal)]]
    if not call.principal.is_root:
        identity, boundary = policies_of(call, call.principal)
        limits += [[source.policy for source in identity], [boundary.policy] if boundary is not None else []]
        if not identity:
            return "DENIED"
    given = [Policy("session", "", tuple(one for policy in limit for one in policy.statements)) for limit in limits]
    # The first and the last limit nothing where there are none.
    limiting = [policy for policy in given if policy.statements]
    if not any(new_access(wanted, policy, lambda pattern: ()) for policy in limiting):
        return "ALLOWED"
    for policy in limiting:
        held = allows(policy)
        if not all(any(may_meet(one, other) for other in held) for one in allows(wanted)):
            return "DENIED"
    return "UNSURE"


@iam.operation
def list_delegation_requests(
    call: Call, owner_id: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the requests that somebody of the account took on, or one of them."""
    rows = [one for one in delegation_requests.scan_by(call, "owned", call.account) if owner_id in (None, one.owner)]
    found, more = page(call, f"delegation-requests:{owner_id or ''}", rows, lambda one: one.id, marker, max_items)
    answer = {"DelegationRequests": [_shape(one) for one in found], "isTruncated": more["IsTruncated"]}
    return answer | ({"Marker": more["Marker"]} if "Marker" in more else {})


@iam.operation
def get_human_readable_summary(call: Call, entity_arn: str, locale: str = "en") -> dict[str, Any]:
    """Tell in English what a request asks for: AWS has a language model do it, here its statements are read out."""
    kind, _, id_ = entity_arn.rpartition(":")[2].partition("/")
    if kind != "delegation-request":
        raise invalid_input("The only supported entity type is delegation-request.")
    request = get_request(call, id_)
    if not locale.lower().startswith("en"):
        return {"Locale": locale, "SummaryState": "NOT_SUPPORTED"}
    policy = parse_policy(request.policy, "session")
    summary = summary_of(policy, request.requestor, request.session_for)
    return {"SummaryContent": summary, "Locale": locale, "SummaryState": "AVAILABLE"}


def _shape(request: DelegationRequest) -> dict[str, Any]:
    parameters = [{"Name": one.name, "Values": list(one.values), "Type": one.type} for one in request.parameters]
    boundaries = boundaries_in(parse_policy(request.policy, "session"))
    told = {
        "OwnerAccountId": request.owner_account,
        "OwnerId": request.owner,
        "ApproverId": request.approver.arn if request.approver is not None else "",
        "RequestMessage": request.message,
        "RedirectUrl": request.redirect_url,
        "Notes": request.notes,
        "RejectionReason": request.rejection,
        "RolePermissionRestrictionArns": boundaries,
    }
    return {
        "DelegationRequestId": request.id,
        "Description": request.description,
        "Permissions": {"PolicyTemplateArn": request.template, "Parameters": parameters},
        "PermissionPolicy": request.policy,
        "State": request.state,
        "ExpirationTime": request.expires_at // 1000,
        "RequestorId": request.requestor,
        "CreateDate": request.created_at // 1000,
        "UpdatedTime": request.changed_at // 1000,
        "SessionDuration": request.session_for,
        "OnlySendByOwner": request.is_sent_by_owner,
        **{name: value for name, value in told.items() if value},
    }
