"""Request metrics configurations of buckets. ``measuring`` does what they say."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import errors, measuring, places, s3, settings
from skyglobe.services.s3.configurations import check_room, get_configuration, page_of_configurations
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.measuring import Metrics, metrics
from skyglobe.services.s3.records import Home
from skyglobe.services.s3.rules.request_metrics import BadMetrics, check_configuration


@s3.operation
def put_bucket_metrics_configuration(call: Call, request: dict[str, Any]) -> None:
    """Have a bucket's requests counted, or those of a filter. Raises MalformedXML, TooManyConfigurations."""
    home, scope = places.visit(call, request)
    configuration = request.get("MetricsConfiguration") or {}
    try:
        check_configuration(request["Id"], configuration)
    except BadMetrics as error:
        raise errors.malformed_xml() from error
    if metrics.find(scope, home.name, request["Id"]) is None:
        check_room(scope, metrics, home.name)
    metrics.put(scope, Metrics(bucket=home.name, id=request["Id"], text=json.dumps(configuration)))
    _note(call, home, True)


@s3.operation
def get_bucket_metrics_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return one configuration. Raises NoSuchConfiguration."""
    kept = get_configuration(places.enter(call, request), metrics, request)
    return {"MetricsConfiguration": json.loads(kept.text)}


@s3.operation
def list_bucket_metrics_configurations(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a bucket's configurations."""
    return page_of_configurations(places.enter(call, request), metrics, request, "MetricsConfigurationList")


@s3.operation
def delete_bucket_metrics_configuration(call: Call, request: dict[str, Any]) -> None:
    """Count no more by a configuration. Raises NoSuchConfiguration."""
    home, scope = places.visit(call, request)
    measuring.drop(scope, get_configuration(scope, metrics, request))
    if next(metrics.scan(scope, home.name, limit=1), None) is None:
        _note(call, home, False)


def _note(call: Call, home: Home, is_measured: bool) -> None:
    keeping = keeping_of(home.access)
    if keeping.is_measured != is_measured:
        settings.change(call, home, keeping=msgspec.structs.replace(keeping, is_measured=is_measured))
