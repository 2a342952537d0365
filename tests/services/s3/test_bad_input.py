"""Whatever is sent, the answer is an error of S3's and never one of ours."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.kernel.wire import Request
from skyglobe.testing import TestCloud

SIGNED = {
    "host": "localhost",
    "x-amz-date": "20260101T000000Z",
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    "authorization": (
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=00"
    ),
}
JUNK = st.one_of(
    st.sampled_from(
        [
            "",
            "0",
            "-1",
            "1",
            "5",
            "10000",
            "99999999999999999999",
            "true",
            "null",
            "*",
            "bytes=0-1",
            "bytes=-",
            "a/b",
            "%00",
            "UploadPart",
            "UploadPartCopy",
            "CompleteMultipartUpload",
            "ListParts",
            "CopyObject",
        ]
    ),
    st.text("ab/%=&<>\"'é\x7f ,;:*?", max_size=12),
)
PARAMETERS = st.sampled_from(
    [
        "acl",
        "attributes",
        "continuation-token",
        "cors",
        "delete",
        "delimiter",
        "encoding-type",
        "id",
        "intelligent-tiering",
        "key-marker",
        "legal-hold",
        "lifecycle",
        "list-type",
        "location",
        "marker",
        "max-keys",
        "max-parts",
        "max-uploads",
        "object-lock",
        "part-number-marker",
        "partNumber",
        "prefix",
        "response-expires",
        "restore",
        "retention",
        "start-after",
        "tagging",
        "uploadId",
        "upload-id-marker",
        "uploads",
        "version-id-marker",
        "versionId",
        "versioning",
        "versions",
        "x-id",
    ]
)
HEADERS = st.sampled_from(
    [
        "cache-control",
        "content-encoding",
        "content-md5",
        "content-type",
        "expires",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "range",
        "x-amz-acl",
        "x-amz-checksum-algorithm",
        "x-amz-checksum-crc32",
        "x-amz-checksum-mode",
        "x-amz-checksum-sha256",
        "x-amz-checksum-type",
        "x-amz-copy-source",
        "x-amz-copy-source-range",
        "x-amz-copy-source-if-match",
        "x-amz-expected-bucket-owner",
        "x-amz-max-parts",
        "x-amz-meta-a",
        "x-amz-metadata-directive",
        "x-amz-mfa",
        "x-amz-mp-object-size",
        "x-amz-object-attributes",
        "x-amz-object-lock-legal-hold",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
        "x-amz-optional-object-attributes",
        "x-amz-part-number-marker",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-server-side-encryption",
        "x-amz-storage-class",
        "x-amz-tagging",
        "x-amz-tagging-directive",
        "x-amz-trailer",
        "x-amz-website-redirect-location",
    ]
)
BODIES = st.one_of(
    st.sampled_from(
        [
            b"",
            b"<",
            b"<a/>",
            b"<Delete><Object/></Delete>",
            b"<Delete><Object><Key>a</Key><Size>x</Size></Object></Delete>",
            b"<Tagging><TagSet><Tag/></TagSet></Tagging>",
            b"<Tagging/>",
            b"<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>",
            b"<LifecycleConfiguration><Rule/></LifecycleConfiguration>",
            (
                b"<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><And/></Filter><Expiration/></Rule>"
                b"</LifecycleConfiguration>"
            ),
            (
                b"<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><Tag/></Filter><Expiration>"
                b"<Days>2147483647</Days></Expiration></Rule></LifecycleConfiguration>"
            ),
            b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule/></ObjectLockConfiguration>",
            b"<Retention><Mode>COMPLIANCE</Mode></Retention>",
            b"<LegalHold/>",
            b"<RestoreRequest><GlacierJobParameters/></RestoreRequest>",
            b"<IntelligentTieringConfiguration><Tiering/></IntelligentTieringConfiguration>",
            b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
            b"<CompleteMultipartUpload><Part><ETag>x</ETag></Part></CompleteMultipartUpload>",
            b"<CreateBucketConfiguration><LocationConstraint/></CreateBucketConfiguration>",
            b"<CreateBucketConfiguration><Tags><Tag><Key>a</Key></Tag></Tags></CreateBucketConfiguration>",
        ]
    ),
    st.binary(max_size=40),
)


@pytest.fixture(scope="module")
def standing() -> Iterator[TestCloud]:
    """A cloud with a bucket, an object and an upload, for many requests."""
    cloud = TestCloud()
    client = cloud.client("s3")
    client.create_bucket(Bucket="abc")
    client.put_object(Bucket="abc", Key="a/b", Body=b"red")
    yield cloud
    cloud.close()


@settings(max_examples=800, deadline=None)
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
    path=st.sampled_from(["/", "/abc", "/abc/", "/abc/a/b", "/abc/../x", "/abc/%00", "/nowhere/a", "/AB", "//"]),
    query=st.dictionaries(PARAMETERS, JUNK, max_size=3),
    headers=st.dictionaries(HEADERS, JUNK, max_size=3),
    body=BODIES,
)
def test_no_request_is_answered_by_a_defect(
    standing: TestCloud, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    written = "&".join(f"{name}={quote(value, safe='%')}" for name, value in query.items())
    latin = {name: value.encode().decode("latin-1").strip() for name, value in headers.items()}
    sent = {**SIGNED, "content-length": str(len(body)), **latin}
    answer = standing.send(Request(method, path, written, sent, body))
    assert answer.status != 500, answer.body
    if answer.status >= 400 and method != "HEAD":
        assert answer.body.startswith(b"<?xml")  # type: ignore[union-attr]
