"""Storage class analysis configurations of buckets. ``analyzing`` does what they say."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import analyzing, errors, places, s3, settings
from skyglobe.services.s3.analyzing import Analysis, analyses
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Home
from skyglobe.services.s3.rules.analytics import MAX_CONFIGURATIONS, BadAnalytics, check_configuration

PAGE = 100  # configurations; API reference, ListBucketAnalyticsConfigurations


@s3.operation
def put_bucket_analytics_configuration(call: Call, request: dict[str, Any]) -> None:
    """Have a bucket's objects, or those of a filter, observed. Raises MalformedXML, TooManyConfigurations."""
    home, scope = places.visit(call, request)
    bucket, id_ = request["Bucket"], request["Id"]
    configuration = request.get("AnalyticsConfiguration") or {}
    try:
        check_configuration(id_, configuration)
    except BadAnalytics as error:
        raise errors.malformed_xml() from error
    old = analyses.find(scope, bucket, id_)
    there = sum(1 for _ in analyses.scan(scope, bucket, limit=MAX_CONFIGURATIONS))
    if old is None and there >= MAX_CONFIGURATIONS:
        text = "You are attempting to create a new configuration but have already reached the "
        raise s3.error("TooManyConfigurations", f"{text}{MAX_CONFIGURATIONS:,}-configuration limit.")
    kept = Analysis(bucket=bucket, id=id_, text=json.dumps(configuration))
    analyses.put(scope, kept)
    if old is None:
        analyzing.begin(scope, kept)
    _note(call, home, True)


@s3.operation
def get_bucket_analytics_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return one configuration. Raises NoSuchConfiguration."""
    return {"AnalyticsConfiguration": json.loads(_get(places.enter(call, request), request).text)}


@s3.operation
def list_bucket_analytics_configurations(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a bucket's configurations."""
    scope = places.enter(call, request)
    token = request.get("ContinuationToken")
    found = list(analyses.scan(scope, request["Bucket"], past=(token,) if token else None, limit=PAGE + 1))
    answer: dict[str, Any] = {"IsTruncated": len(found) > PAGE}
    if found:
        answer["AnalyticsConfigurationList"] = [json.loads(kept.text) for kept in found[:PAGE]]
    if len(found) > PAGE:
        answer["NextContinuationToken"] = found[PAGE - 1].id
    if token:
        answer["ContinuationToken"] = token
    return answer


@s3.operation
def delete_bucket_analytics_configuration(call: Call, request: dict[str, Any]) -> None:
    """Observe no more by a configuration, and forget what it saw. Raises NoSuchConfiguration."""
    home, scope = places.visit(call, request)
    analyzing.drop(scope, _get(scope, request))
    if next(analyses.scan(scope, home.name, limit=1), None) is None:
        _note(call, home, False)


def _note(call: Call, home: Home, is_analyzed: bool) -> None:
    keeping = keeping_of(home.access)
    if keeping.is_analyzed != is_analyzed:
        settings.change(call, home, keeping=msgspec.structs.replace(keeping, is_analyzed=is_analyzed))


def _get(scope: Scope, request: dict[str, Any]) -> Analysis:
    kept = analyses.find(scope, request["Bucket"], request["Id"])
    if kept is None:
        raise s3.error("NoSuchConfiguration", "The specified configuration does not exist.", status=404)
    return kept
