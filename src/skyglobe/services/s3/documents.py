"""Integrity of XML documents in requests: Content-MD5 and checksums, which some operations insist on."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import errors, writing
from skyglobe.services.s3.rules.checksums import MEMBERS

_HEADERS = {f"x-amz-checksum-{algorithm.lower()}": member for algorithm, member in MEMBERS.items()}

_LENIENT = frozenset(("PutBucketAcl", "PutObjectAcl"))
"""What S3 takes without a digest, whatever the model says: clients older than the models (s3cmd) send none."""


def check_document(call: Call, request: dict[str, Any]) -> None:
    """Hold the body to the digests in its headers; one is required where the model says so.

    Raises InvalidRequest, InvalidDigest or BadDigest. Calls from other services come without a body to check.
    """
    headers = call.request.headers
    if not headers:
        return
    declared = {member: headers[header] for header, member in _HEADERS.items() if header in headers}
    if "content-md5" in headers:
        declared["ContentMD5"] = headers["content-md5"]
    is_declared = bool(declared) or "x-amz-trailer" in headers
    required = call.operation.model.raw.get("httpChecksum", {}).get("requestChecksumRequired", False)
    if required and not is_declared and call.operation.name not in _LENIENT:
        raise errors.invalid_request("Missing required header for this request: Content-MD5")
    if not is_declared:
        return
    sent = {**declared, "Body": call.request.body}
    if "ChecksumAlgorithm" in request:
        sent["ChecksumAlgorithm"] = request["ChecksumAlgorithm"]
    expected = writing.expected_body(call, sent, len(call.request.body))
    algorithm = expected.checksum.algorithm
    writing.take(call, sent, expected, (algorithm,) if algorithm else ())
