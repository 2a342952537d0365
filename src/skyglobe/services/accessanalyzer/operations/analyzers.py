"""Analyzers and their tags."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import check_tags
from skyglobe.services.accessanalyzer import access, accessanalyzer
from skyglobe.services.accessanalyzer.access import get_analyzer_by_arn, invalid
from skyglobe.services.accessanalyzer.paging import page
from skyglobe.services.accessanalyzer.records import (
    DEFAULT_AGE,
    MAX_ANALYZERS,
    UNUSED,
    Analyzer,
    ArchiveRule,
    analyzers,
    findings,
    previews,
    recommendations,
)
from skyglobe.services.accessanalyzer.records import archive_rules as rules
from skyglobe.services.accessanalyzer.scanning import scan


@accessanalyzer.operation(unused=("clientToken",))
def create_analyzer(
    call: Call,
    analyzer_name: str,
    type: str,
    archive_rules: list[dict[str, Any]] | None = None,
    tags: dict[str, str] | None = None,
    configuration: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Make an analyzer of the account, of external or unused access, and look at everything."""
    if type not in ("ACCOUNT", UNUSED):
        raise ServiceError(
            f"Skyglobe does not implement analyzers of type {type} yet.", code="NotImplemented", status=501
        )
    age_days, excluded = _configured(configuration or {}, type)
    check_tags(tags or {}, invalid)
    arn = make_arn(call, "access-analyzer", f"analyzer/{analyzer_name}")
    if analyzers.find(call, analyzer_name) is not None:
        fields = {"resourceId": analyzer_name, "resourceType": "analyzer"}
        raise accessanalyzer.errors.ConflictException(f"An analyzer {analyzer_name} exists already.", fields=fields)
    if sum(1 for one in analyzers.scan(call) if one.type == type) >= MAX_ANALYZERS:
        fields = {"resourceId": analyzer_name, "resourceType": "analyzer"}
        raise accessanalyzer.errors.ServiceQuotaExceededException(
            f"An account has at most {MAX_ANALYZERS} analyzer of type {type} in a region.", fields=fields
        )
    analyzer = Analyzer(
        arn=arn,
        id=analyzer_name,
        owner=call.account,
        created_at=call.now,
        tags=tags or {},
        type=type,
        age_days=age_days,
        excluded_tags=excluded,
    )
    analyzers.insert(call, analyzer)
    for rule in archive_rules or ():
        put_archive_rule(call, analyzer_name, rule["ruleName"], rule["filter"])
    scan(call, analyzer)
    return {"arn": arn}


def _configured(configuration: dict[str, Any], type: str) -> tuple[int, list[dict[str, str]]]:
    """Return after how many days access is unused, and whose tags exclude them. Raises ValidationException."""
    if type != UNUSED:
        if configuration:
            raise invalid(f"The configuration is not valid for an analyzer of type {type}.")
        return 0, []
    if "internalAccess" in configuration:
        raise invalid(f"The configuration is not valid for an analyzer of type {type}.")
    given = configuration.get("unusedAccess", {})
    age_days = given.get("unusedAccessAge", DEFAULT_AGE)
    if not 1 <= age_days <= 365:  # API reference, UnusedAccessConfiguration
        raise invalid("The unusedAccessAge must be between 1 and 365 days.")
    excluded = []
    for rule in given.get("analysisRule", {}).get("exclusions", ()):
        if rule.get("accountIds"):
            raise invalid("Only analyzers of organizations can exclude accounts.")
        excluded += rule.get("resourceTags", [])
    return age_days, excluded


def put_archive_rule(
    call: Call, analyzer: str, name: str, criteria: dict[str, Any], created_at: int | None = None
) -> None:
    """Keep an archive rule."""
    made = ArchiveRule(analyzer, name, criteria, call.now if created_at is None else created_at, call.now)
    rules.put(call, made)


@accessanalyzer.operation
def get_analyzer(call: Call, analyzer_name: str) -> dict[str, Any]:
    """Return an analyzer."""
    return {"analyzer": _shown(access.get_analyzer(call, analyzer_name))}


@accessanalyzer.operation
def list_analyzers(
    call: Call,
    next_token: str | None = None,
    max_results: int | None = None,
    type: str | None = None,
) -> dict[str, Any]:
    """List the analyzers by name."""
    rows = ((one.id, one) for one in analyzers.scan(call) if type in (None, one.type))
    found, more = page(call, "analyzers", rows, max_results, next_token)
    return {"analyzers": [_shown(one) for one in found], **more}


@accessanalyzer.operation
def update_analyzer(call: Call, analyzer_name: str, configuration: dict[str, Any] | None = None) -> dict[str, Any]:
    """Change whom an analyzer of unused access leaves out; one of external access has no configuration."""
    analyzer = access.get_analyzer(call, analyzer_name)
    if configuration is None:
        return _configuration_of(analyzer)
    given = configuration.get("unusedAccess", {})
    if "unusedAccess" in configuration and given.get("unusedAccessAge", analyzer.age_days) != analyzer.age_days:
        raise invalid("The unusedAccessAge of an analyzer cannot be changed.")
    _, excluded = _configured(configuration, analyzer.type)
    changed = msgspec.structs.replace(analyzer, excluded_tags=excluded)
    analyzers.replace(call, analyzer, changed)
    return _configuration_of(changed)


def _configuration_of(analyzer: Analyzer) -> dict[str, Any]:
    if analyzer.type != UNUSED:
        return {}
    rule = {"exclusions": [{"resourceTags": analyzer.excluded_tags}]} if analyzer.excluded_tags else {}
    unused = {"unusedAccessAge": analyzer.age_days, **({"analysisRule": rule} if rule else {})}
    return {"configuration": {"unusedAccess": unused}}


@accessanalyzer.operation(unused=("clientToken",))
def delete_analyzer(call: Call, analyzer_name: str) -> None:
    """Delete an analyzer with its archive rules, findings and previews."""
    analyzer = access.get_analyzer(call, analyzer_name)
    for rule in list(rules.scan(call, analyzer_name)):
        rules.delete(call, rule)
    for finding in list(findings.scan(call, analyzer_name)):
        findings.delete(call, finding)
    for recommendation in list(recommendations.scan(call, analyzer_name)):
        recommendations.delete(call, recommendation)
    for preview in list(previews.scan(call, analyzer_name)):
        previews.delete(call, preview)
    analyzers.delete(call, analyzer)


@accessanalyzer.operation
def tag_resource(call: Call, resource_arn: str, tags: dict[str, str]) -> None:
    """Put tags on an analyzer."""
    analyzer = get_analyzer_by_arn(call, resource_arn)
    after = {**analyzer.tags, **tags}
    check_tags(after, invalid)
    analyzers.replace(call, analyzer, msgspec.structs.replace(analyzer, tags=after))


@accessanalyzer.operation
def untag_resource(call: Call, resource_arn: str, tag_keys: list[str]) -> None:
    """Take tags from an analyzer."""
    analyzer = get_analyzer_by_arn(call, resource_arn)
    after = {key: value for key, value in analyzer.tags.items() if key not in tag_keys}
    analyzers.replace(call, analyzer, msgspec.structs.replace(analyzer, tags=after))


@accessanalyzer.operation
def list_tags_for_resource(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return an analyzer's tags."""
    return {"tags": get_analyzer_by_arn(call, resource_arn).tags}


def _shown(analyzer: Analyzer) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "arn": analyzer.arn,
        "name": analyzer.id,
        "type": analyzer.type,
        "createdAt": analyzer.created_at / 1000,
        "status": "ACTIVE",
        "tags": analyzer.tags,
        **_configuration_of(analyzer),
    }
    if analyzer.last_resource:
        shown |= {
            "lastResourceAnalyzed": analyzer.last_resource,
            "lastResourceAnalyzedAt": analyzer.last_analyzed_at / 1000,
        }
    return shown
