"""SSE-C: keys that clients bring with every request, and that the cloud does not keep."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.kernel.config import Config
from skyglobe.kernel.wire import Request
from skyglobe.testing import TestCloud

Refused = Callable[..., Any]

KEY, OTHER = b"k" * 32, b"o" * 32
MINE = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY.decode()}
THEIRS = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": OTHER.decode()}
DIGEST = base64.b64encode(hashlib.md5(KEY).digest()).decode()


def let_in(s3: Any, bucket: str, blocked: str = "NONE") -> None:
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BlockedEncryptionTypes": {"EncryptionType": [blocked]},
    }
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


@pytest.fixture
def shed(s3: Any, bucket: str) -> str:
    """A bucket that takes clients' keys."""
    let_in(s3, bucket)
    return bucket


@pytest.mark.spec("S3ENC-015")
def test_new_buckets_take_no_keys_of_clients_until_they_are_told_to(s3: Any, bucket: str, refused: Refused) -> None:
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=bucket, Key="apple", Body=b"red", **MINE)
    with refused("AccessDenied", 403):
        s3.create_multipart_upload(Bucket=bucket, Key="apple", **MINE)
    let_in(s3, bucket)
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red", **MINE)
    let_in(s3, bucket, "SSE-C")
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=bucket, Key="pear", Body=b"green", **MINE)
    assert s3.get_object(Bucket=bucket, Key="apple", **MINE)["Body"].read() == b"red"


@pytest.mark.spec("S3ENC-001", "S3ENC-006")
@pytest.mark.parametrize("size", [0, 3, 300_000])
def test_only_the_same_key_opens_an_object(s3: Any, shed: str, refused: Refused, size: int) -> None:
    body = os.urandom(size)
    put = s3.put_object(Bucket=shed, Key="apple", Body=body, **MINE)
    assert (put["SSECustomerAlgorithm"], put["SSECustomerKeyMD5"]) == ("AES256", DIGEST)
    assert "ServerSideEncryption" not in put
    answer = s3.get_object(Bucket=shed, Key="apple", **MINE)
    assert answer["SSECustomerKeyMD5"] == DIGEST
    assert answer["Body"].read() == body
    assert s3.head_object(Bucket=shed, Key="apple", **MINE)["ContentLength"] == size
    asked = {"Bucket": shed, "Key": "apple", "ObjectAttributes": ["ObjectSize"]}
    spelt = {**MINE, "SSECustomerKey": base64.b64encode(KEY).decode(), "SSECustomerKeyMD5": DIGEST}
    assert s3.get_object_attributes(**asked, **spelt)["ObjectSize"] == size  # boto3 spells nothing out here
    with refused("InvalidRequest") as error:
        s3.get_object(Bucket=shed, Key="apple")
    assert error["Error"]["Message"].startswith("The object was stored using a form of Server Side Encryption.")
    with refused("AccessDenied", 403):
        s3.get_object(Bucket=shed, Key="apple", **THEIRS)
    with refused("400"):
        s3.head_object(Bucket=shed, Key="apple")
    with refused("403", 403):
        s3.head_object(Bucket=shed, Key="apple", **THEIRS)
    with refused("InvalidRequest"):
        s3.get_object_attributes(**asked)


def test_a_key_for_what_needs_none_is_refused(s3: Any, shed: str, refused: Refused) -> None:
    s3.put_object(Bucket=shed, Key="plain", Body=b"red")
    with refused("InvalidRequest") as error:
        s3.get_object(Bucket=shed, Key="plain", **MINE)
    assert error["Error"]["Message"] == "The encryption parameters are not applicable to this object."


@pytest.mark.spec("S3ENC-006")
def test_the_key_is_nowhere_at_rest(tmp_path: Path) -> None:
    cloud = TestCloud(Config(folder=tmp_path))
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="shed")
    let_in(s3, "shed")
    key = os.urandom(32)
    named = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}
    body = b"cider, dry " * 40_000
    s3.put_object(Bucket="shed", Key="small", Body=body[:900], **named)
    s3.put_object(Bucket="shed", Key="large", Body=body, **named)
    assert s3.get_object(Bucket="shed", Key="large", **named)["Body"].read() == body
    cloud.close()
    forms = (key, base64.b64encode(key), key.hex().encode(), hashlib.md5(key).digest(), b"cider, dry cider")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert not any(form in path.read_bytes() for form in forms), path
    again = TestCloud(Config(folder=tmp_path))
    assert again.client("s3").get_object(Bucket="shed", Key="small", **named)["Body"].read() == body[:900]
    again.close()


@pytest.mark.spec("S3ENC-007")
def test_keys_are_not_taken_in_the_open(cloud: TestCloud, aws: Any, s3: Any, shed: str, refused: Refused) -> None:
    s3.put_object(Bucket=shed, Key="apple", Body=b"red", **MINE)
    open_ = aws.client("s3", use_ssl=False, config=ClientConfig(retries={"total_max_attempts": 1}))
    for ask in (
        lambda: open_.put_object(Bucket=shed, Key="pear", Body=b"green", **MINE),
        lambda: open_.get_object(Bucket=shed, Key="apple", **MINE),
    ):
        with refused("InvalidRequest") as error:
            ask()
        assert error["Error"]["Message"].endswith("must be made over a secure connection.")


@pytest.mark.spec("S3ENC-021")
def test_keys_must_be_whole_and_right(s3: Any, shed: str, refused: Refused) -> None:
    key = base64.b64encode(KEY).decode()

    def put(**headers: str) -> None:
        named = {f"x-amz-server-side-encryption-customer-{name.replace('_', '-')}": v for name, v in headers.items()}

        def add(request: Any, **_: Any) -> None:
            for name, value in named.items():
                request.headers[name] = value

        s3.meta.events.register_first("before-sign.s3.PutObject", add, unique_id="sse-c")
        try:
            s3.put_object(Bucket=shed, Key="apple", Body=b"red")
        finally:
            s3.meta.events.unregister("before-sign.s3.PutObject", unique_id="sse-c")

    wrong = [
        ({"algorithm": "AES128", "key": key, "key_MD5": DIGEST}, "InvalidEncryptionAlgorithmError"),
        ({"key": key, "key_MD5": DIGEST}, "InvalidArgument"),
        ({"algorithm": "AES256", "key_MD5": DIGEST}, "InvalidArgument"),
        ({"algorithm": "AES256", "key": key}, "InvalidArgument"),
        ({"algorithm": "AES256", "key": "c2hvcnQ=", "key_MD5": DIGEST}, "InvalidArgument"),
        ({"algorithm": "AES256", "key": "no base64!", "key_MD5": DIGEST}, "InvalidArgument"),
        ({"algorithm": "AES256", "key": key, "key_MD5": base64.b64encode(b"x" * 16).decode()}, "InvalidArgument"),
    ]
    for headers, code in wrong:
        with refused(code):
            put(**headers)
    put(algorithm="AES256", key=key, key_MD5=DIGEST)
    with refused("InvalidArgument") as error:
        s3.put_object(Bucket=shed, Key="apple", Body=b"red", ServerSideEncryption="AES256", **MINE)
    assert "incompatible with the encryption method" in error["Error"]["Message"]


def test_every_part_comes_with_the_uploads_key(s3: Any, shed: str, refused: Refused) -> None:
    begun = s3.create_multipart_upload(Bucket=shed, Key="apple", **MINE)
    assert begun["SSECustomerKeyMD5"] == DIGEST
    named = {"Bucket": shed, "Key": "apple", "UploadId": begun["UploadId"]}
    with refused("InvalidRequest") as error:
        s3.upload_part(**named, PartNumber=1, Body=b"red")
    assert error["Error"]["Message"].startswith("The multipart upload initiate requested encryption.")
    with refused("InvalidRequest") as error:
        s3.upload_part(**named, PartNumber=1, Body=b"red", **THEIRS)
    assert error["Error"]["Message"] == "The provided encryption parameters did not match the ones used originally."
    body = os.urandom(5 * 1024 * 1024)
    first = s3.upload_part(**named, PartNumber=1, Body=body, **MINE)
    assert first["SSECustomerKeyMD5"] == DIGEST
    second = s3.upload_part(**named, PartNumber=2, Body=b"end", **MINE)
    listed = [{"PartNumber": number, "ETag": part["ETag"]} for number, part in ((1, first), (2, second))]
    with refused("InvalidRequest"):
        s3.complete_multipart_upload(**named, MultipartUpload={"Parts": listed}, **THEIRS)
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": listed}, **MINE)
    assert s3.get_object(Bucket=shed, Key="apple", **MINE)["Body"].read() == body + b"end"
    assert s3.get_object(Bucket=shed, Key="apple", PartNumber=2, **MINE)["Body"].read() == b"end"
    plain = s3.create_multipart_upload(Bucket=shed, Key="pear")
    with refused("InvalidRequest") as error:
        s3.upload_part(Bucket=shed, Key="pear", UploadId=plain["UploadId"], PartNumber=1, Body=b"x", **MINE)
    assert "did not request encryption" in error["Error"]["Message"]


@pytest.mark.spec("S3ENC-020")
@pytest.mark.parametrize("size", [5, 300_000])
def test_a_copy_takes_the_sources_key_and_may_have_another(s3: Any, shed: str, refused: Refused, size: int) -> None:
    body = os.urandom(size)
    s3.put_object(Bucket=shed, Key="apple", Body=body, **MINE)
    source = {"CopySource": f"{shed}/apple"}
    opened = {f"CopySource{name}": value for name, value in MINE.items()}
    with refused("InvalidRequest"):
        s3.copy_object(Bucket=shed, Key="copy", **source)
    with refused("AccessDenied", 403):
        s3.copy_object(Bucket=shed, Key="copy", **source, **{f"CopySource{n}": v for n, v in THEIRS.items()})
    s3.copy_object(Bucket=shed, Key="free", **source, **opened)
    assert s3.get_object(Bucket=shed, Key="free")["Body"].read() == body
    s3.copy_object(Bucket=shed, Key="theirs", **source, **opened, **THEIRS)
    with refused("AccessDenied", 403):
        s3.get_object(Bucket=shed, Key="theirs", **MINE)
    assert s3.get_object(Bucket=shed, Key="theirs", **THEIRS)["Body"].read() == body
    rotated = s3.copy_object(Bucket=shed, Key="apple", **source, **opened, **THEIRS)
    assert rotated["SSECustomerAlgorithm"] == "AES256"
    assert s3.get_object(Bucket=shed, Key="apple", **THEIRS)["Body"].read() == body


def test_a_policy_demands_or_forbids_clients_keys(s3: Any, shed: str, refused: Refused) -> None:
    from tests.services.s3.conftest import document, statement

    name = "s3:x-amz-server-side-encryption-customer-algorithm"
    there = f"arn:aws:s3:::{shed}/*"
    s3.put_bucket_policy(
        Bucket=shed,
        Policy=document(statement("s3:PutObject", there, Effect="Deny", Condition={"Null": {name: "false"}})),
    )
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=shed, Key="apple", Body=b"red", **MINE)
    s3.put_object(Bucket=shed, Key="apple", Body=b"red")


def test_a_presigned_url_leaves_the_key_to_who_uses_it(cloud: TestCloud, s3: Any, shed: str) -> None:
    s3.put_object(Bucket=shed, Key="apple", Body=b"red", **MINE)
    url = s3.generate_presigned_url("get_object", {"Bucket": shed, "Key": "apple", "SSECustomerAlgorithm": "AES256"})
    place, _, query = url.partition("?")
    host, _, path = place.removeprefix("https://").partition("/")
    prefix = "x-amz-server-side-encryption-customer"
    headers = {"host": host, f"{prefix}-algorithm": "AES256"}
    told = {f"{prefix}-key": base64.b64encode(KEY).decode(), f"{prefix}-key-md5": DIGEST}
    refused = cloud.send(Request("GET", f"/{path}", query, headers, secure=True))
    assert refused.status == 400
    answer = cloud.send(Request("GET", f"/{path}", query, {**headers, **told}, secure=True))
    assert (answer.status, answer.body) == (200, b"red")
