"""What to do about permissions that are not used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.entity_uses import uses_of
from skyglobe.services.accessanalyzer import accessanalyzer
from skyglobe.services.accessanalyzer.access import get_analyzer_by_arn, invalid, not_found
from skyglobe.services.accessanalyzer.paging import page
from skyglobe.services.accessanalyzer.records import Analyzer, Finding, Recommendation, findings, recommendations
from skyglobe.services.accessanalyzer.rules.narrowing import narrowed
from skyglobe.services.accessanalyzer.unused import Account

_TYPE = "UnusedPermissionRecommendation"


@accessanalyzer.operation
def generate_finding_recommendation(call: Call, analyzer_arn: str, id: str) -> None:
    """Work out which policies to put in the place of those that let reach unused services."""
    finding = _get_finding(call, get_analyzer_by_arn(call, analyzer_arn), id)
    made = Recommendation(analyzer=finding.analyzer, finding=id, made_at=call.now, steps=list(_steps(call, finding)))
    recommendations.put(call, made)


@accessanalyzer.operation
def get_finding_recommendation(
    call: Call, analyzer_arn: str, id: str, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """Return the recommendation that was worked out last for a finding."""
    finding = _get_finding(call, get_analyzer_by_arn(call, analyzer_arn), id)
    made = recommendations.find(call, finding.analyzer, id)
    if made is None:
        raise not_found("finding recommendation", id)
    rows = [(f"{number:06}", step) for number, step in enumerate(made.steps)]
    steps, more = page(call, f"recommendation for {id}", rows, max_results, next_token)
    return {
        "startedAt": made.made_at / 1000,
        "completedAt": made.made_at / 1000,
        "resourceArn": finding.resource,
        "recommendedSteps": [{"unusedPermissionsRecommendedStep": step} for step in steps],
        "recommendationType": _TYPE,
        "status": "SUCCEEDED",
        **more,
    }


def _get_finding(call: Call, analyzer: Analyzer, id_: str) -> Finding:
    found = findings.find(call, analyzer.id, id_)
    if found is None:
        raise not_found("finding", id_)
    if found.kind != "UnusedPermission":
        raise invalid("Recommendations are generated only for findings of unused permissions.")
    return found


def _steps(call: Call, finding: Finding) -> Iterator[dict[str, str]]:
    """Yield, for each policy of the user or role itself that lets reach unused services, what to do."""
    account = Account(call)
    entity = next((one for one in (*account.users, *account.roles) if one["Arn"] == finding.resource), None)
    if entity is None:
        return
    unused = frozenset(str(detail["serviceNamespace"]) for detail in finding.details)
    used = {use.service for use in uses_of(call, entity.get("UserId") or entity["RoleId"])} - unused
    for policy_id, document in account.own_documents_of(entity):
        better = narrowed(document, unused, used)
        if better == document:
            continue
        if better is not None:
            step = {"recommendedAction": "CREATE_POLICY", "recommendedPolicy": better, "existingPolicyId": policy_id}
            yield step
        yield {"recommendedAction": "DETACH_POLICY", "existingPolicyId": policy_id}
