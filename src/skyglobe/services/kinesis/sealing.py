"""Streams with a KMS key: their records are encrypted as long as they are kept.

Kinesis developer guide, "How do I use server-side encryption": producers need ``kms:GenerateDataKey``, consumers
``kms:Decrypt``.
"""

from __future__ import annotations

from skyglobe.kernel.call import Call
from skyglobe.kernel.data_keys import PREFIXED, DataKey, KeyUser, full_key_name, telling
from skyglobe.kernel.frames import Wrapping
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.keeping import data_of
from skyglobe.services.kinesis.records import Chunk, Stream

REUSE_FOR = 300_000
"""Milliseconds for which a data key is used; same guide, "cost": Kinesis calls KMS about every five minutes."""
_kms = KeyUser("kinesis", telling(kinesis.errors, PREFIXED))


def data_key_for(call: Call, scope: Scope, stream: Stream) -> DataKey | None:
    """Return what records of a call are to be encrypted with; None for streams without a key of KMS.

    Raises KMSAccessDeniedException, KMSDisabledException and their kin.
    """
    if stream.encryption == "NONE":
        return None
    return issue(call, scope, stream, stream.key_id)


def issue(call: Call, scope: Scope, stream: Stream, key: str) -> DataKey:
    """Return a data key for a stream under one KMS key. Raises what ``data_key_for`` does."""
    return _kms.issue(call, full_key_name(scope, key), _context(stream.arn), REUSE_FOR, scope.region)


def opened(call: Call, stream: Stream, chunk: Chunk) -> list[bytes]:
    """Return the data of a chunk's records. Raises what KMS says to a caller that may not, or of a key that cannot."""
    data = data_of(call.kernel, chunk)
    if not chunk.data_key:
        return data
    region = stream.arn.split(":")[3]
    wrapping = Wrapping(_kms.open(call, chunk.data_key, _context(stream.arn), REUSE_FOR, region))
    return [wrapping.unwrap(one) for one in data]


def _context(stream_arn: str) -> dict[str, str]:
    return {"aws:kinesis:arn": stream_arn}
