"""Service-linked roles: made for one service, changed by it only, and deleted in the background."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.iam import holders, iam
from skyglobe.services.iam.finding import iam_arn
from skyglobe.services.iam.records.attachments import Attachment, attachments
from skyglobe.services.iam.records.counts import count_one, counts
from skyglobe.services.iam.records.roles import (
    DEFAULT_SESSION_FOR,
    MAX_ROLES,
    SERVICE_LINKED_PATH,
    DeletionTask,
    Role,
    deletion_tasks,
    roles,
)
from skyglobe.services.iam.refusals import invalid_input, no_such_entity
from skyglobe.services.iam.role_shapes import whole_role_shape
from skyglobe.services.iam.rules.service_linked import LINKED_ROLES, LinkedRole, linked_name, linked_trust


@iam.operation
def create_service_linked_role(
    call: Call, aws_service_name: str, description: str = "", custom_suffix: str | None = None
) -> dict[str, Any]:
    """Create the role of a service, with the policy AWS made for it. Raises InvalidInput when it is there already."""
    linked = LINKED_ROLES.get(aws_service_name)
    if linked is None:
        raise invalid_input(f"Service {aws_service_name} has no service-linked role that Skyglobe knows of.")
    if custom_suffix and not linked.takes_suffix:
        raise invalid_input(f"Custom suffix is not allowed for {aws_service_name}")
    name = linked_name(linked, custom_suffix)
    if roles.find(call, name.lower()) is not None:
        raise invalid_input(f"Service role name {name} has been taken in this account, please try a different suffix.")
    count_one(call, "Roles", MAX_ROLES, "RolesPerAccount")
    role = _insert(call, aws_service_name, linked, name, description)
    return {"Role": whole_role_shape(call, role)}


def _insert(call: Call, service: str, linked: LinkedRole, name: str, description: str) -> Role:
    path = f"{SERVICE_LINKED_PATH}{service}/"
    role = Role(
        arn=iam_arn(call, "role", path, name),
        id=name,
        owner=call.account,
        created_at=call.now,
        unique_id=call.kernel.ids.principal("AROA"),
        path=path,
        description=description,
        trust_policy=linked_trust(service),
        principal_ids={},
        session_for=DEFAULT_SESSION_FOR,
    )
    roles.insert(call, role)
    policy_arn = f"arn:{call.partition}:iam::aws:policy{SERVICE_LINKED_PATH}{linked.policy}"
    attachments.insert(call, Attachment(kind="role", holder=role.name_key, policy_arn=policy_arn))
    return role


@iam.operation
def delete_service_linked_role(call: Call, role_name: str) -> dict[str, Any]:
    """Begin to delete the role of a service; return the task that tells how it goes."""
    role = holders.get_role(call, role_name)
    if not role.is_service_linked:
        raise invalid_input(f"Role {role.id} is not a service-linked role.")
    task = DeletionTask(
        id=f"task{role.path}{role.id}/{call.kernel.ids.uuid()}",
        role=role.unique_id,
        status="IN_PROGRESS",
        started_at=call.now,
    )
    deletion_tasks.insert(call, task)
    set_timer(call, "iam", "delete-service-linked-role", task.id, call.now)
    return {"DeletionTaskId": task.id}


@iam.operation
def get_service_linked_role_deletion_status(call: Call, deletion_task_id: str) -> dict[str, Any]:
    """Return how far the deletion of a service-linked role is."""
    task = deletion_tasks.find(call, deletion_task_id)
    if task is None:
        raise no_such_entity(f"Task {deletion_task_id} does not exist")
    return {"Status": task.status}


@iam.timer("delete-service-linked-role")
def finish_deletion(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the role of a task, unless it is gone already."""
    task = deletion_tasks.find(scope, key)
    if task is None:
        return
    role = holders.find_role_by_id(scope, task.role)
    if role is not None:
        attachments.clear(scope, "role", role.name_key)
        roles.delete(scope, role)
        counts.add(scope, "Roles", -1)
    deletion_tasks.replace(scope, task, replace(task, status="SUCCEEDED"))
