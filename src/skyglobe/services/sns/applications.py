"""Finding platform applications, and what their attributes may be."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.sns import sns
from skyglobe.services.sns.records import PlatformApplication, applications, endpoints, topics
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.names import parse_sns_arn

BATCH = 100  # endpoints a timer deletes at a time
MAX_USER_DATA = 2_048  # bytes; API reference of CreatePlatformEndpoint
EVENTS = ("EventEndpointCreated", "EventEndpointDeleted", "EventEndpointUpdated", "EventDeliveryFailure")
KNOWN = (
    *EVENTS,
    "PlatformCredential",
    "PlatformPrincipal",
    "Enabled",
    "SuccessFeedbackRoleArn",
    "FailureFeedbackRoleArn",
    "SuccessFeedbackSampleRate",
    "ApplePlatformTeamID",
    "ApplePlatformBundleID",
)
"""API reference of SetPlatformApplicationAttributes."""


def find_application(call: Call, arn: str) -> tuple[Scope, PlatformApplication] | None:
    """Return the application with this ARN and where it lives, or None. Raises InvalidParameter."""
    place = parse_sns_arn(arn, "PlatformApplicationArn")
    kind, _, identity = place.resource.partition("/")
    if kind != "app" or place.region != call.region:
        raise invalid("PlatformApplicationArn")
    scope = call.within(place.account, place.region)
    found = applications.find(scope, identity)
    return (scope, found) if found is not None else None


def get_application(call: Call, arn: str) -> tuple[Scope, PlatformApplication]:
    """As ``find_application``. Raises NotFound as well."""
    found = find_application(call, arn)
    if found is None:
        raise sns.errors.NotFoundException("PlatformApplication does not exist")
    return found


def check_attributes(call: Call, attributes: dict[str, str]) -> None:
    """Raise InvalidParameter for attributes an application cannot have."""
    for name, value in attributes.items():
        if name not in KNOWN:
            raise invalid("Attributes", f"Invalid attribute name: {name}")
        if name == "Enabled" and value.lower() not in ("true", "false"):
            raise invalid("Attributes", f"Invalid value [{value}] for Enabled. Must be true or false.")
        if name in EVENTS and value:
            _check_event_topic(call, name, value)


def _check_event_topic(call: Call, name: str, arn: str) -> None:
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise invalid("Attributes", f"{name} is not the ARN of a topic") from error
    if place.service != "sns" or topics.find(call.within(place.account, place.region), place.resource) is None:
        raise invalid("Attributes", f"{name}: topic does not exist")


@sns.timer("clear_endpoints")
def clear_endpoints(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the endpoints of an application that is gone."""
    if applications.find(scope, key) is not None:
        return
    old = list(endpoints.scan(scope, key, limit=BATCH))
    for endpoint in old:
        endpoints.delete(scope, endpoint)
    if len(old) == BATCH:
        set_timer(scope, "sns", "clear_endpoints", key, scope.now)
