"""Policies written from what a user or role did: asked for, worked out, shown for a week."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.entity_uses import uses_of
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.models.authorization import find_reference, prefix_of
from skyglobe.services.accessanalyzer import accessanalyzer
from skyglobe.services.accessanalyzer.access import invalid
from skyglobe.services.accessanalyzer.paging import page
from skyglobe.services.accessanalyzer.records import Generation, generations
from skyglobe.services.accessanalyzer.rules.generating import policy_of_actions, policy_of_services
from skyglobe.services.accessanalyzer.unused import Account

DAY = 86_400_000  # milliseconds
LOOKED_BACK_FOR = 90 * DAY  # user guide, "Access Analyzer quotas": the time range of a policy generation
KEPT_FOR = 7 * DAY  # API reference, ListPolicyGenerations
MAX_GENERATIONS = 1_000  # kept at a time; ours, the quotas count requests of a day
TAKES_FOR = 60_000  # milliseconds at AWS-like pace; ours


@accessanalyzer.operation
def start_policy_generation(
    call: Call,
    policy_generation_details: dict[str, str],
    cloud_trail_details: dict[str, Any] | None = None,
    client_token: str = "",
) -> dict[str, Any]:
    """Have a policy written from what the gateway noted of the last 90 days. Raises 501 for trails, which are not here.

    Repeated with the same token it is the same job. Raises Conflict when it is for somebody else.
    """
    if cloud_trail_details is not None:
        text = "There is no CloudTrail yet: leave cloudTrailDetails out, and a policy is written from the calls seen."
        raise ServiceError(text, code="NotImplemented", status=501)
    principal = policy_generation_details["principalArn"]
    known = list(generations.scan(call, limit=MAX_GENERATIONS))
    same = next((one for one in known if client_token and one.token == client_token), None)
    if same is not None:
        if same.principal != principal:
            fields = {"resourceId": same.id, "resourceType": "policy generation"}
            text = "The client token was used for another policy generation."
            raise accessanalyzer.errors.ConflictException(text, fields=fields)
        return {"jobId": same.id}
    if len(known) == MAX_GENERATIONS:
        raise accessanalyzer.errors.ServiceQuotaExceededException(
            f"There are {MAX_GENERATIONS} policy generations already.",
            fields={"resourceId": principal, "resourceType": "policy generation"},
        )
    job = Generation(id=call.kernel.ids.uuid(), principal=principal, token=client_token, started_at=call.now)
    generations.insert(call, job)
    takes_for = TAKES_FOR if call.kernel.config.pace == "realistic" else 0
    set_timer(call, "accessanalyzer", "generate", job.id, call.now + takes_for)
    return {"jobId": job.id}


@accessanalyzer.timer("generate")
def generate(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Work a policy out, and a week later forget it."""
    job = generations.find(scope, key)
    if job is None:
        return
    if job.status != "IN_PROGRESS":
        generations.delete(scope, job)
        return
    generations.replace(scope, job, replace(_worked_out(scope, job), completed_at=scope.now))
    set_timer(scope, "accessanalyzer", "generate", key, job.started_at + KEPT_FOR)


def _worked_out(scope: Scope, job: Generation) -> Generation:
    account = Account(scope)
    entity = next((one for one in (*account.users, *account.roles) if one["Arn"] == job.principal), None)
    if entity is None:
        return replace(job, status="FAILED", error="RESOURCE_NOT_FOUND_ERROR")
    actions: set[str] = set()
    services: set[str] = set()
    for use in uses_of(scope, entity.get("UserId") or entity["RoleId"]):
        if use.at < job.started_at - LOOKED_BACK_FOR:
            continue
        action = _action_of(scope, use.service, use.operation)
        if action:
            actions.add(action)
        else:
            services.add(prefix_of(use.service))
    return replace(job, status="SUCCEEDED", actions=tuple(sorted(actions)), services=tuple(sorted(services)))


def _action_of(scope: Scope, signing_name: str, operation: str) -> str:
    """Return the action that an operation is allowed by; empty where several may be, or none is known."""
    prefix = prefix_of(signing_name)
    reference = find_reference(prefix)
    service = scope.kernel.services.find_known(signing_name)
    name = service.actions.get(operation, operation) if service is not None else operation
    # S3 names its actions otherwise than its operations, and by what a request says.
    known = reference.find_action(name) if reference is not None and prefix != "s3" else None
    return f"{prefix}:{known.name}" if known is not None else ""


@accessanalyzer.operation
def get_generated_policy(
    call: Call,
    job_id: str,
    include_resource_placeholders: bool = False,
    include_service_level_template: bool = False,
) -> dict[str, Any]:
    """Return what was written. Services whose actions are not known by name are in the template, if it is asked for."""
    job = _get(call, job_id)
    details: dict[str, Any] = {"jobId": job.id, "status": job.status, "startedOn": job.started_at / 1000}
    if job.completed_at is not None:
        details["completedOn"] = job.completed_at / 1000
    if job.error:
        details["jobError"] = {"code": job.error, "message": f"The principal {job.principal} was not found."}
    result: dict[str, Any] = {"properties": {"principalArn": job.principal, "isComplete": not job.services}}
    if job.status == "SUCCEEDED":
        written = (
            [policy_of_actions(job.actions, with_placeholders=include_resource_placeholders)] if job.actions else []
        )
        if include_service_level_template and job.services:
            written.append(policy_of_services(job.services))
        result["generatedPolicies"] = [{"policy": policy} for policy in written]
    return {"jobDetails": details, "generatedPolicyResult": result}


@accessanalyzer.operation
def list_policy_generations(
    call: Call, principal_arn: str | None = None, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """List what was asked for within seven days, of everybody or one user or role."""
    rows = [(one.id, one) for one in generations.scan(call) if principal_arn in (None, one.principal)]
    found, more = page(call, f"generations:{principal_arn or ''}", rows, max_results, next_token)
    return {"policyGenerations": [_shape(one) for one in found], **more}


@accessanalyzer.operation
def cancel_policy_generation(call: Call, job_id: str) -> None:
    """Stop a job that is not done yet. Raises ValidationException for others."""
    job = _get(call, job_id)
    if job.status != "IN_PROGRESS":
        raise invalid(f"The policy generation {job_id} is {job.status} and cannot be canceled.")
    generations.replace(call, job, replace(job, status="CANCELED", completed_at=call.now))
    set_timer(call, "accessanalyzer", "generate", job_id, job.started_at + KEPT_FOR)


def _get(call: Call, job_id: str) -> Generation:
    job = generations.find(call, job_id)
    if job is None:
        raise invalid(f"The policy generation {job_id} was not found.")
    return job


def _shape(job: Generation) -> dict[str, Any]:
    shape = {
        "jobId": job.id,
        "principalArn": job.principal,
        "status": job.status,
        "startedOn": job.started_at / 1000,
    }
    return shape | ({"completedOn": job.completed_at / 1000} if job.completed_at is not None else {})
