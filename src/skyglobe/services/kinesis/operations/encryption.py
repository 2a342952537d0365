"""Server-side encryption: which key, and since when."""

from __future__ import annotations

from skyglobe.kernel.call import Call
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.changing import begin_updating
from skyglobe.services.kinesis.finding import get_active
from skyglobe.services.kinesis.refusals import invalid, over_limit
from skyglobe.services.kinesis.sealing import issue

STARTS_A_DAY = 25  # API reference of StartStreamEncryption
DAY = 86_400_000


@kinesis.operation(unused=("StreamId",))
def start_stream_encryption(
    call: Call,
    encryption_type: str,
    key_id: str,
    stream_name: str | None = None,
    stream_arn: str | None = None,
) -> None:
    """Have the records from now on encrypted under a key, which the caller must be allowed to use."""
    scope, stream = get_active(call, stream_name, stream_arn)
    if encryption_type != "KMS":
        raise invalid("Encryption type must be KMS to start encryption.")
    recent = tuple(at for at in stream.encryption_starts if call.now - at < DAY)
    if len(recent) >= STARTS_A_DAY:
        raise over_limit(f"Encryption of a stream can be started at most {STARTS_A_DAY} times in 24 hours.")
    issue(call, scope, stream, key_id)
    begin_updating(scope, stream, encryption="KMS", key_id=key_id, encryption_starts=(*recent, call.now))


@kinesis.operation(unused=("StreamId",))
def stop_stream_encryption(
    call: Call,
    encryption_type: str,
    key_id: str,
    stream_name: str | None = None,
    stream_arn: str | None = None,
) -> None:
    """Have the records from now on kept as they are. Those before stay encrypted."""
    scope, stream = get_active(call, stream_name, stream_arn)
    if encryption_type != "KMS":
        raise invalid("Encryption type must be KMS to stop encryption.")
    if stream.encryption != "NONE" and key_id != stream.key_id:
        raise invalid(f"Stream {stream.id} under account {stream.owner} is not encrypted with key {key_id}.")
    begin_updating(scope, stream, encryption="NONE", key_id="")
