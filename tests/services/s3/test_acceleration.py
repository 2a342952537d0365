"""Buckets at the accelerate endpoint."""

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

ONCE = {"total_max_attempts": 1}


@pytest.fixture
def fast(owner):
    """A client of the accelerate endpoint."""
    return owner.client("s3", config=Config(s3={"use_accelerate_endpoint": True}, retries=ONCE))


@pytest.fixture
def accelerate(owner, yard):
    """Return a function that sets the status of ``yard``."""

    def put(status):
        owner.client("s3").put_bucket_accelerate_configuration(Bucket=yard, AccelerateConfiguration={"Status": status})

    return put


@pytest.mark.spec("S3TRA-001", "S3TRA-005")
def test_an_accelerated_bucket_is_written_and_read_at_that_endpoint(fast, accelerate, owner, refused):
    accelerate("Enabled")
    asked = []
    fast.meta.events.register("before-send.s3", lambda request, **_: asked.append(request.url))
    fast.put_object(Bucket="yard", Key="b", Body=b"pear")
    assert asked[0].startswith("https://yard.s3-accelerate.amazonaws.com/b")
    assert owner.client("s3").get_object(Bucket="yard", Key="b")["Body"].read() == b"pear"
    both = owner.client("s3", config=Config(s3={"use_accelerate_endpoint": True, "use_dualstack_endpoint": True}))
    assert both.get_object(Bucket="yard", Key="b")["Body"].read() == b"pear"
    options = Config(s3={"addressing_style": "path"}, retries=ONCE)
    by_path = owner.client("s3", endpoint_url="http://s3-accelerate.localhost:4566", config=options)
    with refused("InvalidRequest") as answer:
        by_path.get_object(Bucket="yard", Key="b")
    assert "virtual style" in answer["Error"]["Message"]


@pytest.mark.spec("S3TRA-002")
def test_multipart_uploads_are_accelerated_too(fast, accelerate, tmp_path, owner):
    accelerate("Enabled")
    path = tmp_path / "large"
    path.write_bytes(b"x" * 6_000_000)
    fast.upload_file(str(path), "yard", "large", Config=TransferConfig(multipart_threshold=5_300_000))
    assert owner.client("s3").head_object(Bucket="yard", Key="large")["ETag"].endswith('-1"')


@pytest.mark.spec("S3TRA-003")
def test_acceleration_is_unset_at_first_then_enabled_or_suspended(fast, accelerate, owner, refused):
    s3 = owner.client("s3")
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket="yard")
    with refused("InvalidRequest"):
        fast.get_object(Bucket="yard", Key="a")
    for status in ("Enabled", "Suspended"):
        accelerate(status)
        assert s3.get_bucket_accelerate_configuration(Bucket="yard")["Status"] == status
    with refused("InvalidRequest") as answer:
        fast.get_object(Bucket="yard", Key="a")
    assert "disabled" in answer["Error"]["Message"]


@pytest.mark.spec("S3TRA-004")
def test_names_with_periods_cannot_be_accelerated(s3, refused):
    s3.create_bucket(Bucket="a.b.c")
    with refused("InvalidRequest"):
        s3.put_bucket_accelerate_configuration(Bucket="a.b.c", AccelerateConfiguration={"Status": "Enabled"})


@pytest.mark.spec("S3TRA-006")
def test_copies_from_other_regions_are_not_accelerated(fast, accelerate, owner, refused):
    accelerate("Enabled")
    west = owner.client("s3", region_name="eu-west-1")
    west.create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    west.put_object(Bucket="west", Key="a", Body=b"x")
    with refused("InvalidRequest"):
        fast.copy_object(Bucket="yard", Key="c", CopySource="west/a")
    fast.copy_object(Bucket="yard", Key="c", CopySource="yard/a")
