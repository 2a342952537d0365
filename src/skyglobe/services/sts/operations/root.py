"""AssumeRoot: one privileged task on a member account of an organization, as its root user."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import Session, root_of
from skyglobe.services.sts import sts
from skyglobe.services.sts.issuing import issue
from skyglobe.services.sts.refusals import not_authorized, validation_error
from skyglobe.services.sts.root_targets import account_of_target, root_arn

TASKS = frozenset(
    {
        # STS API reference, AssumeRoot.
        "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials",
        "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword",
        "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials",
        "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy",
        "arn:aws:iam::aws:policy/root-task/SQSUnlockQueuePolicy",
    }
)
_OF_CREDENTIALS = frozenset(task for task in TASKS if "/IAM" in task)
"""What is managing credentials, and needs no more than that feature; the rest are privileged actions (RootSessions)."""
_EVERYTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
"""Root may do all that its task's policy, which only denies, leaves of it."""
MAX_FOR = 900  # seconds; same page


@sts.operation
def assume_root(
    call: Call, target_principal: str, task_policy_arn: dict[str, str], duration_seconds: int | None = None
) -> Coroutine[Any, Any, dict[str, Any]]:
    """Issue credentials of a member account's root user that are good for one task.

    Raises AccessDenied unless the caller's account manages, or administers IAM of, an organization that has the member
    and the feature enabled that the task takes; ValidationError for other policies.
    """
    account = account_of_target(target_principal)
    task = task_policy_arn.get("arn", "")
    if task not in TASKS:
        raise validation_error(f"The policy {task} is not one of the root task policies")
    lasts_for = MAX_FOR if duration_seconds is None else duration_seconds
    return _assume(call, account, task, lasts_for)


async def _assume(call: Call, account: str, task: str, lasts_for: int) -> dict[str, Any]:
    if not await _may_do(call, account, task):
        raise not_authorized(call.principal.arn, "sts:AssumeRoot", root_arn(call, account))

    def work(call: Call) -> dict[str, Any]:
        before = call.principal.session
        root = root_of(account)
        session = Session(
            issuer_arn=root.arn,
            issuer_id=root.user_id,
            issued_at=call.now,
            source_identity=before.source_identity if before is not None else "",
            policies=(_EVERYTHING, task),
        )
        answer = {"Credentials": issue(call, account, root.arn, root.user_id, lasts_for, session)}
        return {**answer, **({"SourceIdentity": session.source_identity} if session.source_identity else {})}

    return await call.transact(work)


async def _may_do(call: Call, account: str, task: str) -> bool:
    """Whether the caller's account may do the task on the member: IAM tells only those who look after root users."""
    caller = ServiceCaller(call.kernel, "sts", call.account, call.region)
    try:
        organization = (await caller.organizations.describe_organization())["Organization"]
        if account in (organization["MasterAccountId"], call.account):
            return False
        await caller.organizations.describe_account(AccountId=account)
        features = await caller.iam.list_organizations_features()
    except AttributeError:
        return False  # without Organizations no account is in an organization
    except ServiceError as error:
        if error.status >= 500:
            raise
        return False
    enabled = features.get("EnabledFeatures", ())
    return "RootSessions" in enabled or ("RootCredentialsManagement" in enabled and task in _OF_CREDENTIALS)
