"""Requests that are refused leave nothing behind: no file of bytes, no record, no change of what was there."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import md5
from typing import Any, NamedTuple

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from skyglobe.kernel.keys import unpack
from skyglobe.kernel.wire import Request
from skyglobe.testing import TestCloud

BUCKET = "orchard"
MIB = 1 << 20
LARGE = b"x" * 200_000
"""More than lies in the store: its bytes go into a file before anything can be wrong with it."""
WRONG_MD5 = b64encode(md5(b"others").digest()).decode()
WRONG_SHA256 = b64encode(bytes(32)).decode()
WRONG_CRC64 = b64encode(bytes(8)).decode()


class Yard(NamedTuple):
    """A cloud with an object, a locked one, and an upload of two parts, the first of which is too small."""

    cloud: TestCloud
    s3: Any
    upload: dict[str, str]
    etags: list[str]

    def kept(self) -> tuple[list[str], dict[Any, bytes]]:
        """Return the files of bytes, and all S3 has in the store."""

        async def look() -> tuple[list[str], dict[Any, bytes]]:
            kernel = self.cloud.kernel
            pairs = {unpack(key): value for key, value in kernel.store.scan(b"", b"\xff" * 16)}
            own = {key: value for key, value in pairs.items() if any(_is_of_s3(part) for part in key)}
            return sorted(kernel.blobs.names()), own

        return self.cloud.run(look())


def _is_of_s3(part: Any) -> bool:
    return isinstance(part, str) and part.startswith(("s3.", "blob", "outbox", "timer"))


@pytest.fixture(scope="module")
def yard() -> Iterator[Yard]:
    cloud = TestCloud()
    once = ClientConfig(retries={"total_max_attempts": 1}, request_checksum_calculation="when_required")
    s3 = cloud.client("s3", config=once)
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="there", Body=LARGE)
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    begun = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")
    upload = {"Bucket": BUCKET, "Key": "parts", "UploadId": begun["UploadId"]}
    etags = [s3.upload_part(**upload, PartNumber=number, Body=LARGE)["ETag"] for number in (1, 2)]
    yield Yard(cloud, s3, upload, etags)
    cloud.close()


def put(**more: Any) -> Callable[[Yard], Any]:
    return lambda yard: yard.s3.put_object(**{"Bucket": BUCKET, "Key": "new", "Body": LARGE, **more})


def locked(**more: Any) -> Callable[[Yard], Any]:
    return put(Bucket="vault", ChecksumAlgorithm="CRC32", **more)


def part(**more: Any) -> Callable[[Yard], Any]:
    given = {"PartNumber": 3, "Body": LARGE, **more}
    return lambda yard: yard.s3.upload_part(**{**yard.upload, **given})


def complete(*chosen: tuple[int, int | str], **more: Any) -> Callable[[Yard], Any]:
    """Complete the upload of some part numbers, each with the ETag of a part or one of its own."""

    def call(yard: Yard) -> Any:
        parts = [
            {"PartNumber": number, "ETag": yard.etags[etag] if isinstance(etag, int) else etag}
            for number, etag in chosen
        ]
        return yard.s3.complete_multipart_upload(**yard.upload, MultipartUpload={"Parts": parts}, **more)

    return call


def copy(**more: Any) -> Callable[[Yard], Any]:
    given = {"Bucket": BUCKET, "Key": "copy", "CopySource": f"{BUCKET}/there", **more}
    return lambda yard: yard.s3.copy_object(**given)


def copy_part(**more: Any) -> Callable[[Yard], Any]:
    given = {"PartNumber": 3, "CopySource": f"{BUCKET}/there", **more}
    return lambda yard: yard.s3.upload_part_copy(**{**yard.upload, **given})


REFUSED: dict[str, tuple[str, Callable[[Yard], Any]]] = {
    "metadata of more than 2 KB": ("MetadataTooLarge", put(Metadata={"a": "b" * 2_048})),
    "a key of 1,025 bytes": ("KeyTooLongError", put(Key="k" * 1_025)),
    "a wrong Content-MD5": ("BadDigest", put(ContentMD5=WRONG_MD5)),
    "a Content-MD5 that is none": ("InvalidDigest", put(ContentMD5="none")),
    "a wrong checksum": ("BadDigest", put(ChecksumSHA256=WRONG_SHA256)),
    "a checksum of another length": ("InvalidRequest", put(ChecksumSHA256="AAAA")),
    "two checksums": ("InvalidRequest", put(ChecksumSHA256=WRONG_SHA256, ChecksumCRC32="AAAAAA==")),
    "a storage class there is none of": ("InvalidStorageClass", put(StorageClass="ATTIC")),
    "eleven tags": ("BadRequest", put(Tagging="&".join(f"{n}=v" for n in range(11)))),
    "the same tag twice": ("InvalidArgument", put(Tagging="a=1&a=2")),
    "a list where lists are off": ("AccessControlListNotSupported", put(ACL="public-read")),
    "a condition that does not hold": ("PreconditionFailed", put(Key="there", IfNoneMatch="*")),
    "another object than expected": ("PreconditionFailed", put(Key="there", IfMatch='"other"')),
    "a lock without an end": (
        "InvalidArgument",
        locked(ObjectLockMode="GOVERNANCE"),
    ),
    "a lock where there are none": ("InvalidRequest", put(ObjectLockLegalHoldStatus="ON")),
    "a key of KMS that is not there": (
        "KMS.NotFoundException",
        put(ServerSideEncryption="aws:kms", SSEKMSKeyId="arn:aws:kms:us-east-1:000000000000:key/none"),
    ),
    "encryption there is none of": ("InvalidArgument", put(ServerSideEncryption="rot13")),
    "a bucket that is not there": ("NoSuchBucket", put(Bucket="nowhere")),
    "another owner": ("AccessDenied", put(ExpectedBucketOwner="999999999999")),
    "a redirect to nowhere": ("InvalidRedirectLocation", put(WebsiteRedirectLocation="ftp://a")),
    "part 0": ("InvalidArgument", part(PartNumber=0)),
    "part 10,001": ("InvalidArgument", part(PartNumber=10_001)),
    "a part with a wrong checksum": ("BadDigest", part(ChecksumCRC64NVME=WRONG_CRC64)),
    "a part with a wrong Content-MD5": ("BadDigest", part(ContentMD5=WRONG_MD5)),
    "a part of an upload that is not there": ("NoSuchUpload", part(UploadId="none")),
    "a part that is too small": ("EntityTooSmall", complete((1, 0), (2, 1))),
    "the ETag of another part": ("InvalidPart", complete((1, '"' + "0" * 32 + '"'))),
    "a part that was never uploaded": ("InvalidPart", complete((9, 0))),
    "parts out of order": ("InvalidPartOrder", complete((2, 1), (1, 0))),
    "no parts": ("MalformedXML", complete()),
    "10,001 parts": ("MalformedXML", complete(*((number, "e") for number in range(1, 10_002)))),
    "another size of the whole": ("InvalidRequest", complete((2, 1), MpuObjectSize=1)),
    "another checksum of the whole": ("BadDigest", complete((2, 1), ChecksumCRC64NVME=WRONG_CRC64)),
    "a whole in place of what is not there": ("NoSuchKey", complete((2, 1), IfMatch='"other"')),
    "a copy of nothing": ("NoSuchKey", copy(CopySource=f"{BUCKET}/none")),
    "a copy onto itself": ("InvalidRequest", copy(Key="there")),
    "a copy of another object than expected": ("PreconditionFailed", copy(CopySourceIfMatch="other")),
    "a copy with a directive there is none of": ("InvalidArgument", copy(MetadataDirective="KEEP")),
    "a copy to nowhere": ("NoSuchBucket", copy(Bucket="nowhere")),
    "a part copied from beyond the end": ("InvalidArgument", copy_part(CopySourceRange="bytes=0-200000")),
    "a part copied from a range that is none": ("InvalidArgument", copy_part(CopySourceRange="all")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_write_leaves_everything_as_it_was(yard: Yard, what: str):
    code, call = REFUSED[what]
    before = yard.kept()
    with pytest.raises(ClientError) as caught:
        call(yard)
    assert caught.value.response["Error"]["Code"] == code, caught.value.response
    assert yard.kept() == before


CONFIGURATIONS = {
    "accelerate": "AccelerateConfiguration",
    "acl": "AccessControlPolicy",
    "analytics&id=a": "AnalyticsConfiguration",
    "abac": "AbacStatus",
    "cors": "CORSConfiguration",
    "encryption": "ServerSideEncryptionConfiguration",
    "intelligent-tiering&id=a": "IntelligentTieringConfiguration",
    "inventory&id=a": "InventoryConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "logging": "BucketLoggingStatus",
    "metrics&id=a": "MetricsConfiguration",
    "notification": "NotificationConfiguration",
    "object-lock": "ObjectLockConfiguration",
    "ownershipControls": "OwnershipControls",
    "publicAccessBlock": "PublicAccessBlockConfiguration",
    "replication": "ReplicationConfiguration",
    "requestPayment": "RequestPaymentConfiguration",
    "tagging": "Tagging",
    "versioning": "VersioningConfiguration",
    "website": "WebsiteConfiguration",
}
OF_OBJECTS = {"tagging": "Tagging", "retention": "Retention", "legal-hold": "LegalHold", "acl": "AccessControlPolicy"}
POSTED = {"delete": ("", "Delete"), "restore": ("/there", "RestoreRequest")}
TARGETS = [
    *(("PUT", "", query, root) for query, root in CONFIGURATIONS.items()),
    *(("PUT", "/there", query, root) for query, root in OF_OBJECTS.items()),
    *(("POST", path, query, root) for query, (path, root) in POSTED.items()),
]
BODIES = {
    "no XML": b"apple",
    "JSON": b"{}",
    "cut short": b"<%(root)s><Rule>",
    "ended twice": b"<%(root)s></%(root)s></%(root)s>",
    "another root": b"<Apple><Pear/></Apple>",
    "entities": b'<!DOCTYPE a [<!ENTITY e "eeee">]><%(root)s>&e;</%(root)s>',
    "no text": b"<%(root)s>\x00</%(root)s>",
    "no UTF-8": b"<%(root)s>\xff\xfe</%(root)s>",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(("method", "path", "query", "root"), TARGETS, ids=str)
def test_a_document_that_is_none_changes_nothing(
    yard: Yard, method: str, path: str, query: str, root: str, body: bytes
):
    sent = body.replace(b"%(root)s", root.encode())
    headers = {
        "host": "localhost",
        "x-amz-date": "20260101T000000Z",
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "content-md5": b64encode(md5(sent).digest()).decode(),
        "content-length": str(len(sent)),
        "authorization": (
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=00"
        ),
    }
    before = yard.kept()
    answer = yard.cloud.send(Request(method, f"/{BUCKET}{path}", query, headers, sent))
    assert answer.status == 400, (answer.status, answer.body)
    assert b"<Code>MalformedXML</Code>" in answer.body, answer.body
    assert yard.kept() == before
