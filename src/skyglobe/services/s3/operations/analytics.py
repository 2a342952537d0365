"""Storage class analysis configurations of buckets. ``analyzing`` does what they say."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import analyzing, errors, places, s3, settings
from skyglobe.services.s3.analyzing import Analysis, analyses
from skyglobe.services.s3.configurations import check_room, get_configuration, page_of_configurations
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Home
from skyglobe.services.s3.rules.analytics import BadAnalytics, check_configuration


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
    if old is None:
        check_room(scope, analyses, bucket)
    kept = Analysis(bucket=bucket, id=id_, text=json.dumps(configuration))
    analyses.put(scope, kept)
    if old is None:
        analyzing.begin(scope, kept)
    _note(call, home, True)


@s3.operation
def get_bucket_analytics_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return one configuration. Raises NoSuchConfiguration."""
    kept = get_configuration(places.enter(call, request), analyses, request)
    return {"AnalyticsConfiguration": json.loads(kept.text)}


@s3.operation
def list_bucket_analytics_configurations(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a bucket's configurations."""
    return page_of_configurations(places.enter(call, request), analyses, request, "AnalyticsConfigurationList")


@s3.operation
def delete_bucket_analytics_configuration(call: Call, request: dict[str, Any]) -> None:
    """Observe no more by a configuration, and forget what it saw. Raises NoSuchConfiguration."""
    home, scope = places.visit(call, request)
    analyzing.drop(scope, get_configuration(scope, analyses, request))
    if next(analyses.scan(scope, home.name, limit=1), None) is None:
        _note(call, home, False)


def _note(call: Call, home: Home, is_analyzed: bool) -> None:
    keeping = keeping_of(home.access)
    if keeping.is_analyzed != is_analyzed:
        settings.change(call, home, keeping=msgspec.structs.replace(keeping, is_analyzed=is_analyzed))
