"""What each call to S3 Control needs to be allowed; the actions are S3's."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need, Values
from skyglobe.kernel.call import Call
from skyglobe.services.s3control import door_needs, s3control
from skyglobe.services.s3control.jobs import job_arn, jobs
from skyglobe.services.s3control.lens_groups import group_arn
from skyglobe.services.s3control.lenses import lens_arn
from skyglobe.services.s3control.rules.jobs import operation_in

_ACTIONS = {
    "DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
    "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}


@s3control.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """Ask for the one action on the account that is named: another account's can be given to nobody."""
    account = params["AccountId"]
    found = door_needs.find(call, operation, params)
    if found is not None:
        return found
    action = f"s3:{_ACTIONS.get(operation, operation)}"
    if operation == "CreateJob":
        return _creation(call, account, params)
    if "StorageLensGroup" in operation:
        return _on_group(call, account, operation, params)
    if "JobId" in params:
        return [Need(action, job_arn(call.within(account), params["JobId"]), account, _keys(call, account, params))]
    if "ConfigId" in params and operation != "PutStorageLensConfiguration":
        return [Need(action, lens_arn(call.within(account), params["ConfigId"]), account)]
    needs = [Need(action, "*", account)]
    if params.get("Tags"):
        arn = lens_arn(call.within(account), params["ConfigId"])
        needs.append(Need("s3:PutStorageLensConfigurationTagging", arn, account))
    return needs


def _on_group(call: Call, account: str, operation: str, params: dict[str, Any]) -> list[Need]:
    """Groups that are there are asked for by ARN; who creates one with tags may tag it."""
    if "Name" in params:
        return [Need(f"s3:{operation}", group_arn(call.within(account), params["Name"]), account)]
    needs = [Need(f"s3:{operation}", "*", account)]
    if params.get("Tags"):
        arn = group_arn(call.within(account), (params.get("StorageLensGroup") or {}).get("Name", "*"))
        needs.append(Need("s3:TagResource", arn, account))
    return needs


def _creation(call: Call, account: str, params: dict[str, Any]) -> list[Need]:
    """Who creates a job names a role for it, and may tag it; S3 user guide, "Granting permissions for S3 Batch..."."""
    context: dict[str, str | list[str]] = {
        "s3:requestjoboperation": operation_in(params.get("Operation") or {}),
        "s3:requestjobpriority": str(params.get("Priority", 0)),
    }
    needs = [Need("s3:CreateJob", "*", account, context)]
    if params.get("Tags"):
        needs.append(Need("s3:PutJobTagging", f"{job_arn(call.within(account), '*')}", account))
    fields = str(params.get("RoleArn", "")).split(":")
    if len(fields) == 6 and fields[2] == "iam":
        passed = {"iam:passedtoservice": "batchoperations.s3.amazonaws.com"}
        needs.append(Need("iam:PassRole", params["RoleArn"], fields[4], passed))
    return needs


def _keys(call: Call, account: str, params: dict[str, Any]) -> Values:
    job = jobs.find(call.within(account), params["JobId"])
    keys: dict[str, str | list[str]] = {}
    if "Priority" in params:
        keys["s3:requestjobpriority"] = str(params["Priority"])
    if job is not None:
        keys["s3:existingjobpriority"] = str(job.priority)
        keys["s3:existingjoboperation"] = operation_in(job.request["Operation"])
        if job.status == "Suspended":
            keys["s3:jobsuspendedcause"] = "AWAITING_CONFIRMATION"
    return keys
