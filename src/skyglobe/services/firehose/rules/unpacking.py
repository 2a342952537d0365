"""What CloudWatch Logs sends, unpacked: decompressed, and the messages taken out of it.

Developer guide, "Decompress CloudWatch Logs" and "Extract message after decompression".
"""

from __future__ import annotations

import json
import zlib

from skyglobe.services.firehose.rules.processing import Failed, Processors, Record, parameters_of

MAX_UNPACKED = 64 << 20  # bytes of one record; AWS names no bound, and a record of a MiB can be made to hold a thousand


def unpack(processors: Processors, records: list[Record]) -> tuple[list[Record], list[Failed]]:
    """Return what ``Decompression`` and ``CloudWatchLogProcessing`` make of records, and those they cannot read."""
    kinds = {processor["Type"]: parameters_of(processor) for processor in processors}
    failed: list[Failed] = []
    if "Decompression" not in kinds:
        return records, failed
    takes_messages = kinds.get("CloudWatchLogProcessing", {}).get("DataMessageExtraction", "").lower() == "true"
    unpacked: list[Record] = []
    for record in records:
        try:
            data = _decompressed(record.data)
            if takes_messages:
                data = _messages(data)
        except (ValueError, KeyError, TypeError, zlib.error) as error:
            failed.append(Failed(record, "Decompression.Failed", f"The record cannot be decompressed: {error}"))
            continue
        if data:
            unpacked.append(record._replace(data=data))
    return unpacked, failed


def _decompressed(data: bytes) -> bytes:
    """Return what is in one or several gzip members. Raises ValueError and zlib.error."""
    parts: list[bytes] = []
    size = 0
    while data:
        unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        parts.append(unzip.decompress(data, MAX_UNPACKED - size + 1))
        size += len(parts[-1])
        if size > MAX_UNPACKED:
            raise ValueError("it holds too much")
        if not unzip.eof:
            raise ValueError("it ends too early")
        data = unzip.unused_data
    return b"".join(parts)


def _messages(data: bytes) -> bytes:
    """Return the messages in the documents of a record, a line for each; none of those that only test the way."""
    decoder, text, at = json.JSONDecoder(), data.decode(), 0
    lines: list[str] = []
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        document, at = decoder.raw_decode(text, at)
        if document["messageType"] == "DATA_MESSAGE":
            lines += [event["message"] + "\n" for event in document["logEvents"]]
    return "".join(lines).encode()
