"""What the accelerate endpoint asks of a request. S3 API reference, "Error responses", of InvalidRequest."""

from __future__ import annotations

from typing import Final

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import errors
from skyglobe.services.s3.deciding import access_of
from skyglobe.services.s3.records import Home

HOST: Final = "s3-accelerate"


def is_accelerated(call: Call) -> bool:
    """Whether a request came to the accelerate endpoint."""
    return HOST in call.request.host


def check_accelerated(call: Call, home: Home) -> None:
    """Raise InvalidRequest unless the bucket answers there, and is named by the host."""
    if not call.request.host.startswith(f"{home.name}.{HOST}"):
        raise errors.invalid_request("S3 Transfer Accelerate endpoint only supports virtual style requests")
    status = access_of(home).acceleration
    if status == "Suspended":
        raise errors.invalid_request("S3 Transfer Accelerate is disabled on this bucket")
    if not status:
        raise errors.invalid_request("S3 Transfer Accelerate is not configured on this bucket")


def check_copy(call: Call, source_region: str, region: str) -> None:
    """Raise InvalidRequest for a copy from another region, which the accelerate endpoint does not make."""
    if is_accelerated(call) and source_region != region:
        raise errors.invalid_request("S3 Transfer Acceleration does not support cross-region copies")
