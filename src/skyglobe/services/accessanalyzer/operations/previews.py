"""Access previews: what a policy would let in from outside, were it put on a resource."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.policy.documents import Kind
from skyglobe.services.accessanalyzer import accessanalyzer
from skyglobe.services.accessanalyzer.access import get_analyzer_by_arn, invalid, not_found
from skyglobe.services.accessanalyzer.paging import page
from skyglobe.services.accessanalyzer.records import (
    UNUSED,
    Analyzer,
    ArchiveRule,
    Criteria,
    Finding,
    Preview,
    Previewed,
    archive_rules,
    findings,
    previews,
)
from skyglobe.services.accessanalyzer.rules.criteria import meets
from skyglobe.services.accessanalyzer.scanning import analyzed, findings_in, scan

MAX_PREVIEWS = 1_000  # of an analyzer; Access Analyzer quotas have an hourly one, which is not in force


class _Kind(NamedTuple):
    type_name: str
    member: str
    """What of the configuration is the policy."""
    policy: Kind = "resource"


_KINDS = {
    "dynamodbStream": _Kind("AWS::DynamoDB::Stream", "streamPolicy"),
    "dynamodbTable": _Kind("AWS::DynamoDB::Table", "tablePolicy"),
    "ecrRepository": _Kind("AWS::ECR::Repository", "repositoryPolicy"),
    "efsFileSystem": _Kind("AWS::EFS::FileSystem", "fileSystemPolicy"),
    "iamRole": _Kind("AWS::IAM::Role", "trustPolicy", "trust"),
    "s3Bucket": _Kind("AWS::S3::Bucket", "bucketPolicy"),
    "s3ExpressDirectoryBucket": _Kind("AWS::S3Express::DirectoryBucket", "bucketPolicy"),
    "secretsManagerSecret": _Kind("AWS::SecretsManager::Secret", "secretPolicy"),
    "snsTopic": _Kind("AWS::SNS::Topic", "topicPolicy"),
    "sqsQueue": _Kind("AWS::SQS::Queue", "queuePolicy"),
}
"""The configurations that are a policy; of the others Skyglobe looks at nothing, and says so."""


@accessanalyzer.operation(unused=("clientToken",))
def create_access_preview(call: Call, analyzer_arn: str, configurations: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Look at a configuration as if its resource had it. Left out, a resource's own policy is looked at."""
    analyzer = _get_analyzer(call, analyzer_arn)
    if len(configurations) != 1:
        raise invalid("The configurations must contain exactly one element.")
    ((resource, configuration),) = configurations.items()
    ((name, given),) = configuration.items()
    kind = _KINDS.get(name)
    strange = sorted(given.keys() - {kind.member if kind is not None else ""})
    if kind is None or strange:
        text = f"Skyglobe does not look at {', '.join(strange) or name} in access previews yet."
        raise ServiceError(text, code="NotImplemented", status=501)
    if sum(1 for _ in previews.scan(call, analyzer.id)) >= MAX_PREVIEWS:
        fields = {"resourceId": analyzer.id, "resourceType": "access preview"}
        words = f"An analyzer has at most {MAX_PREVIEWS} access previews."
        raise accessanalyzer.errors.ServiceQuotaExceededException(words, fields=fields)
    preview = Preview(
        analyzer=analyzer.id, id=call.kernel.ids.uuid(), configurations=configurations, created_at=call.now
    )
    previews.insert(call, _looked_at(call, analyzer, preview, resource, kind, given.get(kind.member)))
    return {"id": preview.id}


def _looked_at(
    call: Call, analyzer: Analyzer, preview: Preview, resource: str, kind: _Kind, document: str | None
) -> Preview:
    if document is None:
        known = (one.document for one in analyzed(call) if one.resource.arn == resource)
        document = next(known, "")
    try:
        policy = parse_policy(document, kind.policy, needs_resource=False) if document else None
    except MalformedPolicy:
        return msgspec.structs.replace(preview, status="FAILED", reason="INVALID_CONFIGURATION")
    scan(call, analyzer)
    before = {one.id: one for one in findings.scan(call, analyzer.id) if one.resource == resource}
    after = list(findings_in(analyzer, policy, resource, kind.type_name, call.now)) if policy is not None else []
    rules = list(archive_rules.scan(call, analyzer.id))
    found = [_compared(one, before.pop(one.id, None), rules, analyzer) for one in after]
    gone = [one for one in before.values() if one.status != "RESOLVED"]
    found += [Previewed(msgspec.structs.replace(one, status="RESOLVED"), "CHANGED", one.status) for one in gone]
    return msgspec.structs.replace(preview, findings=found)


def _compared(new: Finding, old: Finding | None, rules: list[ArchiveRule], analyzer: Analyzer) -> Previewed:
    """Return a finding with what its status would be, and whether that is a change."""
    if old is not None and old.status != "RESOLVED":
        return Previewed(msgspec.structs.replace(new, status=old.status), "UNCHANGED", old.status)
    is_archived = any(meets(new, analyzer.owner, rule.criteria) for rule in rules)
    status = msgspec.structs.replace(new, status="ARCHIVED" if is_archived else "ACTIVE")
    return Previewed(status, "CHANGED", old.status) if old is not None else Previewed(status, "NEW", "")


@accessanalyzer.operation
def get_access_preview(call: Call, access_preview_id: str, analyzer_arn: str) -> dict[str, Any]:
    """Return a preview with its configuration."""
    preview = _get(call, _get_analyzer(call, analyzer_arn), access_preview_id)
    return {"accessPreview": {**_shown(preview, analyzer_arn), "configurations": preview.configurations}}


@accessanalyzer.operation
def list_access_previews(
    call: Call, analyzer_arn: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List an analyzer's previews."""
    analyzer = _get_analyzer(call, analyzer_arn)
    rows = ((one.id, one) for one in previews.scan(call, analyzer.id))
    found, more = page(call, f"previews of {analyzer_arn}", rows, max_results, next_token)
    return {"accessPreviews": [_shown(one, analyzer_arn) for one in found], **more}


@accessanalyzer.operation
def list_access_preview_findings(
    call: Call,
    access_preview_id: str,
    analyzer_arn: str,
    filter: Criteria | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List what a preview found. Raises ConflictException for one that failed."""
    analyzer = _get_analyzer(call, analyzer_arn)
    preview = _get(call, analyzer, access_preview_id)
    if preview.status != "COMPLETED":
        fields = {"resourceId": preview.id, "resourceType": "access preview"}
        raise accessanalyzer.errors.ConflictException("The access preview is not completed.", fields=fields)
    met = [one for one in preview.findings if meets(one.finding, analyzer.owner, filter or {})]
    rows = [(f"{number:06}", one) for number, one in enumerate(met)]
    found, more = page(call, f"findings of preview {preview.id}", rows, max_results, next_token)
    return {"findings": [_finding_shown(one, analyzer) for one in found], **more}


def _get_analyzer(call: Call, arn: str) -> Analyzer:
    analyzer = get_analyzer_by_arn(call, arn)
    if analyzer.type == UNUSED:
        raise invalid(f"The operation is not supported for analyzers of type {analyzer.type}.")
    return analyzer


def _get(call: Call, analyzer: Analyzer, id_: str) -> Preview:
    found = previews.find(call, analyzer.id, id_)
    if found is None:
        raise not_found("access preview", id_)
    return found


def _shown(preview: Preview, analyzer_arn: str) -> dict[str, Any]:
    reason = {"statusReason": {"code": preview.reason}} if preview.reason else {}
    return {
        "id": preview.id,
        "analyzerArn": analyzer_arn,
        "createdAt": preview.created_at / 1000,
        "status": preview.status,
        **reason,
    }


def _finding_shown(previewed: Previewed, analyzer: Analyzer) -> dict[str, Any]:
    finding = previewed.finding
    existing = {"existingFindingId": finding.id, "existingFindingStatus": previewed.status_before}
    return {
        "id": finding.id,
        "principal": finding.principal,
        "action": list(finding.actions),
        "condition": finding.condition,
        "resource": finding.resource,
        "isPublic": finding.is_public,
        "resourceType": finding.type_name,
        "createdAt": finding.created_at / 1000,
        "changeType": previewed.change,
        "status": finding.status,
        "resourceOwnerAccount": analyzer.owner,
        **(existing if previewed.status_before else {}),
    }
