"""MFA Delete: the second factor that comes with a request, in ``x-amz-mfa``."""

from __future__ import annotations

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.mfa import find_device, take_code
from skyglobe.services.s3 import errors, s3


def check_secure(call: Call, header: str) -> None:
    """Raise InvalidRequest when a code comes in the open: "Requests that include x-amz-mfa must use HTTPS".

    S3 user guide, "Deleting an object from an MFA delete-enabled bucket". Services in process have no connection.
    """
    if call.request.headers and not call.request.secure:
        raise errors.invalid_request("Requests specifying the x-amz-mfa header must be made over a secure connection.")
    if " " not in header.strip():
        text = "Mfa header is invalid -- the header should be formatted as {serialNumber}(space){tokenCode}"
        raise errors.invalid_argument(text, "x-amz-mfa", header)


def demand(call: Call, header: str | None) -> None:
    """Take the code of the caller's own device, or raise AccessDenied. A code is good once.

    Users have the devices IAM enabled for them. Root's own cannot be enabled by any operation (IAM user guide,
    "Virtual MFA device for root user"): root proves itself with a device of its account that is no user's.
    """
    serial, _, code = (header or "").strip().rpartition(" ")
    if not serial:
        raise _refused("Mfa Authentication must be used for this request")
    device = find_device(call, serial.strip())
    owner = None if call.principal.is_root else call.principal.user_id
    if device is None or device.user_id != owner or call.principal.is_anonymous or not take_code(call, device, code):
        raise _refused("Invalid Mfa Authentication")


def _refused(text: str) -> ServiceError:
    return s3.error("AccessDenied", text, status=403)
