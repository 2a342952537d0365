"""A job computes checksums of objects that lie in S3, whole and of their parts, and tells of them in its report."""

import base64
import hashlib
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.s3control.checksumming import digests_of_parts
from tests.services.s3.replicas import make_role
from tests.services.s3control.conftest import BATCH, BUCKET, REPORTS, counts

MIB = 1 << 20
PART = b"p" * (5 * MIB)


def computing(algorithm=None, kind=None):
    named = {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
    return {"S3ComputeObjectChecksum": {name: value for name, value in named.items() if value}}


@pytest.fixture
def told(report):
    """Return a function that reads what a job found: by key, its JSON, or its failure."""

    def read(job):
        rows = [row for rows in report(job).values() for row in rows]
        return {row[1]: json.loads(row[6].removeprefix("error details: ")) for row in rows}

    return read


def test_checksums_of_whole_objects_are_told_in_the_report(s3, manifest, create, done, told):
    s3.put_object(Bucket=BUCKET, Key="small", Body=b"apple")
    s3.put_object(Bucket=BUCKET, Key="deep", Body=b"a" * MIB, StorageClass="DEEP_ARCHIVE")
    listed = manifest(["small", "deep", "gone"])
    job = create(computing("MD5"), Manifest=listed)
    assert counts(done(job)) == ("Complete", 3, 2, 1)
    digest = hashlib.md5(b"apple").digest()
    found = told(job)
    assert found["small"] == {
        "checksum_base64": base64.b64encode(digest).decode(),
        "etag": digest.hex(),
        "checksumAlgorithm": "MD5",
        "checksumType": "FULL_OBJECT",
        "checksum_hex": digest.hex().upper(),
    }
    assert found["deep"]["checksum_hex"] == hashlib.md5(b"a" * MIB).hexdigest().upper()
    assert found["gone"]["errorCode"] == "404"


def test_checksums_of_parts_are_put_together(s3, manifest, create, done, told, refused):
    named = {"Bucket": BUCKET, "Key": "large"}
    id_ = s3.create_multipart_upload(**named)["UploadId"]
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**named, UploadId=id_, PartNumber=n, Body=body)["ETag"]}
        for n, body in enumerate((PART, b"end"), 1)
    ]
    s3.complete_multipart_upload(**named, UploadId=id_, MultipartUpload={"Parts": parts})
    s3.put_object(Bucket=BUCKET, Key="small", Body=b"apple")
    listed = manifest(["large", "small"])
    job = create(computing("SHA256", "COMPOSITE"), Manifest=listed)
    assert counts(done(job)) == ("Complete", 2, 1, 1)
    whole = hashlib.sha256(hashlib.sha256(PART).digest() + hashlib.sha256(b"end").digest()).digest()
    assert told(job)["large"]["checksum_base64"] == f"{base64.b64encode(whole).decode()}-2"
    job = create(computing("CRC32"), token="other", Manifest=listed)
    assert counts(done(job)) == ("Complete", 2, 2, 0)
    assert told(job)["large"]["checksum_hex"] == f"{zlib.crc32(PART + b'end'):08X}"
    with refused("InvalidRequest"):
        create(computing(kind="COMPOSITE"), token="third", Manifest=listed)


def test_the_role_must_be_allowed_to_read_what_is_computed(owner, s3, manifest, create, done, told):
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"apple")
    role = make_role(owner, "writer", "s3:PutObject", "s3:ListBucket", services=(BATCH,))
    reader = {
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{REPORTS}/*",
    }
    s3.put_bucket_policy(Bucket=REPORTS, Policy=json.dumps({"Version": "2012-10-17", "Statement": [reader]}))
    job = create(computing(), RoleArn=role, Manifest=manifest(["a"]))
    assert counts(done(job)) == ("Complete", 1, 0, 1)
    assert told(job)["a"]["errorCode"] == "403"


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.lists(st.integers(1, 7), max_size=20))
def test_parts_are_told_apart_wherever_pieces_end(sizes, cuts):
    data = bytes(range(sum(sizes)))
    pieces, left = [], data
    for cut in cuts:
        pieces.append(left[:cut])
        left = left[cut:]
    pieces.append(left)
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    expected = [hashlib.sha1(data[end - size : end]).digest() for size, end in zip(sizes, ends, strict=True)]
    assert digests_of_parts(pieces, ends, "SHA1") == expected
