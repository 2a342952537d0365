"""Objects under customers' own KMS keys: who can read them, when nobody can, and what KMS is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.kernel.wire import Request
from skyglobe.testing import TestCloud
from tests.services.s3.conftest import MIB, OWNER, document, statement
from tests.services.s3.replicas import ALL_ACTIONS, MEASURED, make_bucket, make_role, put_rules, rule, status_of

KMS = {"ServerSideEncryption": "aws:kms"}


@pytest.fixture
def kms(owner: Any) -> Any:
    return owner.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    return kms.create_key()["KeyMetadata"]["Arn"]


def asked_of_kms(cloud: TestCloud) -> list[str]:
    """The operations of KMS that were called last, whoever called them."""
    told = json.loads(cloud.send(Request("GET", "/_skyglobe/trace", "limit=1000")).body)["requests"]
    return [one["operation"] for one in told if one["service"] == "kms"]


@pytest.mark.spec("S3ENC-003")
def test_an_object_says_which_key_it_is_under(owner: Any, yard: str, kms: Any, key: str, refused: Any) -> None:
    s3 = owner.client("s3")
    kms.create_alias(AliasName="alias/letters", TargetKeyId=key)
    for named in (key, key.rpartition("/")[2], "alias/letters"):
        put = s3.put_object(Bucket=yard, Key="b", Body=b"pear", SSEKMSKeyId=named, **KMS)
        assert put["SSEKMSKeyId"] == key
    got = s3.get_object(Bucket=yard, Key="b")
    assert (got["Body"].read(), got["SSEKMSKeyId"]) == (b"pear", key)
    managed = s3.put_object(Bucket=yard, Key="c", Body=b"", **KMS)["SSEKMSKeyId"]
    assert kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"] == managed
    pair = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    with refused("KMS.InvalidKeyUsageException"):
        s3.put_object(Bucket=yard, Key="d", Body=b"", SSEKMSKeyId=pair, **KMS)
    with refused("KMS.NotFoundException"):
        s3.put_object(Bucket=yard, Key="d", Body=b"", SSEKMSKeyId="alias/nobody", **KMS)


@pytest.mark.spec("S3ENC-018")
def test_a_key_that_cannot_be_used_opens_no_object(owner: Any, yard: str, kms: Any, key: str, refused: Any) -> None:
    s3 = owner.client("s3")
    s3.put_object(Bucket=yard, Key="b", Body=b"x" * MIB, SSEKMSKeyId=key, **KMS)
    kms.disable_key(KeyId=key)
    with refused("KMS.DisabledException") as answer:
        s3.get_object(Bucket=yard, Key="b")
    assert answer["Error"]["Message"] == f"{key} is disabled."
    with refused("KMS.DisabledException"):
        s3.put_object(Bucket=yard, Key="c", Body=b"", SSEKMSKeyId=key, **KMS)
    with refused("KMS.DisabledException"):
        s3.copy_object(Bucket=yard, Key="c", CopySource=f"{yard}/b")
    assert s3.head_object(Bucket=yard, Key="b")["SSEKMSKeyId"] == key
    kms.enable_key(KeyId=key)
    assert s3.get_object(Bucket=yard, Key="b")["Body"].read() == b"x" * MIB
    kms.schedule_key_deletion(KeyId=key)
    with refused("KMS.KMSInvalidStateException"):
        s3.get_object(Bucket=yard, Key="b")
    managed = s3.put_object(Bucket=yard, Key="d", Body=b"", **KMS)["SSEKMSKeyId"]
    with pytest.raises(kms.exceptions.ClientError, match="AccessDenied"):
        kms.schedule_key_deletion(KeyId=managed)
    with pytest.raises(kms.exceptions.ClientError, match="AccessDenied"):
        kms.put_key_policy(KeyId=managed, Policy="{}")


@pytest.mark.spec("S3ENC-005")
@pytest.mark.spec("KMS-034")
def test_readers_need_the_key_through_s3_beside_the_object(
    owner: Any, yard: str, kms: Any, key: str, user: Any, refused: Any
) -> None:
    owner.client("s3").put_object(Bucket=yard, Key="b", Body=b"pear", SSEKMSKeyId=key, **KMS)
    reader = user("reader", ("s3:GetObject", "*"))
    with refused("AccessDenied", 403) as answer:
        reader.get_object(Bucket=yard, Key="b")
    assert f"is not authorized to perform: kms:Decrypt on resource: {key}" in answer["Error"]["Message"]
    writer = user("writer", ("s3:PutObject", "*"), ("kms:Decrypt", "*"))
    with refused("AccessDenied", 403):
        writer.put_object(Bucket=yard, Key="c", Body=b"", SSEKMSKeyId=key, **KMS)
    assert user("holder", ("s3:GetObject", "*"), ("kms:Decrypt", key)).get_object(Bucket=yard, Key="b")["Body"].read()
    everyone = {"AWS": f"arn:aws:iam::{OWNER}:root"}
    via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    arn = f"arn:aws:iam::{OWNER}:user/reader"
    kms.put_key_policy(
        KeyId=key,
        Policy=document(
            statement("kms:*", "*", everyone), statement("kms:Decrypt", "*", {"AWS": arn}, Sid="via", Condition=via)
        ),
    )
    assert reader.get_object(Bucket=yard, Key="b")["Body"].read() == b"pear"


@pytest.mark.spec("S3ENC-017")
@pytest.mark.spec("KMR-009")
def test_bucket_keys_spare_nearly_all_calls_to_kms(cloud: TestCloud, owner: Any, yard: str, key: str) -> None:
    s3 = owner.client("s3")

    def put(count: int, *, has_bucket_key: bool) -> int:
        before = len(asked_of_kms(cloud))
        for number in range(count):
            named = {"SSEKMSKeyId": key, "BucketKeyEnabled": has_bucket_key, **KMS}
            s3.put_object(Bucket=yard, Key=f"k{number}", Body=b"x", **named)
        return len(asked_of_kms(cloud)) - before

    assert put(20, has_bucket_key=False) == 20
    assert put(100, has_bucket_key=True) == 1
    assert s3.get_object(Bucket=yard, Key="k99")["Body"].read() == b"x"


@pytest.mark.spec("S3ENC-004")
def test_kms_is_asked_for_each_object_and_its_quota_is_s3s_too(refused: Any) -> None:
    clock = Clock()
    clock.stand_at(clock.now())
    cloud = TestCloud(Config(quotas=True), clock=clock)
    s3 = cloud.client("s3", config=ClientConfig(retries={"total_max_attempts": 1}))
    s3.create_bucket(Bucket="yard")
    s3.put_object(Bucket="yard", Key="a", Body=b"pear", **KMS)
    assert s3.get_object(Bucket="yard", Key="a")["Body"].read() == b"pear"
    assert asked_of_kms(cloud) == ["GenerateDataKey", "Decrypt"]
    cloud.kernel.quotas.take("kms", "000000000000", "us-east-1", "symmetric", rate=100_000, amount=99_997.5)
    with refused("ThrottlingException"):
        s3.get_object(Bucket="yard", Key="a")
    cloud.turn(1)
    assert s3.get_object(Bucket="yard", Key="a")["Body"].read() == b"pear"
    cloud.close()


@pytest.mark.spec("KMR-004", "KMR-008")
def test_replicas_are_under_the_key_that_is_named_if_the_role_may_use_it(
    cloud: TestCloud, owner: Any, kms: Any, key: str
) -> None:
    abroad = owner.client("kms", region_name="eu-west-1")
    target = abroad.create_key()["KeyMetadata"]["Arn"]
    role = make_role(owner, "replicator", *ALL_ACTIONS)
    near, far = make_bucket(owner, "orchard"), make_bucket(owner, "orchard-copy", "eu-west-1")
    place = {"EncryptionConfiguration": {"ReplicaKmsKeyID": target}, **MEASURED}
    selecting = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    put_rules(near, "orchard", role, rule(SourceSelectionCriteria=selecting, destination=place))

    def replicated(name: str) -> str:
        near.put_object(Bucket="orchard", Key=name, Body=b"pear", SSEKMSKeyId=key, **KMS)
        cloud.settle()
        return status_of(near, "orchard", name)

    def may(*allowed: tuple[str, str]) -> None:
        text = document(*({"Effect": "Allow", "Action": action, "Resource": on} for action, on in allowed))
        owner.client("iam").put_role_policy(RoleName="replicator", PolicyName="keys", PolicyDocument=text)

    reading, writing = ("kms:Decrypt", key), ("kms:Encrypt", target)
    for one in (reading, writing):
        may(one)
        assert replicated("refused") == "FAILED"
    may(reading, writing)
    before = len(asked_of_kms(cloud))
    assert replicated("taken") == "COMPLETED"
    assert asked_of_kms(cloud)[before:] == ["GenerateDataKey", "Decrypt", "Encrypt"]
    head = far.get_object(Bucket="orchard-copy", Key="taken")
    assert (head["SSEKMSKeyId"], head["Body"].read()) == (target, b"pear")
    root = statement("kms:*", "*", {"AWS": f"arn:aws:iam::{OWNER}:root"}, Sid="all")
    deny = statement("kms:Encrypt", "*", {"AWS": role}, Effect="Deny", Sid="not")
    abroad.put_key_policy(KeyId=target, Policy=document(root, deny))
    assert replicated("denied") == "FAILED"


@pytest.mark.spec("KMR-007")
def test_replication_waits_for_kms_to_take_requests_again() -> None:
    clock = Clock()
    clock.stand_at(clock.now())
    cloud = TestCloud(Config(quotas=True), clock=clock)
    owner = cloud.session(account=OWNER)
    role = make_role(owner, "replicator", *ALL_ACTIONS)
    near, far = make_bucket(owner, "orchard"), make_bucket(owner, "orchard-copy", "eu-west-1")
    place = {"EncryptionConfiguration": {"ReplicaKmsKeyID": f"arn:aws:kms:eu-west-1:{OWNER}:alias/aws/s3"}, **MEASURED}
    selecting = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    put_rules(near, "orchard", role, rule(SourceSelectionCriteria=selecting, destination=place))
    cloud.kernel.quotas.take("kms", OWNER, "eu-west-1", "symmetric", rate=100_000, amount=99_999.5)
    near.put_object(Bucket="orchard", Key="a", Body=b"pear", **KMS)
    cloud.settle()
    assert status_of(near, "orchard", "a") == "PENDING"
    cloud.turn(minutes=1)
    assert status_of(near, "orchard", "a") == "COMPLETED"
    assert far.get_object(Bucket="orchard-copy", Key="a")["Body"].read() == b"pear"
    cloud.close()
