"""Bringing an analyzer's findings into line with the policies there are now. Doing it twice changes nothing."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator

import msgspec

from skyglobe.kernel.resources import Governed, list_policies
from skyglobe.kernel.scope import Scope
from skyglobe.policy import Policy, stored_policy
from skyglobe.services.accessanalyzer import accessanalyzer
from skyglobe.services.accessanalyzer.records import (
    UNUSED,
    Analyzer,
    Criteria,
    Finding,
    analyzers,
    archive_rules,
    findings,
)
from skyglobe.services.accessanalyzer.rules.criteria import meets
from skyglobe.services.accessanalyzer.rules.external import external_access
from skyglobe.services.accessanalyzer.unused import find_unused


def analyzed(scope: Scope) -> Iterator[Governed]:
    """Yield the resources with a policy that analyzers look at, in the model's own list of types."""
    types = accessanalyzer.model.operation("ListAnalyzedResources").input
    assert types is not None
    known = types.members["resourceType"].enum
    for name in ("iam", "sqs", "s3"):  # a service nobody has used since the start holds resources all the same
        scope.kernel.services.find_known(name)
    return (one for one in list_policies(scope) if one.type_name in known)


def scan(scope: Scope, analyzer: Analyzer) -> None:
    """Find what is new, renew what is still so, resolve what is no more."""
    now = scope.now
    rules = [rule.criteria for rule in archive_rules.scan(scope, analyzer.id)]
    known = {finding.id: finding for finding in findings.scan(scope, analyzer.id)}
    current: set[str] = set()
    last = analyzer.last_resource
    for found in list(_unused(scope, analyzer) if analyzer.type == UNUSED else _external(scope, analyzer)):
        last = found.resource
        current.add(found.id)
        _keep(scope, analyzer, known.get(found.id), found, rules)
    for finding in known.values():
        if finding.id not in current and finding.status != "RESOLVED":
            resolved = msgspec.structs.replace(finding, status="RESOLVED", updated_at=now, analyzed_at=now)
            findings.replace(scope, finding, resolved)
    seen = msgspec.structs.replace(analyzer, last_resource=last, last_analyzed_at=now if last else 0)
    analyzers.replace(scope, analyzer, seen)


def _keep(scope: Scope, analyzer: Analyzer, old: Finding | None, new: Finding, rules: list[Criteria]) -> None:
    if old is None or old.status == "RESOLVED":
        is_archived = any(meets(new, analyzer.owner, criteria) for criteria in rules)
        kept = msgspec.structs.replace(new, status="ARCHIVED") if is_archived else new
        if old is not None:
            kept = msgspec.structs.replace(kept, created_at=old.created_at)
        findings.put(scope, kept)
    elif (old.actions, old.is_public, old.details) != (new.actions, new.is_public, new.details):
        changed = msgspec.structs.replace(new, created_at=old.created_at, status=old.status)
        findings.replace(scope, old, changed)
    else:
        findings.replace(scope, old, old.seen(new.analyzed_at))


def _external(scope: Scope, analyzer: Analyzer) -> Iterator[Finding]:
    for governed in analyzed(scope):
        policy = stored_policy(governed.document, governed.kind)
        yield from findings_in(analyzer, policy, governed.resource.arn, governed.type_name, scope.now)


def _unused(scope: Scope, analyzer: Analyzer) -> Iterator[Finding]:
    for one in find_unused(scope, analyzer.age_days, analyzer.excluded_tags):
        yield Finding(
            analyzer=analyzer.id,
            id=_id((analyzer.arn, one.resource, one.kind, one.what)),
            resource=one.resource,
            type_name=one.type_name,
            principal={},
            actions=(),
            condition={},
            is_public=False,
            created_at=scope.now,
            updated_at=scope.now,
            analyzed_at=scope.now,
            status="ACTIVE",
            kind=one.kind,
            details=one.details,
        )


def _id(identity: tuple[object, ...]) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(repr(identity).encode()).digest()[:16], version=4))


def findings_in(analyzer: Analyzer, policy: Policy, arn: str, type_name: str, now: int) -> Iterator[Finding]:
    """Yield what a policy lets in from outside the analyzer's account, when it is the policy of a resource."""
    for access in external_access(policy, analyzer.owner):
        yield Finding(
            analyzer=analyzer.id,
            id=_id((analyzer.arn, arn, access.principal, access.condition)),
            resource=arn,
            type_name=type_name,
            principal=dict([access.principal]),
            actions=access.actions,
            condition=dict(access.condition),
            is_public=access.is_public,
            created_at=now,
            updated_at=now,
            analyzed_at=now,
            status="ACTIVE",
        )
