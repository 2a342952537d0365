"""Transfer acceleration: whether a bucket answers at the accelerate endpoint. There is no distance here to shorten."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import documents, errors, s3, settings
from skyglobe.services.s3.deciding import access_of


@s3.operation
def put_bucket_accelerate_configuration(call: Call, request: dict[str, Any]) -> None:
    """Enable or suspend acceleration. Raises MalformedXML, and InvalidRequest for names with periods."""
    home = settings.enter(call, request)
    documents.check_document(call, request)
    status = (request.get("AccelerateConfiguration") or {}).get("Status")
    if status not in ("Enabled", "Suspended"):
        raise errors.malformed_xml()
    if "." in home.name:
        text = "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        raise errors.invalid_request(text)
    settings.change(call, home, acceleration=status)


@s3.operation(unused=("RequestPayer",))
def get_bucket_accelerate_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return whether acceleration is enabled or suspended; nothing while it was never set."""
    status = access_of(settings.enter(call, request)).acceleration
    return {"Status": status} if status else {}
