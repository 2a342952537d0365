"""What happens afterwards: accounts are made and closed, handshakes run out."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import find_standing, put_standing
from skyglobe.kernel.timers import set_timer
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.finding import Found, find_account_of
from skyglobe.services.organizations.joining import add_member, forget_member, link_role
from skyglobe.services.organizations.offering import DAY, conclude
from skyglobe.services.organizations.records import (
    CreateRequest,
    Identity,
    accounts,
    create_requests,
    handshakes,
    identities,
    organizations_table,
)

CLOSED_FOR = 90 * DAY  # user guide, "Closing a member account": the post-closure period

_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@organizations.consumer("create-account")
async def create_account(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Make an account that was asked for: first its role, then its membership. Everything may be done again."""
    request = await delivery.transact(lambda scope: _claim(scope, payload["request"]))
    if request is None:
        return
    await _make_role(delivery, request)
    await delivery.transact(lambda scope: _admit(scope, request.id))


def _claim(scope: Scope, request_id: str) -> CreateRequest | None:
    """Return the request if it is still to be fulfilled, with the address reserved. Ends it where that is taken."""
    request = create_requests.find(scope, request_id)
    if request is None or request.state != "IN_PROGRESS":
        return None
    owner = find_account_of(scope, request.email)
    if owner is not None and owner != request.account_id:
        failed = replace(request, state="FAILED", failure="EMAIL_ALREADY_EXISTS", completed_at=scope.now)
        create_requests.replace(scope, request, failed)
        return None
    identities.put(scope, Identity(account=request.account_id, name=request.account_name, email=request.email))
    return request


async def _make_role(delivery: Delivery, request: CreateRequest) -> None:
    """Let the management account in: user guide, "Accessing member accounts in an organization"."""
    if delivery.kernel.services.find("iam") is None:
        return  # a cloud of few services, where nobody could assume the role either
    iam = ServiceCaller(delivery.kernel, "organizations", request.account_id, "us-east-1").iam
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{delivery.account}:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    try:
        await iam.create_role(RoleName=request.role_name, AssumeRolePolicyDocument=document)
    except ServiceError as error:
        if error.code != "EntityAlreadyExists":
            raise
    await iam.attach_role_policy(RoleName=request.role_name, PolicyArn=_ADMINISTRATOR)


def _admit(scope: Scope, request_id: str) -> None:
    request = create_requests.find(scope, request_id)
    if request is None or request.state != "IN_PROGRESS":
        return
    organization = next(organizations_table.scan(scope, limit=1), None)
    if organization is None:
        return
    add_member(Found(scope, organization), request.account_id, organization.root_id, "CREATED", request.tags)
    create_requests.replace(scope, request, replace(request, state="SUCCEEDED", completed_at=scope.now))
    link_role(scope.within(request.account_id))


@organizations.consumer("link-role")
async def make_linked_role(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Make the service-linked role of Organizations in an account, once."""
    if delivery.kernel.services.find("iam") is None:
        return
    iam = ServiceCaller(delivery.kernel, "organizations", payload["account"], "us-east-1").iam
    try:
        await iam.create_service_linked_role(AWSServiceName="organizations.amazonaws.com")
    except ServiceError as error:
        if error.code != "InvalidInput":  # what IAM says when the role is there already
            raise


@organizations.timer("close")
def close_account(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Bring a closure to its next step: suspended, and 90 days later gone."""
    member = accounts.find(scope, key)
    organization = next(organizations_table.scan(scope, limit=1), None)
    if member is None or organization is None:
        return
    if member.status == "PENDING_CLOSURE":
        accounts.replace(scope, member, replace(member, status="SUSPENDED"))
        set_timer(scope, "organizations", "close", key, scope.now + CLOSED_FOR)
        return
    forget_member(Found(scope, organization), member)
    standing = find_standing(scope, key)
    assert standing is not None
    put_standing(scope, replace(standing, organization_id="", management="", path=""))


@organizations.timer("handshake")
def end_handshake(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Let an open handshake expire, and forget one that ended long ago."""
    handshake = handshakes.find(scope, key)
    if handshake is None:
        return
    if handshake.is_open:
        conclude(scope, handshake, "EXPIRED")
    else:
        handshakes.delete(scope, handshake)
