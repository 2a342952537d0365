"""Findings of external access, and the resources looked at."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.services.accessanalyzer import accessanalyzer
from skyglobe.services.accessanalyzer.access import get_analyzer, get_analyzer_by_arn, invalid, not_found
from skyglobe.services.accessanalyzer.paging import page
from skyglobe.services.accessanalyzer.records import UNUSED, Analyzer, Criteria, Finding, findings
from skyglobe.services.accessanalyzer.rules.criteria import attributes_of, meets
from skyglobe.services.accessanalyzer.scanning import analyzed, scan


def _scanned(call: Call, arn: str) -> Analyzer:
    """Return the analyzer with its findings brought into line. Raises ResourceNotFoundException."""
    analyzer = get_analyzer_by_arn(call, arn)
    scan(call, analyzer)
    return get_analyzer(call, analyzer.id)


@accessanalyzer.operation
def list_findings(
    call: Call,
    analyzer_arn: str,
    filter: Criteria | None = None,
    sort: dict[str, Any] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List findings of external access that meet a filter."""
    analyzer = _scanned(call, analyzer_arn)
    _check_external(analyzer)
    rows = _rows(call, analyzer, filter or {}, sort or {})
    found, more = page(call, f"findings of {analyzer_arn}", rows, max_results, next_token)
    return {"findings": [_shown(one, analyzer) for one in found], **more}


@accessanalyzer.operation
def list_findings_v2(
    call: Call,
    analyzer_arn: str,
    filter: Criteria | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
    sort: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """List findings that meet a filter, in the form for all kinds of them."""
    analyzer = _scanned(call, analyzer_arn)
    rows = _rows(call, analyzer, filter or {}, sort or {})
    found, more = page(call, f"findings of {analyzer_arn}", rows, max_results, next_token)
    return {"findings": [{**_common(one, analyzer), "findingType": one.kind} for one in found], **more}


@accessanalyzer.operation
def get_finding(call: Call, analyzer_arn: str, id: str) -> dict[str, Any]:
    """Return a finding of external access."""
    analyzer = _scanned(call, analyzer_arn)
    _check_external(analyzer)
    return {"finding": _shown(_get(call, analyzer, id), analyzer)}


@accessanalyzer.operation
def get_finding_v2(
    call: Call, analyzer_arn: str, id: str, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """Return a finding, in the form for all kinds of them; its details come in pages."""
    analyzer = _scanned(call, analyzer_arn)
    finding = _get(call, analyzer, id)
    rows = [(f"{number:06}", detail) for number, detail in enumerate(_all_details(finding))]
    details, more = page(call, f"details of {id}", rows, max_results, next_token)
    return {**_common(finding, analyzer), "findingType": finding.kind, "findingDetails": details, **more}


_DETAILS = {
    "UnusedIAMRole": "unusedIamRoleDetails",
    "UnusedIAMUserAccessKey": "unusedIamUserAccessKeyDetails",
    "UnusedIAMUserPassword": "unusedIamUserPasswordDetails",
    "UnusedPermission": "unusedPermissionDetails",
}


def _all_details(finding: Finding) -> list[dict[str, Any]]:
    if finding.kind == "ExternalAccess":
        return [{"externalAccessDetails": _details(finding)}]
    shown = []
    for detail in finding.details:
        last = {"lastAccessed": int(detail["lastAccessed"]) / 1000} if "lastAccessed" in detail else {}
        shown.append({_DETAILS[finding.kind]: {**detail, **last}})
    return shown


def _check_external(analyzer: Analyzer) -> None:
    """Refuse what is about policies of resources for analyzers that look at something else."""
    if analyzer.type == UNUSED:
        raise invalid(f"The operation is not supported for analyzers of type {analyzer.type}.")


@accessanalyzer.operation
def get_findings_statistics(call: Call, analyzer_arn: str) -> dict[str, Any]:
    """Count the findings by their status and kind."""
    analyzer = _scanned(call, analyzer_arn)
    found = list(findings.scan(call, analyzer.id))
    statuses = Counter(one.status for one in found)
    totals = {f"total{name.title()}Findings": statuses[name] for name in ("ACTIVE", "ARCHIVED", "RESOLVED")}
    active = [one for one in found if one.status == "ACTIVE"]
    if analyzer.type == UNUSED:
        kinds = Counter(one.kind for one in active)
        by_kind = [{"unusedAccessType": kind, "total": total} for kind, total in sorted(kinds.items())]
        top = {"account": analyzer.owner, "numberOfActiveFindings": len(active), "details": dict(kinds)}
        counted = {**totals, "unusedAccessTypeStatistics": by_kind, "topAccounts": [top] if active else []}
        statistics = {"unusedAccessFindingsStatistics": counted}
    else:
        by_type = {
            type_name: {
                "totalActivePublic": sum(one.is_public for one in active if one.type_name == type_name),
                "totalActiveCrossAccount": sum(not one.is_public for one in active if one.type_name == type_name),
                "totalActiveErrors": 0,
            }
            for type_name in sorted({one.type_name for one in active})
        }
        statistics = {"externalAccessFindingsStatistics": {**totals, "resourceTypeStatistics": by_type}}
    return {"findingsStatistics": [statistics], "lastUpdatedAt": call.now / 1000}


@accessanalyzer.operation(unused=("clientToken",))
def update_findings(
    call: Call, analyzer_arn: str, status: str, ids: list[str] | None = None, resource_arn: str | None = None
) -> None:
    """Archive findings, or take them out of the archive: by their ids, or all of a resource."""
    analyzer = get_analyzer_by_arn(call, analyzer_arn)
    if not ids and not resource_arn:
        raise invalid("Specify either the ids or the resourceArn.")
    chosen = [_get(call, analyzer, one) for one in ids or ()]
    if resource_arn:
        chosen += [one for one in findings.scan(call, analyzer.id) if one.resource == resource_arn]
    for finding in chosen:
        if finding.status not in ("RESOLVED", status):
            findings.replace(call, finding, msgspec.structs.replace(finding, status=status, updated_at=call.now))


@accessanalyzer.operation(unused=("resourceOwnerAccount",))
def start_resource_scan(call: Call, analyzer_arn: str, resource_arn: str) -> None:
    """Look at a resource's policy at once."""
    analyzer = get_analyzer_by_arn(call, analyzer_arn)
    _check_external(analyzer)
    if not any(one.resource.arn == resource_arn for one in analyzed(call)):
        raise not_found("resource", resource_arn)
    scan(call, analyzer)


@accessanalyzer.operation
def list_analyzed_resources(
    call: Call,
    analyzer_arn: str,
    resource_type: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the resources whose policies are looked at."""
    _check_external(get_analyzer_by_arn(call, analyzer_arn))
    rows = sorted((one.resource.arn, one) for one in analyzed(call) if resource_type in (None, one.type_name))
    found, more = page(call, f"resources of {analyzer_arn} {resource_type}", rows, max_results, next_token)
    shown = [
        {
            "resourceArn": one.resource.arn,
            "resourceOwnerAccount": one.resource.owner,
            "resourceType": one.type_name,
        }
        for one in found
    ]
    return {"analyzedResources": shown, **more}


@accessanalyzer.operation
def get_analyzed_resource(call: Call, analyzer_arn: str, resource_arn: str) -> dict[str, Any]:
    """Return what was found about a resource."""
    analyzer = _scanned(call, analyzer_arn)
    _check_external(analyzer)
    governed = next((one for one in analyzed(call) if one.resource.arn == resource_arn), None)
    if governed is None:
        raise not_found("resource", resource_arn)
    found = [
        one for one in findings.scan(call, analyzer.id) if one.resource == resource_arn and one.status != "RESOLVED"
    ]
    resource: dict[str, Any] = {
        "resourceArn": resource_arn,
        "resourceType": governed.type_name,
        "resourceOwnerAccount": governed.resource.owner,
        "createdAt": governed.resource.created_at / 1000,
        "analyzedAt": call.now / 1000,
        "updatedAt": max((one.updated_at for one in found), default=governed.resource.created_at) / 1000,
        "isPublic": any(one.is_public for one in found),
        "actions": sorted({action for one in found for action in one.actions}),
    }
    if found:
        resource["status"] = "ACTIVE" if any(one.status == "ACTIVE" for one in found) else "ARCHIVED"
        resource["sharedVia"] = ["POLICY"]
    return {"resource": resource}


def _get(call: Call, analyzer: Analyzer, id_: str) -> Finding:
    found = findings.find(call, analyzer.id, id_)
    if found is None:
        raise not_found("finding", id_)
    return found


def _rows(call: Call, analyzer: Analyzer, criteria: Criteria, sort: dict[str, Any]) -> list[tuple[str, Finding]]:
    """Return the findings that meet a filter, numbered in the order asked for."""
    found = [one for one in findings.scan(call, analyzer.id) if meets(one, analyzer.owner, criteria)]
    attribute = sort.get("attributeName")
    if attribute:
        found.sort(key=lambda one: _sorted_by(one, analyzer, attribute), reverse=sort.get("orderBy") == "DESC")
    return [(f"{number:08}", one) for number, one in enumerate(found)]


def _sorted_by(finding: Finding, analyzer: Analyzer, attribute: str) -> str:
    instants = dict(createdAt=finding.created_at, updatedAt=finding.updated_at, analyzedAt=finding.analyzed_at)  # noqa: C408
    if attribute in instants:
        return f"{instants[attribute]:020}"
    return ",".join(attributes_of(finding, analyzer.owner).get(attribute, []))


def _common(finding: Finding, analyzer: Analyzer) -> dict[str, Any]:
    return {
        "id": finding.id,
        "resource": finding.resource,
        "resourceType": finding.type_name,
        "resourceOwnerAccount": analyzer.owner,
        "createdAt": finding.created_at / 1000,
        "analyzedAt": finding.analyzed_at / 1000,
        "updatedAt": finding.updated_at / 1000,
        "status": finding.status,
    }


def _details(finding: Finding) -> dict[str, Any]:
    return {
        "principal": finding.principal,
        "action": list(finding.actions),
        "isPublic": finding.is_public,
        "condition": finding.condition,
    }


def _shown(finding: Finding, analyzer: Analyzer) -> dict[str, Any]:
    return {**_common(finding, analyzer), **_details(finding)}
