"""Letting log delivery in where the findings of an audit go, in the name of whoever asks for the audit.

Developer guide, "Required permissions when specifying log destinations"; CloudWatch Logs user guide, "Logs sent to
CloudWatch Logs", "… to Amazon S3" and "… to Firehose", which have the statements.
"""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.sns import sns
from skyglobe.services.sns.findings import LOG_DELIVERY, ROLE
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.audits import GROUP_PREFIX, Audit

POLICY_NAME = "AWSLogDeliveryWrite20150319"
_PRINCIPAL = {"Service": f"{LOG_DELIVERY}.amazonaws.com"}
_REFUSALS = {"AccessDenied", "AccessDeniedException"}

Statement = dict[str, Any]


def open_destinations(call: Call, scope: Scope, audit: Audit) -> None:
    """Let log delivery write to whatever an audit names, unless it may. ``scope`` is the topic's.

    Raises AuthorizationError for what the caller may not do, InvalidParameter for what is not there.
    """
    for destination in audit.destinations:
        if destination.log_group:
            _open_group(call, scope, destination.log_group)
        if destination.delivery_stream:
            _open_stream(call, scope, destination.delivery_stream)
        if destination.bucket:
            _open_bucket(call, scope, destination.bucket)


def _open_group(call: Call, scope: Scope, group: str) -> None:
    listed = _ask(call, scope, "logs", "DescribeLogGroups", {"logGroupNamePrefix": group})
    if not any(one["logGroupName"] == group for one in listed["logGroups"]):
        raise invalid("DataProtectionPolicy", f"The log group {group} does not exist")
    known = _ask(call, scope, "logs", "DescribeResourcePolicies", {})["resourcePolicies"]
    document = next((one["policyDocument"] for one in known if one.get("policyName") == POLICY_NAME), "")
    # One statement for all such groups: an account's policy has no room for each of them.
    groups = f"{_arn(scope, 'log-group')}:{GROUP_PREFIX}*:log-stream:*"
    statement = {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": groups}
    changed = _with_statements(document, {"AWSLogDeliveryWrite": _allowing(scope, statement)})
    if changed is not None:
        _ask(call, scope, "logs", "PutResourcePolicy", {"policyName": POLICY_NAME, "policyDocument": changed})


def _open_stream(call: Call, scope: Scope, stream: str) -> None:
    refusal = ROLE.ensure(call)
    if refusal is not None:
        raise sns.errors.AuthorizationErrorException(refusal.message)
    tags = [{"Key": "LogDeliveryEnabled", "Value": "true"}]
    _ask(call, scope, "firehose", "TagDeliveryStream", {"DeliveryStreamName": stream, "Tags": tags})
    itself = ServiceCaller(call.kernel, "sns", scope.account, scope.region)
    told = itself.call_within(call, "firehose", "DescribeDeliveryStream", {"DeliveryStreamName": stream})
    if told["DeliveryStreamDescription"]["DeliveryStreamType"] != "DirectPut":
        raise invalid("DataProtectionPolicy", f"The source of the delivery stream {stream} must be Direct PUT")


def _open_bucket(call: Call, scope: Scope, bucket: str) -> None:
    try:
        document = _ask(call, scope, "s3", "GetBucketPolicy", {"Bucket": bucket})["Policy"]
    except ServiceError as error:
        if error.code != "NoSuchBucketPolicy":
            raise
        document = ""
    arn = f"arn:{scope.partition}:s3:::{bucket}"
    write = _allowing(scope, {"Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/{scope.account}/*"})
    write["Condition"]["StringEquals"]["s3:x-amz-acl"] = "bucket-owner-full-control"
    check = _allowing(scope, {"Action": "s3:GetBucketAcl", "Resource": arn})
    changed = _with_statements(document, {"AWSLogDeliveryWrite": write, "AWSLogDeliveryAclCheck": check})
    if changed is not None:
        _ask(call, scope, "s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": changed})


def _ask(call: Call, scope: Scope, service: str, operation: str, params: dict[str, Any]) -> Any:
    """Call another service in the caller's name, in the topic's account and region."""
    principal = call.principal.via("sns.amazonaws.com")
    caller = ServiceCaller.of(call.kernel, scope.account, scope.region, principal)
    try:
        return caller.call_within(call, service, operation, params)
    except ServiceError as error:
        if error.code in _REFUSALS:
            raise sns.errors.AuthorizationErrorException(error.message) from error
        if error.status >= 500 or error.code == "NoSuchBucketPolicy":
            raise
        raise invalid("DataProtectionPolicy", error.message) from error


def _arn(scope: Scope, resource: str) -> str:
    return f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:{resource}"


def _allowing(scope: Scope, statement: Statement) -> Statement:
    """Return a statement that lets log delivery do something for the topic's account and region."""
    condition = {
        "StringEquals": {"aws:SourceAccount": [scope.account]},
        "ArnLike": {"aws:SourceArn": [_arn(scope, "*")]},
    }
    return {"Effect": "Allow", "Principal": _PRINCIPAL, **statement, "Condition": condition}


def _with_statements(document: str, wanted: dict[str, Statement]) -> str | None:
    """Return a policy with the statements that it lacks, or None when it has them all."""
    policy: dict[str, Any] = json.loads(document) if document else {"Version": "2012-10-17", "Statement": []}
    own = policy["Statement"]
    statements: list[Statement] = list(own) if isinstance(own, list) else [own]
    known = [{name: value for name, value in one.items() if name != "Sid"} for one in statements]
    taken = {one.get("Sid") for one in statements}
    missing = [(sid, statement) for sid, statement in wanted.items() if statement not in known]
    statements += [{"Sid": _free(sid, taken), **statement} for sid, statement in missing]
    return json.dumps({**policy, "Statement": statements}) if missing else None


def _free(sid: str, taken: set[Any]) -> str:
    """Return an id for a statement that no other of its policy has."""
    if sid not in taken:
        return sid
    return next(f"{sid}{number}" for number in range(1, len(taken) + 2) if f"{sid}{number}" not in taken)
