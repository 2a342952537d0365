"""Platform applications: CreatePlatformApplication and what is done with them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.timers import set_timer
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import topic_arn
from skyglobe.services.sns.applications import check_attributes, find_application, get_application
from skyglobe.services.sns.paging import page_start, paged
from skyglobe.services.sns.records import PlatformApplication, applications
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.names import check_application_name

PLATFORMS = ("ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "MACOS", "MACOS_SANDBOX", "GCM", "FCM",
    "BAIDU", "WNS", "MPNS")  # fmt: skip
"""Developer guide, "Mobile push notifications", and the platforms it named before."""
HIDDEN = ("PlatformCredential", "PlatformPrincipal")
"""What is taken and never shown again."""


@sns.operation
def create_platform_application(call: Call, name: str, platform: str, attributes: dict[str, str]) -> dict[str, Any]:
    """Register a push service's credentials for an app. Equal ones make no second application."""
    check_application_name(name)
    if platform not in PLATFORMS:
        raise invalid("Platform", f"{platform} is not a supported platform")
    if not attributes.get("PlatformCredential"):
        raise invalid("Attributes", "PlatformCredential is required")
    check_attributes(call, attributes)
    identity = f"{platform}/{name}"
    known = applications.find(call, identity)
    made = {**attributes, "Enabled": attributes.get("Enabled", "true").lower()}
    if known is not None:
        if known.attributes != made:
            raise invalid("This application already exists with different attributes")
        return {"PlatformApplicationArn": known.arn}
    application = PlatformApplication(
        arn=topic_arn(call, f"app/{identity}"),
        id=identity,
        owner=call.account,
        created_at=call.now,
        platform=platform,
        attributes=made,
    )
    applications.insert(call, application)
    return {"PlatformApplicationArn": application.arn}


def _shown(application: PlatformApplication) -> dict[str, str]:
    return {name: value for name, value in application.attributes.items() if name not in HIDDEN}


@sns.operation
def get_platform_application_attributes(call: Call, platform_application_arn: str) -> dict[str, Any]:
    """Return an application's attributes but for its credentials."""
    _, application = get_application(call, platform_application_arn)
    return {"Attributes": _shown(application)}


@sns.operation
def set_platform_application_attributes(call: Call, platform_application_arn: str, attributes: dict[str, str]) -> None:
    """Set some of an application's attributes."""
    scope, application = get_application(call, platform_application_arn)
    check_attributes(call, attributes)
    changed = replace(application, attributes={**application.attributes, **attributes})
    applications.replace(scope, application, changed)


@sns.operation
def delete_platform_application(call: Call, platform_application_arn: str) -> None:
    """Delete an application with its endpoints. Nothing happens when there is none."""
    found = find_application(call, platform_application_arn)
    if found is not None:
        scope, application = found
        applications.delete(scope, application)
        set_timer(scope, "sns", "clear_endpoints", application.id, scope.now)


@sns.operation
def list_platform_applications(call: Call, next_token: str | None = None) -> dict[str, Any]:
    """List the account's applications, a hundred at a time."""
    found = applications.scan(call, past=page_start(call, "applications", next_token))

    def show(application: PlatformApplication) -> dict[str, Any]:
        return {"PlatformApplicationArn": application.arn, "Attributes": _shown(application)}

    return paged(call, "applications", "PlatformApplications", found, lambda one: (one.id,), show)
