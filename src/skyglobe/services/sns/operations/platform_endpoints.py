"""Platform endpoints: one app on one device."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import Found, topic_arn
from skyglobe.services.sns.applications import MAX_USER_DATA, get_application
from skyglobe.services.sns.paging import page_start, paged
from skyglobe.services.sns.publishing import publish
from skyglobe.services.sns.records import PlatformApplication, PlatformEndpoint, applications, endpoints, topics
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.names import parse_sns_arn
from skyglobe.services.sns.sealing import data_key_for
from skyglobe.services.sns.texting import find_endpoint

KNOWN = ("CustomUserData", "Enabled", "Token", "ChannelId", "UserId")
MAX_TOKEN = 4_096  # characters; push services' tokens are far shorter


@sns.operation
def create_platform_endpoint(
    call: Call,
    platform_application_arn: str,
    token: str,
    custom_user_data: str | None = None,
    attributes: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Register a device. The same token with the same attributes makes no second endpoint."""
    scope, application = get_application(call, platform_application_arn)
    given = dict(attributes or {})
    if custom_user_data is not None:
        given["CustomUserData"] = custom_user_data
    if not token or len(token) > MAX_TOKEN:
        raise invalid("Token")
    _check(given)
    made = {"Enabled": "true", **given, "Token": token}
    made["Enabled"] = made["Enabled"].lower()
    known = next(endpoints.scan_by(scope, "token", application.id, token, limit=1), None)
    if known is not None:
        if known.attributes != made:
            raise invalid(
                "Token", f"Endpoint {known.arn} already exists with the same Token, but different attributes."
            )
        return {"EndpointArn": known.arn}
    identity = f"{application.id}/{call.kernel.ids.uuid()}"
    endpoint = PlatformEndpoint(
        arn=topic_arn(scope, f"endpoint/{identity}"),
        id=identity,
        owner=scope.account,
        created_at=call.now,
        application=application.id,
        token=token,
        attributes=made,
    )
    endpoints.insert(scope, endpoint)
    _tell(call, scope, application, "EventEndpointCreated", endpoint)
    return {"EndpointArn": endpoint.arn}


def _check(attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        if name not in KNOWN:
            raise invalid("Attributes", f"Invalid attribute name: {name}")
        if name == "Enabled" and value.lower() not in ("true", "false"):
            raise invalid("Attributes", f"Invalid value [{value}] for Enabled. Must be true or false.")
        if name == "CustomUserData" and len(value.encode("utf-8", "surrogatepass")) > MAX_USER_DATA:
            raise invalid("Attributes", "CustomUserData must be at most 2048 bytes long")
        if name == "Token" and (not value or len(value) > MAX_TOKEN):
            raise invalid("Token")


def _tell(call: Call, scope: Scope, application: PlatformApplication, event: str, endpoint: PlatformEndpoint) -> None:
    """Publish what happened to an endpoint to the topic its application names for such events.

    Nobody is told by a caller who may not use the topic's KMS key.
    """
    arn = application.attributes.get(event)
    if not arn:
        return
    place = parse_arn(arn)
    there = scope.within(place.account, place.region)
    topic = topics.find(there, place.resource)
    if topic is None or topic.is_fifo:
        return
    text = json.dumps({"EventType": event.removeprefix("Event"), "Resource": endpoint.arn, "Service": "SNS"})
    found = Found(there, topic)
    try:
        data_key = data_key_for(call, found)
    except ServiceError:
        return
    publish(call, found, {"Message": text}, data_key)


def _get(call: Call, arn: str) -> tuple[Scope, PlatformEndpoint]:
    place = parse_sns_arn(arn, "EndpointArn")
    if not place.resource.startswith("endpoint/") or place.region != call.region:
        raise invalid("EndpointArn")
    endpoint = find_endpoint(call, arn)
    if endpoint is None:
        raise sns.errors.NotFoundException("Endpoint does not exist")
    return call.within(place.account, place.region), endpoint


@sns.operation
def get_endpoint_attributes(call: Call, endpoint_arn: str) -> dict[str, Any]:
    """Return an endpoint's attributes."""
    return {"Attributes": _get(call, endpoint_arn)[1].attributes}


@sns.operation
def set_endpoint_attributes(call: Call, endpoint_arn: str, attributes: dict[str, str]) -> None:
    """Set some of an endpoint's attributes: its token, whether it is enabled, the app's own data."""
    scope, endpoint = _get(call, endpoint_arn)
    _check(attributes)
    changed = {**endpoint.attributes, **attributes}
    changed["Enabled"] = changed["Enabled"].lower()
    after = replace(endpoint, attributes=changed, token=changed["Token"])
    if after.token != endpoint.token and any(endpoints.scan_by(scope, "token", endpoint.application, after.token)):
        raise invalid("Token", "An endpoint already exists with the same Token")
    endpoints.replace(scope, endpoint, after)
    application = applications.find(scope, endpoint.application)
    if application is not None:
        _tell(call, scope, application, "EventEndpointUpdated", after)


@sns.operation
def delete_endpoint(call: Call, endpoint_arn: str) -> None:
    """Delete an endpoint. Nothing happens when there is none."""
    parse_sns_arn(endpoint_arn, "EndpointArn")
    endpoint = find_endpoint(call, endpoint_arn)
    if endpoint is None:
        return
    scope = call.within(parse_arn(endpoint_arn).account)
    endpoints.delete(scope, endpoint)
    application = applications.find(scope, endpoint.application)
    if application is not None:
        _tell(call, scope, application, "EventEndpointDeleted", endpoint)


@sns.operation
def list_endpoints_by_platform_application(
    call: Call, platform_application_arn: str, next_token: str | None = None
) -> dict[str, Any]:
    """List an application's endpoints, a hundred at a time."""
    scope, application = get_application(call, platform_application_arn)
    name = f"endpoints.{application.id}"
    found = endpoints.scan(scope, application.id, past=page_start(scope, name, next_token))

    def show(endpoint: PlatformEndpoint) -> dict[str, Any]:
        return {"EndpointArn": endpoint.arn, "Attributes": endpoint.attributes}

    return paged(scope, name, "Endpoints", found, lambda one: (one.id,), show)
