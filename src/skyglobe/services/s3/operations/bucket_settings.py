"""Settings of buckets that nobody can set yet: what a bucket that never had them answers.

Only where that is the whole truth.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import places, s3


def _never_set(call: Call, request: dict[str, Any], code: str, message: str, **fields: Any) -> ServiceError:
    places.enter(call, request)
    return s3.error(code, message, status=404, **fields)


@s3.operation
def get_bucket_replication(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Raise ReplicationConfigurationNotFoundError: there is none."""
    text = "The replication configuration was not found"
    raise _never_set(call, request, "ReplicationConfigurationNotFoundError", text, BucketName=request["Bucket"])
