"""SMS and push messages: what is captured instead of reaching a phone."""

from __future__ import annotations

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.captured import capture
from skyglobe.kernel.scope import Scope
from skyglobe.services.sns.feedback import Result, Told, report_push, report_sms
from skyglobe.services.sns.records import (
    Attributes,
    PlatformEndpoint,
    applications,
    endpoints,
    opt_outs,
    sandbox_numbers,
    sms_settings,
)
from skyglobe.services.sns.rules.names import plain_number

SETTINGS = "account"
DISABLED = Result(400, "Endpoint is disabled")


def is_opted_out(scope: Scope, number: str) -> bool:
    """Whether the owner of a phone number wants no messages from this account and region."""
    found = opt_outs.find(scope, plain_number(number))
    return found is not None and found.is_out


def is_verified(scope: Scope, number: str) -> bool:
    """Whether an account in the SMS sandbox may send to a phone number: only to those it verified."""
    found = sandbox_numbers.find(scope, plain_number(number))
    return found is not None and found.is_verified


def send_sms(scope: Scope, number: str, text: str, attributes: Attributes, told: Told) -> None:
    """Send a text message, unless its receiver opted out."""
    found = sms_settings.find(scope, SETTINGS)
    settings = found.attributes if found is not None else {}
    kind = attributes.get("AWS.SNS.SMS.SMSType", {}).get("StringValue") or settings.get("DefaultSMSType", "Promotional")
    if is_opted_out(scope, number):
        report_sms(scope, settings, told, number, kind, "Phone number is opted out", is_success=False)
        return
    sender = attributes.get("AWS.SNS.SMS.SenderID", {}).get("StringValue") or settings.get("DefaultSenderID")
    capture(scope, "sns", "sms", plain_number(number), text, sender=sender or "NOTICE")
    report_sms(scope, settings, told, number, kind, "Message has been accepted by phone carrier", is_success=True)


def find_endpoint(scope: Scope, arn: str) -> PlatformEndpoint | None:
    """Return the platform endpoint with this ARN, wherever it lives, or None."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    kind, _, identity = place.resource.partition("/")
    if place.service != "sns" or kind != "endpoint":
        return None
    return endpoints.find(scope.within(place.account, place.region), identity.rpartition("/")[0], identity)


def is_application_enabled(scope: Scope, endpoint: PlatformEndpoint) -> bool:
    """Whether the app of an endpoint is there and sends."""
    place = parse_arn(endpoint.arn)
    application = applications.find(scope.within(place.account, place.region), endpoint.application)
    return application is not None and application.attributes.get("Enabled", "true") == "true"


def send_to_device(scope: Scope, arn: str, text: str, platforms: dict[str, str], told: Told) -> Result:
    """Push a message to a device, and return what came of it. ``platforms`` are texts by platform, if structured.

    Nothing is captured when the endpoint is gone or disabled: the push services would not take it.
    """
    endpoint = find_endpoint(scope, arn)
    if endpoint is None:
        return Result(404, "Endpoint does not exist")
    result = DISABLED
    if endpoint.is_enabled and is_application_enabled(scope, endpoint):
        result = Result(200, "{}")
        platform = endpoint.application.partition("/")[0]
        capture(scope, "sns", "push", endpoint.token, platforms.get(platform, text), sender=endpoint.application)
    place = parse_arn(arn)
    there = scope.within(place.account, place.region)
    application = applications.find(there, endpoint.application)
    if application is not None:
        report_push(there, application, told, arn, result)
    return result
