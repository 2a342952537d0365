"""Buckets: making, naming, finding, listing and deleting them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from skyglobe.services.s3.operations import buckets
from skyglobe.services.s3.rules.metadata import STORAGE_CLASSES
from skyglobe.testing import TestCloud

Refused = Callable[..., Any]


@pytest.mark.spec("S3BKT-001")
def test_a_bucket_stores_objects_and_is_listed(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red")
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == b"red"
    (listed,) = s3.list_buckets()["Buckets"]
    assert listed["Name"] == bucket
    assert listed["BucketRegion"] == "us-east-1"
    assert listed["BucketArn"] == f"arn:aws:s3:::{bucket}"
    assert listed["CreationDate"].tzinfo is not None


@pytest.mark.spec("S3BKT-010")
def test_one_bucket_takes_every_kind_of_object(s3: Any, bucket: str) -> None:
    classes = s3.meta.service_model.shape_for("StorageClass").enum
    kept = [name for name in classes if name in STORAGE_CLASSES]
    assert len(kept) == 8
    for name in kept:
        s3.put_object(Bucket=bucket, Key=name, Body=b"x", StorageClass=name, ContentType=f"application/x-{name}")
    listed = {found["Key"]: found["StorageClass"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert listed == {name: name for name in kept}
    for name in kept:
        assert s3.head_object(Bucket=bucket, Key=name)["ContentType"] == f"application/x-{name}"


@pytest.mark.spec("S3BKT-002")
def test_a_name_taken_by_another_account_is_taken_everywhere(cloud: TestCloud, bucket: str, refused: Refused) -> None:
    stranger = cloud.session(account="111122223333", region="eu-west-1").client("s3")
    with refused("BucketAlreadyExists", 409) as answer:
        stranger.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert answer["Error"]["BucketName"] == bucket


@pytest.mark.spec("S3BKT-003")
def test_a_bucket_lives_in_one_region(cloud: TestCloud, s3: Any) -> None:
    s3.create_bucket(Bucket="there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.create_bucket(Bucket="here")
    assert s3.get_bucket_location(Bucket="there")["LocationConstraint"] == "eu-west-1"
    assert s3.get_bucket_location(Bucket="here")["LocationConstraint"] is None
    head = cloud.session(region="eu-west-1").client("s3").head_bucket(Bucket="there")
    assert head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "eu-west-1"


def test_the_constraint_eu_is_kept_as_it_was_given(cloud: TestCloud, s3: Any) -> None:
    s3.create_bucket(Bucket="old", CreateBucketConfiguration={"LocationConstraint": "EU"})
    assert s3.get_bucket_location(Bucket="old")["LocationConstraint"] == "EU"
    assert cloud.session(region="eu-west-1").client("s3").head_bucket(Bucket="old")["BucketRegion"] == "eu-west-1"


@pytest.mark.spec("S3BKT-004", "S3BKT-005", "S3BKT-006", "S3BKT-007", "S3BKT-008", "S3BKT-009")
@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "My-Bucket",
        "my_bucket",
        "-abc",
        ".abc",
        "abc-",
        "192.168.5.4",
        "xn--abc",
        "sthree-abc",
        "amzn-s3-demo-abc",
        "abc-s3alias",
        "abc--ol-s3",
        "abc.mrap",
        "abc--table-s3",
    ],
)
def test_names_that_break_the_rules_are_refused(cloud: TestCloud, refused: Refused, name: str) -> None:
    s3 = cloud.session().client("s3")
    with refused("InvalidBucketName") as answer:
        s3.create_bucket(Bucket=name)
    assert answer["Error"]["BucketName"] == name


@pytest.mark.parametrize("name", ["abc", "a" * 63, "a.b-c.1", "1.2.3.4.5"])
def test_names_at_the_bounds_are_taken(s3: Any, name: str) -> None:
    s3.create_bucket(Bucket=name)
    assert s3.head_bucket(Bucket=name)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.spec("S3BKT-011")
def test_outside_us_east_1_a_matching_constraint_is_needed(cloud: TestCloud, s3: Any, refused: Refused) -> None:
    ireland = cloud.session(region="eu-west-1").client("s3")
    with refused("IllegalLocationConstraintException"):
        ireland.create_bucket(Bucket="abc")
    with refused("IllegalLocationConstraintException"):
        ireland.create_bucket(Bucket="abc", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    with refused("InvalidLocationConstraint") as answer:
        s3.create_bucket(Bucket="abc", CreateBucketConfiguration={"LocationConstraint": "us-east-1"})
    assert answer["Error"]["LocationConstraint"] == "us-east-1"
    assert s3.list_buckets()["Buckets"] == []


@pytest.mark.spec("S3BKT-012")
def test_making_ones_own_bucket_again(cloud: TestCloud, s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red")
    s3.create_bucket(Bucket=bucket)
    assert s3.head_object(Bucket=bucket, Key="apple")["ContentLength"] == 3
    ireland = cloud.session(region="eu-west-1").client("s3")
    configuration = {"LocationConstraint": "eu-west-1"}
    ireland.create_bucket(Bucket="there", CreateBucketConfiguration=configuration)
    with refused("BucketAlreadyOwnedByYou", 409):
        ireland.create_bucket(Bucket="there", CreateBucketConfiguration=configuration)


@pytest.mark.spec("S3BKT-013")
def test_only_an_empty_bucket_can_be_deleted(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="apple")
    assert s3.delete_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NoSuchBucket", 404) as answer:
        s3.list_objects_v2(Bucket=bucket)
    assert answer["Error"]["BucketName"] == bucket
    with refused("NoSuchBucket", 404):
        s3.delete_bucket(Bucket=bucket)


def test_uploads_in_progress_go_with_their_bucket(s3: Any, bucket: str, blobs: Callable[[], list[str]]) -> None:
    begun = s3.create_multipart_upload(Bucket=bucket, Key="pear")
    s3.upload_part(Bucket=bucket, Key="pear", UploadId=begun["UploadId"], PartNumber=1, Body=b"x" * 300_000)
    assert len(blobs()) == 1
    s3.delete_bucket(Bucket=bucket)
    assert blobs() == []
    s3.create_bucket(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


@pytest.mark.spec("S3BKT-016")
def test_buckets_are_listed_in_pages_by_prefix_and_region(s3: Any) -> None:
    for name in ("pear-1", "apple-2", "apple-1", "apple-3"):
        s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket="apple-4", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    pages = list(s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["Buckets"]) for page in pages] == [2, 2, 1]
    names = [found["Name"] for page in pages for found in page["Buckets"]]
    assert names == ["apple-1", "apple-2", "apple-3", "apple-4", "pear-1"]
    assert [b["Name"] for b in s3.list_buckets(Prefix="pear")["Buckets"]] == ["pear-1"]
    assert [b["Name"] for b in s3.list_buckets(BucketRegion="eu-west-1")["Buckets"]] == ["apple-4"]


def test_bad_pages_of_buckets_are_refused(s3: Any, refused: Refused) -> None:
    with refused("InvalidArgument"):
        s3.list_buckets(ContinuationToken="made-up")
    with refused("InvalidArgument") as answer:
        s3.list_buckets(MaxBuckets=10_001)
    assert answer["Error"]["ArgumentName"] == "max-buckets"


def test_an_account_sees_its_own_buckets_only(cloud: TestCloud, bucket: str) -> None:
    stranger = cloud.session(account="111122223333").client("s3")
    stranger.create_bucket(Bucket="theirs")
    assert [b["Name"] for b in stranger.list_buckets()["Buckets"]] == ["theirs"]


def test_an_account_has_at_most_its_quota_of_buckets(
    s3: Any, bucket: str, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert buckets.MAX_BUCKETS == 10_000
    monkeypatch.setattr(buckets, "MAX_BUCKETS", 2)
    s3.create_bucket(Bucket="second")
    with refused("TooManyBuckets"):
        s3.create_bucket(Bucket="third")
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket="third")


@pytest.mark.spec("S3BKT-018")
def test_account_regional_names_belong_to_their_account(cloud: TestCloud, s3: Any, refused: Refused) -> None:
    name = "fruit-000000000000-us-east-1-an"
    stranger = cloud.session(account="111122223333").client("s3")
    with refused("InvalidBucketName"):
        stranger.create_bucket(Bucket=name, BucketNamespace="account-regional")
    with refused("InvalidBucketName"):
        s3.create_bucket(Bucket="fruit", BucketNamespace="account-regional")
    with refused("InvalidBucketName"):
        s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=name, BucketNamespace="account-regional")
    s3.head_bucket(Bucket=name)


def test_head_bucket_says_whether_a_bucket_is_there(s3: Any, bucket: str, refused: Refused) -> None:
    assert s3.head_bucket(Bucket=bucket)["BucketArn"] == f"arn:aws:s3:::{bucket}"
    with refused("404", 404):
        s3.head_bucket(Bucket="nowhere")
    s3.get_waiter("bucket_exists").wait(Bucket=bucket)
    s3.get_waiter("bucket_not_exists").wait(Bucket="nowhere")


@pytest.mark.spec("S3BKT-022")
def test_the_expected_owner_is_held_to(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red", ExpectedBucketOwner="000000000000")
    for refuse in (
        lambda owner: s3.put_object(Bucket=bucket, Key="apple", Body=b"", ExpectedBucketOwner=owner),
        lambda owner: s3.get_object(Bucket=bucket, Key="apple", ExpectedBucketOwner=owner),
        lambda owner: s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner=owner),
        lambda owner: s3.get_bucket_location(Bucket=bucket, ExpectedBucketOwner=owner),
        lambda owner: s3.delete_bucket(Bucket=bucket, ExpectedBucketOwner=owner),
        lambda owner: s3.copy_object(
            Bucket=bucket, Key="copy", CopySource=f"{bucket}/apple", ExpectedSourceBucketOwner=owner
        ),
    ):
        with refused("AccessDenied", 403):
            refuse("111122223333")
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == b"red"


def test_what_was_never_set_has_its_own_answer(s3: Any, bucket: str, refused: Refused) -> None:
    for operation, code in (
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_cors", "NoSuchCORSConfiguration"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
        ("get_bucket_tagging", "NoSuchTagSet"),
    ):
        with refused(code, 404):
            getattr(s3, operation)(Bucket=bucket)
        with refused("NoSuchBucket", 404):
            getattr(s3, operation)(Bucket="nowhere")
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    (grant,) = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    assert grant["Permission"] == "FULL_CONTROL"
    assert grant["Grantee"]["ID"] == s3.list_buckets()["Owner"]["ID"]


def test_what_is_not_built_is_refused_by_name(s3: Any, bucket: str, refused: Refused) -> None:
    with refused("NotImplemented", 501) as answer:
        s3.get_bucket_metadata_configuration(Bucket=bucket)
    assert "GetBucketMetadataConfiguration" in answer["Error"]["Message"]
    with refused("InvalidBucketAclWithObjectOwnership"):
        s3.create_bucket(Bucket="public", ACL="public-read")
