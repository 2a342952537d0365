"""Archive rules: findings that are expected, and archived as soon as they are found."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.services.accessanalyzer import accessanalyzer
from skyglobe.services.accessanalyzer.access import get_analyzer, get_analyzer_by_arn, not_found
from skyglobe.services.accessanalyzer.operations.analyzers import put_archive_rule
from skyglobe.services.accessanalyzer.paging import page
from skyglobe.services.accessanalyzer.records import MAX_ARCHIVE_RULES, ArchiveRule, archive_rules, findings
from skyglobe.services.accessanalyzer.rules.criteria import meets


def get_rule(call: Call, analyzer: str, name: str) -> ArchiveRule:
    """Return a rule. Raises ResourceNotFoundException, for the analyzer too."""
    get_analyzer(call, analyzer)
    found = archive_rules.find(call, analyzer, name)
    if found is None:
        raise not_found("archive rule", name)
    return found


@accessanalyzer.operation(unused=("clientToken",))
def create_archive_rule(call: Call, analyzer_name: str, rule_name: str, filter: dict[str, Any]) -> None:
    """Make a rule for findings to come."""
    get_analyzer(call, analyzer_name)
    fields = {"resourceId": rule_name, "resourceType": "archive rule"}
    if archive_rules.find(call, analyzer_name, rule_name) is not None:
        raise accessanalyzer.errors.ConflictException(f"An archive rule {rule_name} exists already.", fields=fields)
    if len(list(archive_rules.scan(call, analyzer_name))) >= MAX_ARCHIVE_RULES:
        words = f"An analyzer has at most {MAX_ARCHIVE_RULES} archive rules."
        raise accessanalyzer.errors.ServiceQuotaExceededException(words, fields=fields)
    put_archive_rule(call, analyzer_name, rule_name, filter)


@accessanalyzer.operation(unused=("clientToken",))
def update_archive_rule(call: Call, analyzer_name: str, rule_name: str, filter: dict[str, Any]) -> None:
    """Change what a rule archives."""
    rule = get_rule(call, analyzer_name, rule_name)
    put_archive_rule(call, analyzer_name, rule_name, filter, rule.created_at)


@accessanalyzer.operation(unused=("clientToken",))
def delete_archive_rule(call: Call, analyzer_name: str, rule_name: str) -> None:
    """Delete a rule. What it archived stays archived."""
    archive_rules.delete(call, get_rule(call, analyzer_name, rule_name))


@accessanalyzer.operation
def get_archive_rule(call: Call, analyzer_name: str, rule_name: str) -> dict[str, Any]:
    """Return a rule."""
    return {"archiveRule": _shown(get_rule(call, analyzer_name, rule_name))}


@accessanalyzer.operation
def list_archive_rules(
    call: Call, analyzer_name: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List an analyzer's rules by name."""
    get_analyzer(call, analyzer_name)
    rows = ((rule.name, rule) for rule in archive_rules.scan(call, analyzer_name))
    found, more = page(call, f"rules of {analyzer_name}", rows, max_results, next_token)
    return {"archiveRules": [_shown(rule) for rule in found], **more}


@accessanalyzer.operation(unused=("clientToken",))
def apply_archive_rule(call: Call, analyzer_arn: str, rule_name: str) -> None:
    """Archive the findings there are that meet a rule."""
    analyzer = get_analyzer_by_arn(call, analyzer_arn)
    rule = get_rule(call, analyzer.id, rule_name)
    for finding in list(findings.scan(call, analyzer.id)):
        if finding.status == "ACTIVE" and meets(finding, analyzer.owner, rule.criteria):
            archived = msgspec.structs.replace(finding, status="ARCHIVED", updated_at=call.now)
            findings.replace(call, finding, archived)


def _shown(rule: ArchiveRule) -> dict[str, Any]:
    return {
        "ruleName": rule.name,
        "filter": rule.criteria,
        "createdAt": rule.created_at / 1000,
        "updatedAt": rule.updated_at / 1000,
    }
