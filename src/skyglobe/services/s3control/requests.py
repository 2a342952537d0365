"""Requests to multi-region access points, which are done later: kept under a token, carried out by a timer.

Carrying one out twice changes nothing, and whatever fails is told by its status. S3 user guide, "Monitoring and
logging requests": SUCCEEDED and FAILED are kept for good here, for 30 days at AWS.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import set_timer
from skyglobe.services.s3.points import aliases, count_door, multi_region_points
from skyglobe.services.s3control import refusals, s3control

TAKES_FOR = 1_800_000  # milliseconds at AWS's pace; "Creating a Multi-Region Access Point" says up to 24 hours
NEW, SUCCEEDED, FAILED = "NEW", "SUCCEEDED", "FAILED"


class AsyncRequest(Record, frozen=True):
    """One request, done or to be done."""

    arn: str
    operation: str
    name: str
    details: str
    """What was asked, as JSON in the API's names."""
    client_token: str
    created_at: Instant
    status: str = NEW
    error_code: str = ""
    error_message: str = ""

    @property
    def token_key(self) -> str:
        return f"{self.operation}:{self.client_token}"


requests: Table[AsyncRequest] = Table(
    "s3control.requests", AsyncRequest, key=("arn",), indexes={"token": ("token_key",)}, reach="account"
)


def find_repeated(scope: Scope, operation: str, client_token: str, details: dict[str, Any]) -> AsyncRequest | None:
    """Return the request that was made with a client's token before; None when there was none.

    Raises IdempotencyException when it asked for something else.
    """
    found = next(requests.scan_by(scope, "token", f"{operation}:{client_token}", limit=1), None)
    if found is not None and found.details != json.dumps(details):
        text = "The client token was used before, with other parameters."
        raise s3control.errors.IdempotencyException(text)
    return found


def begin(call: Call, account: str, operation: str, path: str, client_token: str, details: dict[str, Any]) -> str:
    """Keep a request and have it carried out; return the ARN of its token."""
    there = call.within(account)
    token = call.kernel.ids.secret(40).replace("/", "x").replace("+", "y")
    arn = f"arn:{call.partition}:s3:us-west-2:{account}:async-request/mrap/{path}/{token}"
    requests.insert(
        there,
        AsyncRequest(
            arn=arn,
            operation=operation,
            name=details["Name"],
            details=json.dumps(details),
            client_token=client_token,
            created_at=call.now,
        ),
    )
    due_at = call.now + (TAKES_FOR if call.kernel.config.pace == "realistic" else 0)
    set_timer(there, "s3control", "finish", arn, due_at)
    return arn


@s3control.timer("finish")
def finish(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Carry a request out."""
    asked = requests.find(scope, key)
    if asked is None or asked.status != NEW:
        return
    try:
        _DOINGS[asked.operation](scope, asked.name, json.loads(asked.details))
    except ServiceError as error:
        done = replace(asked, status=FAILED, error_code=error.code, error_message=error.message)
    else:
        done = replace(asked, status=SUCCEEDED)
    requests.replace(scope, asked, done)


def _create(scope: Scope, name: str, details: dict[str, Any]) -> None:
    found = multi_region_points.find(scope, name)
    if found is not None:
        multi_region_points.replace(scope, found, replace(found, is_ready=True))


def _delete(scope: Scope, name: str, details: dict[str, Any]) -> None:
    found = multi_region_points.find(scope, name)
    if found is None:
        raise refusals.no_such_multi_region_point(name)
    multi_region_points.delete(scope, found)
    aliases.drop(scope, found.alias)
    for route in found.routes:
        count_door(scope, route.bucket, -1)


def _put_policy(scope: Scope, name: str, details: dict[str, Any]) -> None:
    found = multi_region_points.find(scope, name)
    if found is None:
        raise refusals.no_such_multi_region_point(name)
    multi_region_points.replace(scope, found, replace(found, policy=details["Policy"], proposed=""))


_DOINGS = {
    "CreateMultiRegionAccessPoint": _create,
    "DeleteMultiRegionAccessPoint": _delete,
    "PutMultiRegionAccessPointPolicy": _put_policy,
}
