"""Event notifications of buckets: what is told of, and to whom."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.services.s3 import destinations, documents, errors, s3, settings
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.guards import document_of
from skyglobe.services.s3.records import Home
from skyglobe.services.s3.rules.event_documents import check_message
from skyglobe.services.s3.rules.notifications import MEMBERS, BadNotification, Target, check_configuration


@s3.operation
def get_bucket_notification_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return what a bucket tells of; nothing while it was given no configuration."""
    home = settings.enter(call, request)
    text = document_of(call, home.name, "notification")
    return json.loads(text) if text else {}


@s3.operation
def put_bucket_notification_configuration(
    call: Call, request: dict[str, Any]
) -> Coroutine[Any, Any, dict[str, Any]] | dict[str, Any]:
    """Give a bucket a configuration in place of the one it had. All destinations are tried first, unless told not to.

    Raises MalformedXML; InvalidArgument for events there are none of, filters that overlap, destinations that are
    not there, elsewhere, or do not let S3 in; NotImplemented for those of services that are not built.
    """
    home = settings.enter(call, request)
    documents.check_document(call, request)
    configuration = _named(call, request.get("NotificationConfiguration") or {})
    try:
        targets = check_configuration(configuration, call.operation.service.model.shape("Event").enum)
    except BadNotification as error:
        if not error.message:
            raise errors.malformed_xml() from error
        raise errors.invalid_argument(error.message, error.name, error.value) from error
    kinds = {target.kind for target in targets}
    if "EventBridgeConfiguration" in configuration:
        kinds.add("events")
    destinations.check_built(call.kernel, kinds)
    for target in targets:
        destinations.check_place(target, home)
    if not targets or request.get("SkipDestinationValidation"):
        _keep(call, home, configuration)
        return {}
    return _try_and_keep(call, request, home, configuration, targets)


async def _try_and_keep(
    call: Call, request: dict[str, Any], home: Home, configuration: dict[str, Any], targets: tuple[Target, ...]
) -> dict[str, Any]:
    source = bucket_arn(home.region, home.name)
    caller = ServiceCaller(call.kernel, "s3", home.owner, home.region, source)
    own = ServiceCaller(call.kernel, "s3", home.owner, home.region)
    text = json.dumps(check_message(home.name, call.now, call.request_id))
    for target in targets:
        await destinations.check(caller, own, target, text)
    await call.transact(lambda call: _keep(call, settings.enter(call, request), configuration))
    return {}


def _keep(call: Call, home: Home, configuration: dict[str, Any]) -> None:
    if configuration:
        settings.keep_document(call, home, "notification", json.dumps(configuration))
    else:
        settings.drop_document(call, home, "notification")
    settings.change(call, home, notifies=bool(configuration))


def _named(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration as S3 keeps it: without what is empty, each entry with an id, rules' names capitalized."""
    kept: dict[str, Any] = {}
    for member in MEMBERS:
        entries = [{**entry, "Id": entry.get("Id") or call.kernel.ids.uuid()} for entry in given.get(member) or ()]
        for entry in entries:
            rules = ((entry.get("Filter") or {}).get("Key") or {}).get("FilterRules") or []
            if rules:
                named = [{**rule, "Name": rule.get("Name", "").capitalize()} for rule in rules]
                entry["Filter"] = {"Key": {"FilterRules": named}}
        if entries:
            kept[member] = entries
    if "EventBridgeConfiguration" in given:
        kept["EventBridgeConfiguration"] = {}
    return kept
