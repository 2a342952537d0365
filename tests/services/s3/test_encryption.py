"""Encryption with keys of S3 and KMS: what answers say of it, what buckets do by default, what policies force."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config as ClientConfig

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud
from tests.services.s3.conftest import document, statement

Refused = Callable[..., Any]
MIB = 1024 * 1024


def set_default(s3: Any, bucket: str, algorithm: str, **rule: Any) -> None:
    default = {"SSEAlgorithm": algorithm, **rule.pop("default", {})}
    rules = [{"ApplyServerSideEncryptionByDefault": default, **rule}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})


def default_of(s3: Any, bucket: str) -> dict[str, Any]:
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    return rule


@pytest.mark.spec("S3ENC-014", "S3ENC-002")
def test_every_object_is_encrypted_and_every_answer_says_so(s3: Any, bucket: str, upload: Callable[..., Any]) -> None:
    assert default_of(s3, bucket) == {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": False,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
    assert s3.put_object(Bucket=bucket, Key="apple", Body=b"red")["ServerSideEncryption"] == "AES256"
    asked = s3.put_object(Bucket=bucket, Key="pear", Body=b"green", ServerSideEncryption="AES256")
    assert asked["ServerSideEncryption"] == "AES256"
    for key in ("apple", "pear"):
        assert s3.head_object(Bucket=bucket, Key=key)["ServerSideEncryption"] == "AES256"
        assert s3.get_object(Bucket=bucket, Key=key)["ServerSideEncryption"] == "AES256"
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/apple")
    assert copied["ServerSideEncryption"] == "AES256"
    begun = s3.create_multipart_upload(Bucket=bucket, Key="plum")
    assert begun["ServerSideEncryption"] == "AES256"
    part = s3.upload_part(Bucket=bucket, Key="plum", UploadId=begun["UploadId"], PartNumber=1, Body=b"blue")
    assert part["ServerSideEncryption"] == "AES256"
    assert upload("cherry", b"dark")["ServerSideEncryption"] == "AES256"


@pytest.mark.spec("S3ENC-002")
def test_bytes_at_rest_are_not_those_of_the_object(tmp_path: Path) -> None:
    cloud = TestCloud(Config(folder=tmp_path))
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="cellar")
    mark = os.urandom(64)
    s3.put_object(Bucket="cellar", Key="small", Body=b"a" + mark)
    s3.put_object(Bucket="cellar", Key="large", Body=mark * 20_000)
    begun = s3.create_multipart_upload(Bucket="cellar", Key="parts")
    named = {"Bucket": "cellar", "Key": "parts", "UploadId": begun["UploadId"]}
    part = s3.upload_part(**named, PartNumber=1, Body=mark * 10_000)
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    cloud.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len([path for path in files if path.stat().st_size > 600_000]) >= 2
    for path in files:
        assert mark not in path.read_bytes(), path
    again = TestCloud(Config(folder=tmp_path))
    s3 = again.client("s3")
    assert s3.get_object(Bucket="cellar", Key="small")["Body"].read() == b"a" + mark
    assert s3.get_object(Bucket="cellar", Key="large")["Body"].read() == mark * 20_000
    assert s3.get_object(Bucket="cellar", Key="parts", Range="bytes=640-703")["Body"].read() == mark
    again.close()


def test_damage_at_rest_is_an_error_and_never_other_bytes(tmp_path: Path, refused: Refused) -> None:
    cloud = TestCloud(Config(folder=tmp_path))
    s3 = cloud.session().client("s3", config=ClientConfig(retries={"total_max_attempts": 1}))
    s3.create_bucket(Bucket="cellar")
    s3.put_object(Bucket="cellar", Key="small", Body=b"wine" * 100)
    cloud.close()
    with sqlite3.connect(tmp_path / "store.sqlite") as store:
        (table,) = store.execute("select name from sqlite_master where type = 'table'").fetchone()
        for key, value in store.execute(f"select * from {table}").fetchall():
            if b"s3.chunks" in key:
                altered = value[:-5] + bytes([value[-5] ^ 1]) + value[-4:]
                columns = [column[1] for column in store.execute(f"pragma table_info({table})")]
                store.execute(f"update {table} set {columns[1]} = ? where {columns[0]} = ?", (altered, key))
    store.close()
    again = TestCloud(Config(folder=tmp_path))
    s3 = again.session().client("s3", config=ClientConfig(retries={"total_max_attempts": 1}))
    with refused("InternalError", 500):
        s3.get_object(Bucket="cellar", Key="small")
    again.close()


@pytest.mark.spec("S3ENC-003")
def test_a_kms_key_is_the_one_aws_manages_unless_another_is_named(s3: Any, bucket: str, refused: Refused) -> None:
    put = s3.put_object(Bucket=bucket, Key="apple", Body=b"red", ServerSideEncryption="aws:kms")
    assert put["ServerSideEncryption"] == "aws:kms"
    arn = put["SSEKMSKeyId"]
    assert arn.startswith("arn:aws:kms:us-east-1:000000000000:key/")
    for key_id in (arn, "alias/aws/s3", "arn:aws:kms:us-east-1:000000000000:alias/aws/s3", arn.rpartition("/")[2]):
        named = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
        assert s3.put_object(Bucket=bucket, Key="same", Body=b"x", **named)["SSEKMSKeyId"] == arn
    head = s3.head_object(Bucket=bucket, Key="apple")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", arn)
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == b"red"
    other = "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012"
    with refused("KMS.NotFoundException") as answer:
        s3.put_object(Bucket=bucket, Key="a", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=other)
    assert answer["Error"]["Message"] == f"Key '{other}' does not exist"
    with refused("KMS.NotFoundException") as answer:
        s3.put_object(Bucket=bucket, Key="a", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/mine")
    alias = "arn:aws:kms:us-east-1:000000000000:alias/mine"
    assert answer["Error"]["Message"] == f"Alias {alias} is not found."


@pytest.mark.spec("S3ENC-016")
@pytest.mark.parametrize("size", [0, 5, 300_000])
@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
def test_what_kms_keys_protect_comes_back(s3: Any, bucket: str, algorithm: str, size: int) -> None:
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="apple", Body=body, ServerSideEncryption=algorithm)
    assert put["ServerSideEncryption"] == algorithm
    answer = s3.get_object(Bucket=bucket, Key="apple")
    assert answer["ServerSideEncryption"] == algorithm
    assert answer["Body"].read() == body
    if size > 10:
        ranged = s3.get_object(Bucket=bucket, Key="apple", Range="bytes=65530-65545")
        assert ranged["Body"].read() == body[65530:65546]


def test_an_etag_under_a_kms_key_is_no_md5(s3: Any, bucket: str) -> None:
    plain = s3.put_object(Bucket=bucket, Key="plain", Body=b"red")["ETag"]
    sealed = s3.put_object(Bucket=bucket, Key="sealed", Body=b"red", ServerSideEncryption="aws:kms")["ETag"]
    assert sealed != plain
    assert s3.head_object(Bucket=bucket, Key="sealed")["ETag"] == sealed
    assert s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/sealed")["CopyObjectResult"]["ETag"] == plain


@pytest.mark.spec("S3ENC-012")
def test_a_bucket_encrypts_as_it_was_told_what_does_not_say(
    s3: Any, bucket: str, upload: Callable[..., Any], refused: Refused
) -> None:
    set_default(s3, bucket, "aws:kms", BucketKeyEnabled=True)
    assert default_of(s3, bucket)["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"}
    put = s3.put_object(Bucket=bucket, Key="apple", Body=b"red")
    assert put["ServerSideEncryption"] == "aws:kms"
    assert put["BucketKeyEnabled"] is True
    assert s3.head_object(Bucket=bucket, Key="apple")["BucketKeyEnabled"] is True
    named = s3.put_object(Bucket=bucket, Key="pear", Body=b"green", ServerSideEncryption="AES256")
    assert named["ServerSideEncryption"] == "AES256"
    assert "SSEKMSKeyId" not in named
    assert upload("plum", os.urandom(200_000))["SSEKMSKeyId"] == put["SSEKMSKeyId"]
    set_default(s3, bucket, "aws:kms", default={"KMSMasterKeyID": "alias/mine"})
    with refused("KMS.NotFoundException"):
        s3.put_object(Bucket=bucket, Key="fig", Body=b"blue")
    s3.delete_bucket_encryption(Bucket=bucket)
    assert s3.put_object(Bucket=bucket, Key="fig", Body=b"blue")["ServerSideEncryption"] == "AES256"
    assert s3.get_object(Bucket=bucket, Key="apple")["ServerSideEncryption"] == "aws:kms"


def test_a_configuration_that_means_nothing_is_refused(s3: Any, bucket: str, refused: Refused) -> None:
    def put(*rules: dict[str, Any]) -> None:
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": list(rules)})

    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    for rules in ([], [default, default], [{}], [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "DES"}}]):
        with refused("MalformedXML"):
            put(*rules)
    with refused("MalformedXML"):
        put({**default, "BlockedEncryptionTypes": {"EncryptionType": ["AES256"]}})
    with refused("InvalidArgument") as answer:
        put({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "alias/aws/s3"}})
    assert answer["Error"]["Message"].startswith("a KMSMasterKeyID is not applicable")
    assert default_of(s3, bucket)["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_bucket_keys_spare_kms_and_are_one_for_many_objects(cloud: TestCloud, s3: Any, bucket: str) -> None:
    from skyglobe.services.s3.records import details_of, objects

    def data_keys() -> list[bytes]:
        def work(scope: Any) -> list[bytes]:
            found = objects.scan(scope.within("000000000000", "us-east-1"), bucket)
            return [details_of(one).encryption.data_key for one in found]

        return cloud.run(cloud.kernel.transact(work))

    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", ServerSideEncryption="aws:kms", BucketKeyEnabled=True)
    assert len(set(data_keys())) == 1
    cloud.turn(minutes=6)
    s3.put_object(Bucket=bucket, Key="d", Body=b"x", ServerSideEncryption="aws:kms", BucketKeyEnabled=True)
    assert len(set(data_keys())) == 2
    for key in "ef":
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", ServerSideEncryption="aws:kms")
    assert len(set(data_keys())) == 4
    assert all(s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x" for key in "abcdef")


def test_an_encryption_context_is_kept_and_told(s3: Any, bucket: str, refused: Refused) -> None:
    context = base64.b64encode(json.dumps({"team": "öl", "a": "b"}).encode()).decode()
    named = {"ServerSideEncryption": "aws:kms", "SSEKMSEncryptionContext": context}
    told = s3.put_object(Bucket=bucket, Key="apple", Body=b"red", **named)["SSEKMSEncryptionContext"]
    assert json.loads(base64.b64decode(told)) == {"team": "öl", "a": "b"}
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == b"red"
    for wrong in ("{}", "e30", base64.b64encode(b'{"a": 1}').decode(), base64.b64encode(b"[]").decode()):
        with refused("InvalidArgument") as answer:
            s3.put_object(Bucket=bucket, Key="a", Body=b"", **{**named, "SSEKMSEncryptionContext": wrong})
        assert "string-string map" in answer["Error"]["Message"]


@pytest.mark.spec("S3ENC-021")
def test_headers_that_contradict_each_other_are_refused(s3: Any, bucket: str, refused: Refused) -> None:
    header = "requires HTTP header x-amz-server-side-encryption : aws:kms"
    needs_kms = f"Server Side Encryption with AWS KMS managed key {header}"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"ServerSideEncryption": "AES512"}, "The encryption method specified is not supported"),
        ({"ServerSideEncryption": "AES256", "SSEKMSKeyId": "alias/aws/s3"}, needs_kms),
        ({"SSEKMSKeyId": "alias/aws/s3"}, needs_kms),
    ]
    for headers, message in wrong:
        with refused("InvalidArgument") as answer:
            s3.put_object(Bucket=bucket, Key="apple", Body=b"red", **headers)
        assert answer["Error"]["Message"] == message
        with refused("InvalidArgument"):
            s3.create_multipart_upload(Bucket=bucket, Key="apple", **headers)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.spec("S3ENC-020")
def test_copies_are_encrypted_as_their_request_or_their_bucket_says(s3: Any, bucket: str) -> None:
    s3.create_bucket(Bucket="vault")
    set_default(s3, "vault", "aws:kms:dsse")
    for size in (7, 400_000):
        body = os.urandom(size)
        s3.put_object(Bucket=bucket, Key="apple", Body=body)
        answer = s3.copy_object(Bucket="vault", Key="apple", CopySource=f"{bucket}/apple")
        assert answer["ServerSideEncryption"] == "aws:kms:dsse"
        kms = s3.copy_object(Bucket="vault", Key="pear", CopySource="vault/apple", ServerSideEncryption="aws:kms")
        assert kms["ServerSideEncryption"] == "aws:kms"
        back = s3.copy_object(Bucket=bucket, Key="back", CopySource="vault/pear")
        assert back["ServerSideEncryption"] == "AES256"
        assert back["CopyObjectResult"]["ETag"] == s3.head_object(Bucket=bucket, Key="apple")["ETag"]
        s3.delete_object(Bucket=bucket, Key="apple")
        for place, key in (("vault", "apple"), ("vault", "pear"), (bucket, "back")):
            assert s3.get_object(Bucket=place, Key=key)["Body"].read() == body
    itself = s3.copy_object(Bucket=bucket, Key="back", CopySource=f"{bucket}/back", ServerSideEncryption="aws:kms")
    assert itself["ServerSideEncryption"] == "aws:kms"


def test_parts_copied_from_elsewhere_are_encrypted_as_their_upload(s3: Any, bucket: str) -> None:
    body = os.urandom(6 * MIB)
    s3.put_object(Bucket=bucket, Key="apple", Body=body, ServerSideEncryption="aws:kms:dsse")
    begun = s3.create_multipart_upload(Bucket=bucket, Key="pear", ServerSideEncryption="aws:kms")
    named = {"Bucket": bucket, "Key": "pear", "UploadId": begun["UploadId"]}
    first = s3.upload_part_copy(**named, PartNumber=1, CopySource=f"{bucket}/apple")
    assert first["ServerSideEncryption"] == "aws:kms"
    second = s3.upload_part_copy(
        **named, PartNumber=2, CopySource=f"{bucket}/apple", CopySourceRange="bytes=65500-65600"
    )
    listed = [{"PartNumber": n, "ETag": a["CopyPartResult"]["ETag"]} for n, a in ((1, first), (2, second))]
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": listed})
    assert s3.get_object(Bucket=bucket, Key="pear")["Body"].read() == body + body[65500:65601]


@pytest.mark.spec("S3ENC-019")
@pytest.mark.parametrize("size", [9, 300_000])
def test_an_objects_key_is_changed_in_place(
    s3: Any, bucket: str, upload: Callable[..., Any], refused: Refused, size: int
) -> None:
    body = os.urandom(size)
    arn = s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="aws:kms")["SSEKMSKeyId"]
    s3.put_object(Bucket=bucket, Key="whole", Body=body, Metadata={"a": "b"})
    upload("parts", body)
    for key in ("whole", "parts"):
        before = s3.head_object(Bucket=bucket, Key=key)
        asked = {"SSEKMS": {"KMSKeyArn": arn, "BucketKeyEnabled": True}}
        s3.update_object_encryption(Bucket=bucket, Key=key, ObjectEncryption=asked)
        after = s3.get_object(Bucket=bucket, Key=key)
        assert (after["ServerSideEncryption"], after["SSEKMSKeyId"]) == ("aws:kms", arn)
        assert after["BucketKeyEnabled"] is True
        for member in ("ETag", "LastModified", "Metadata", "ContentLength"):
            assert after[member] == before[member]
        assert after["Body"].read() == body
        s3.update_object_encryption(Bucket=bucket, Key=key, ObjectEncryption={"SSEKMS": {"KMSKeyArn": arn}})
        assert "BucketKeyEnabled" not in s3.head_object(Bucket=bucket, Key=key)
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    s3.put_object(Bucket=bucket, Key="twice", Body=body, ServerSideEncryption="aws:kms:dsse")
    with refused("InvalidRequest"):
        s3.update_object_encryption(Bucket=bucket, Key="twice", ObjectEncryption={"SSEKMS": {"KMSKeyArn": arn}})
    with refused("AccessDenied", 403):
        foreign = arn.replace("000000000000", "111111111111")
        s3.update_object_encryption(Bucket=bucket, Key="whole", ObjectEncryption={"SSEKMS": {"KMSKeyArn": foreign}})
    with refused("InvalidRequest"):
        short = {"SSEKMS": {"KMSKeyArn": "alias/aws/s3-and-more"}}
        s3.update_object_encryption(Bucket=bucket, Key="whole", ObjectEncryption=short)


def forcing(bucket: str, algorithm: str) -> str:
    """The policy of AWS's security blog: an upload must name one way of encryption."""
    name = "s3:x-amz-server-side-encryption"
    there = f"arn:aws:s3:::{bucket}/*"
    return document(
        statement("s3:PutObject", there, Effect="Deny", Condition={"StringNotEquals": {name: algorithm}}),
        statement("s3:PutObject", there, Effect="Deny", Condition={"Null": {name: "true"}}),
    )


@pytest.mark.spec("S3ENC-010", "S3ENC-011", "S3ENC-013")
@pytest.mark.parametrize(("wanted", "other"), [("AES256", "aws:kms"), ("aws:kms", "AES256")])
def test_a_policy_forces_one_way_of_encryption_whatever_the_default(
    s3: Any, bucket: str, refused: Refused, wanted: str, other: str
) -> None:
    set_default(s3, bucket, wanted)
    s3.put_bucket_policy(Bucket=bucket, Policy=forcing(bucket, wanted))
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=bucket, Key="apple", Body=b"red")
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=bucket, Key="apple", Body=b"red", ServerSideEncryption=other)
    assert s3.put_object(Bucket=bucket, Key="apple", Body=b"red", ServerSideEncryption=wanted)


def test_a_policy_forces_one_kms_key(s3: Any, bucket: str, refused: Refused) -> None:
    arn = s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="aws:kms")["SSEKMSKeyId"]
    name = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    only = statement("s3:*", f"arn:aws:s3:::{bucket}/*", Effect="Deny", Condition={"ArnNotEqualsIfExists": {name: arn}})
    s3.put_bucket_policy(Bucket=bucket, Policy=document(only))
    with refused("AccessDenied", 403):
        other = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:us-east-1:000000000000:key/other"}
        s3.put_object(Bucket=bucket, Key="a", Body=b"", **other)
    s3.put_object(Bucket=bucket, Key="a", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=arn)
    s3.update_object_encryption(Bucket=bucket, Key="a", ObjectEncryption={"SSEKMS": {"KMSKeyArn": arn}})
    with refused("AccessDenied", 403):
        wrong = {"SSEKMS": {"KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/other"}}
        s3.update_object_encryption(Bucket=bucket, Key="a", ObjectEncryption=wrong)


@pytest.mark.spec("S3ENC-005")
def test_kms_has_a_say_beside_s3(
    cloud: TestCloud, owner: Any, yard: str, user: Any, policy: Any, refused: Refused
) -> None:
    s3 = owner.client("s3")
    s3.put_object(Bucket=yard, Key="sealed", Body=b"red", ServerSideEncryption="aws:kms")
    reader = user("reader", ("s3:GetObject", "*"))
    assert reader.get_object(Bucket=yard, Key="sealed")["Body"].read() == b"red"
    denied = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    owner.client("iam").put_user_policy(UserName="reader", PolicyName="no-kms", PolicyDocument=text)
    with refused("AccessDenied", 403) as answer:
        reader.get_object(Bucket=yard, Key="sealed")
    assert "kms:Decrypt" in answer["Error"]["Message"]
    assert reader.get_object(Bucket=yard, Key="a")["Body"].read() == b"apple"
    assert reader.head_object(Bucket=yard, Key="sealed")["ServerSideEncryption"] == "aws:kms"
    policy(statement("s3:GetObject", f"arn:aws:s3:::{yard}/*", {"AWS": "222222222222"}))
    stranger = user("stranger", (["s3:*", "kms:*"], "*"), account="222222222222")
    assert stranger.get_object(Bucket=yard, Key="a")["Body"].read() == b"apple"
    with refused("AccessDenied", 403):
        stranger.get_object(Bucket=yard, Key="sealed")


def test_policies_on_keys_see_what_kms_is_told(owner: Any, yard: str, user: Any, refused: Refused) -> None:
    reader = user("reader", ("s3:*", "*"))

    def deny(operator: str, key: str, value: str) -> None:
        denied = {"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": {operator: {key: value}}}
        text = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
        owner.client("iam").put_user_policy(UserName="reader", PolicyName="kms", PolicyDocument=text)

    def put(key: str, **more: Any) -> None:
        reader.put_object(Bucket=yard, Key=key, Body=b"red", ServerSideEncryption="aws:kms", **more)

    deny("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com")
    with refused("AccessDenied", 403):
        put("apple")
    deny("StringNotEquals", "kms:EncryptionContext:aws:s3:arn", f"arn:aws:s3:::{yard}/apple")
    put("apple")
    with refused("AccessDenied", 403):
        put("pear")
    with refused("AccessDenied", 403):
        put("apple", BucketKeyEnabled=True)
    deny("StringNotEquals", "kms:EncryptionContext:team", "fruit")
    context = base64.b64encode(b'{"team":"fruit"}').decode()
    put("plum", SSEKMSEncryptionContext=context)
    assert reader.get_object(Bucket=yard, Key="plum")["Body"].read() == b"red"
    with refused("AccessDenied", 403):
        put("plum")


def test_who_does_not_sign_reads_nothing_a_kms_key_protects(
    cloud: TestCloud, owner: Any, open_yard: str, policy: Any, refused: Refused
) -> None:
    owner.client("s3").put_object(Bucket=open_yard, Key="sealed", Body=b"red", ServerSideEncryption="aws:kms")
    policy(statement("s3:GetObject", f"arn:aws:s3:::{open_yard}/*"))
    nobody = cloud.session().client("s3", config=ClientConfig(signature_version=UNSIGNED))
    assert nobody.get_object(Bucket=open_yard, Key="a")["Body"].read() == b"apple"
    with refused("InvalidArgument") as answer:
        nobody.get_object(Bucket=open_yard, Key="sealed")
    assert "require AWS Signature Version 4" in answer["Error"]["Message"]


def test_what_was_written_before_objects_were_encrypted_is_still_read(cloud: TestCloud, s3: Any, bucket: str) -> None:
    """Records as an earlier version wrote them: plain bytes, and no word of encryption."""
    import msgspec

    from skyglobe.services.s3.records import Chunk, Span, chunks, details_of, objects, pack_details

    s3.put_object(Bucket=bucket, Key="old", Body=b"grown before")

    def age(scope: Any) -> None:
        here = scope.within("000000000000", "us-east-1")
        found = objects.find(here, bucket, "old")
        details = details_of(found)
        (span,) = details.spans
        chunks.insert(here, Chunk(id=span.chunk, data=b"grown before"))
        plain = msgspec.structs.replace(details, spans=[Span(12, "", 0, span.chunk)], encryption=None)
        objects.replace(here, found, msgspec.structs.replace(found, details=pack_details(plain)))

    cloud.run(cloud.kernel.transact(age))
    answer = s3.get_object(Bucket=bucket, Key="old")
    assert answer["Body"].read() == b"grown before"
    assert "ServerSideEncryption" not in answer
    assert s3.copy_object(Bucket=bucket, Key="new", CopySource=f"{bucket}/old")["ServerSideEncryption"] == "AES256"
    assert s3.get_object(Bucket=bucket, Key="new")["Body"].read() == b"grown before"


def test_a_snapshot_takes_its_keys_along(cloud: TestCloud, s3: Any, bucket: str) -> None:
    small, large = os.urandom(100), os.urandom(300_000)
    s3.put_object(Bucket=bucket, Key="small", Body=small)
    s3.put_object(Bucket=bucket, Key="large", Body=large, ServerSideEncryption="aws:kms")
    cloud.run(cloud.kernel.snapshots.save("before"))
    for key in ("small", "large"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"other")
    cloud.run(cloud.kernel.snapshots.load("before"))
    assert s3.get_object(Bucket=bucket, Key="small")["Body"].read() == small
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == large
