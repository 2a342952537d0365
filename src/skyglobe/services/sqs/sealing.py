"""Messages of queues with a KMS key: encrypted as long as they are kept, under data keys used again for a while.

SQS developer guide, "Encryption at rest" and "Key management".
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.data_keys import DataKey, KeyUser, full_key_name, telling
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import Found
from skyglobe.services.sqs.records import Body, Queue, Sealed

_NAMES = {
    "AccessDeniedException": "KmsAccessDenied",
    "DisabledException": "KmsDisabled",
    "InvalidKeyUsageException": "KmsInvalidKeyUsage",
    "KMSInvalidStateException": "KmsInvalidState",
    "NotFoundException": "KmsNotFound",
    "ThrottlingException": "KmsThrottled",
}


# "The call to kms:Decrypt is to verify the integrity of the new data key before using it"; developer guide.
_kms = KeyUser("sqs", telling(sqs.errors, _NAMES), is_proven=True)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, dict[str, dict[str, Any]] | None]).decode


def data_key_for(call: Call, found: Found) -> DataKey | None:
    """Return what messages of a call are to be encrypted with; None for queues without a key of KMS.

    Raises KmsAccessDenied, KmsDisabled and their kin.
    """
    scope, queue = found
    if not queue.kms_key:
        return None
    name = full_key_name(scope, queue.kms_key)
    return _kms.issue(call, name, _context(queue.arn), queue.kms_reuse_for * 1000, scope.region)


def sealed(call: Call, queue: Queue, body: Body, data_key: DataKey | None) -> Body:
    """Return a message as it is to be kept."""
    if data_key is None:
        return body
    data = data_key.wrap(call, _encode((body.text, body.attributes)))
    return msgspec.structs.replace(
        body, text="", attributes=None, sealed=Sealed(data=data, data_key=data_key.sealed, arn=queue.arn)
    )


def opened(call: Call, found: Found, body: Body) -> Body:
    """Return a message as it was sent. Raises what KMS says to a caller that may not, or of a key that cannot."""
    kept = body.sealed
    if kept is None:
        return body
    reuse_for = found.queue.kms_reuse_for * 1000
    plain = _kms.unwrap(call, kept.data_key, kept.data, _context(kept.arn), reuse_for, found.scope.region)
    text, attributes = _decode(plain)
    return msgspec.structs.replace(body, text=text, attributes=attributes)


def _context(queue_arn: str) -> dict[str, str]:
    return {"aws:sqs:arn": queue_arn}
