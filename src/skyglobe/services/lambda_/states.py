"""States that end by themselves: functions that are being created, updated, restored."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.records import Function, Version, functions, versions
from skyglobe.services.lambda_.refusals import conflict, stale
from skyglobe.services.lambda_.rules.names import version_label

# Milliseconds at the realistic pace. AWS promises none; these are what its users see.
CREATES_FOR = 3_000
UPDATES_FOR = 2_000
SNAPSHOT_FOR = 60_000


def begin_creation(scope: Scope, function: Function, version: Version) -> Version:
    """Return a new version in its first state, and have it become active: at once at the instant pace."""
    if scope.kernel.config.pace == "instant":
        return version
    takes_for = SNAPSHOT_FOR if version.number and version.snap_start != "None" else CREATES_FOR
    if version.number and version.snap_start == "None":
        return version
    _settle_after(scope, function, version, takes_for)
    return replace(version, state="Pending", state_code="Creating")


def begin_update(scope: Scope, function: Function, version: Version) -> Version:
    """As ``begin_creation``, for ``$LATEST`` that was changed."""
    if scope.kernel.config.pace == "instant":
        return version
    _settle_after(scope, function, version, UPDATES_FOR)
    return replace(version, update="InProgress", update_code="Updating")


def _settle_after(scope: Scope, function: Function, version: Version, takes_for: int) -> None:
    payload = {"function": function.id, "number": function.number, "version": version.number}
    set_timer(scope, "lambda", "settle", f"{function.number}:{version.number}", scope.now + takes_for, payload)


@lambda_.timer("settle")
def settle(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have a version be what it was becoming."""
    function = functions.find(scope, payload["function"])
    version = versions.find(scope, payload["function"], payload["version"])
    if function is None or function.number != payload["number"] or version is None:
        return
    settled = replace(version, state="Active", state_code="", update="Successful", update_code="")
    versions.replace(scope, version, settled)


def check_settled(function: Function, version: Version) -> None:
    """Raise ResourceConflictException while a function is being created or updated."""
    arn = function.arn if not version.number else f"{function.arn}:{version_label(version.number)}"
    if version.state == "Pending":
        raise conflict(
            "The operation cannot be performed at this time. "
            f"The function is currently in the following state: {version.state}"
        )
    if version.update == "InProgress":
        raise conflict(f"The operation cannot be performed at this time. An update is in progress for resource: {arn}")


def check_revision(wanted: str | None, revision: str) -> None:
    """Raise PreconditionFailedException when a client saw another revision last."""
    if wanted and wanted != revision:
        raise stale()
