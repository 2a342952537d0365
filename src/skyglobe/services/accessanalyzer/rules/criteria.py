"""Filters of findings: those of archive rules and of lists."""

from __future__ import annotations

from skyglobe.services.accessanalyzer.records import Criteria, Finding


def attributes_of(finding: Finding, owner: str) -> dict[str, list[str]]:
    """Return a finding's attributes by the names that filters give them."""
    found = {
        "id": [finding.id],
        "status": [finding.status],
        "resource": [finding.resource],
        "resourceType": [finding.type_name],
        "resourceOwnerAccount": [owner],
        "findingType": [finding.kind],
    }
    if finding.kind == "ExternalAccess":
        found |= {"isPublic": [str(finding.is_public).lower()], "action": list(finding.actions)}
    found |= {f"principal.{kind}": [name] for kind, name in finding.principal.items()}
    found |= {f"condition.{key}": value.split(",") for key, value in finding.condition.items()}
    return found


def meets(finding: Finding, owner: str, criteria: Criteria) -> bool:
    """Whether a finding meets every criterion."""
    attributes = attributes_of(finding, owner)
    return all(_meets(attributes.get(name, []), wanted) for name, wanted in criteria.items())


def _meets(values: list[str], wanted: dict[str, list[str] | bool]) -> bool:
    for operator, expected in wanted.items():
        if isinstance(expected, bool):
            is_met = bool(values) is expected
        elif operator == "contains":
            is_met = any(part in value for part in expected for value in values)
        else:
            is_met = any(value in expected for value in values) is (operator == "eq")
        if not is_met:
            return False
    return True
