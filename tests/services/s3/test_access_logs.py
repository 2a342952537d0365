"""Requests to a bucket are logged into another."""

import re

import pytest

from skyglobe.kernel.principals import canonical_user_of
from skyglobe.kernel.wire import Request
from tests.services.s3.conftest import OWNER, document, statement

LINE = re.compile(
    r'(\S+) (\S+) (\[.*?\]) (\S+) (\S+) (\S+) (\S+) (\S+) ("[^"]*"|-) (-|[0-9]*) (\S+) (\S+) (\S+) (\S+) (\S+) '
    r'("[^"]*"|-) ("[^"]*"|-) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (\S+)'
)  # fmt: skip
"""The fields, as the user guide's regular expression for Athena has them."""


@pytest.fixture
def s3_of_yard(owner, yard):
    """The client of the owner of ``yard`` and of ``attic``, where logs may be put for it."""
    s3 = owner.client("s3")
    s3.create_bucket(Bucket="attic")
    allow("attic", s3)
    return s3


def allow(bucket, s3):
    who = {"Service": "logging.s3.amazonaws.com"}
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::yard"}, "StringEquals": {"aws:SourceAccount": OWNER}}
    text = document(statement("s3:PutObject", f"arn:aws:s3:::{bucket}/*", who, Condition=condition))
    s3.put_bucket_policy(Bucket=bucket, Policy=text)


@pytest.fixture
def log(s3_of_yard):
    def put(target="attic", prefix="logs/", **more):
        enabled = {"TargetBucket": target, "TargetPrefix": prefix, **more}
        s3_of_yard.put_bucket_logging(Bucket="yard", BucketLoggingStatus={"LoggingEnabled": enabled})

    return put


@pytest.fixture
def logged(cloud, s3_of_yard):
    """Return a function that lets logs be delivered, and returns keys and lines of a bucket, split into fields."""

    def read(bucket="attic"):
        cloud.turn(minutes=5, seconds=1)
        keys = [found["Key"] for found in s3_of_yard.list_objects_v2(Bucket=bucket).get("Contents", ())]
        text = "".join(s3_of_yard.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys)
        return keys, [LINE.fullmatch(line).groups() for line in text.splitlines()]

    return read


@pytest.mark.spec("S3LOG-001", "S3LOG-006")
def test_each_request_is_a_line_in_the_documented_form(s3_of_yard, log, logged, user, refused):
    s3_of_yard.get_object(Bucket="yard", Key="a")
    log()
    answer = s3_of_yard.put_object(Bucket="yard", Key="b c", Body=b"pears")
    s3_of_yard.get_object(Bucket="yard", Key="b c", Range="bytes=0-1")
    s3_of_yard.list_objects_v2(Bucket="yard", Prefix="b")
    s3_of_yard.get_bucket_acl(Bucket="yard")
    stranger = user("stranger")
    with refused("AccessDenied", 403):
        stranger.get_object(Bucket="yard", Key="a")
    keys, lines = logged()
    assert len(keys) == 1
    assert re.fullmatch(r"logs/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}", keys[0])
    operations = [line[6] for line in lines]
    assert operations == [
        "REST.PUT.OBJECT",
        "REST.GET.OBJECT",
        "REST.GET.BUCKET",
        "REST.GET.ACL",
        "REST.GET.OBJECT",
    ]
    put, got, _, _, denied = lines
    user_id = canonical_user_of(OWNER)
    assert put[:2] == (user_id, "yard")
    assert (put[3], put[4]) == ("127.0.0.1", user_id)
    metadata = answer["ResponseMetadata"]
    assert (put[5], put[18]) == (metadata["RequestId"], metadata["HostId"])
    assert put[7:11] == ("b%20c", '"PUT /b%20c HTTP/1.1"', "200", "-")
    assert (put[12], put[19], put[21]) == ("5", "SigV4", "AuthHeader")
    assert got[9:13] == ("206", "-", "2", "5")
    assert "Boto3" in got[16]
    assert denied[4].endswith("user/stranger")
    assert denied[9:11] == ("403", "AccessDenied")


@pytest.mark.spec("S3LOG-005")
def test_the_target_must_let_the_log_in(s3_of_yard, log, logged, refused):
    log()
    s3_of_yard.delete_bucket_policy(Bucket="attic")
    s3_of_yard.get_object(Bucket="yard", Key="a")
    assert logged() == ([], [])
    with refused("InvalidTargetBucketForLogging"):
        log("nowhere")


@pytest.mark.spec("S3LOG-002")
def test_the_target_must_be_in_the_same_region(s3_of_yard, log, refused, owner):
    west = owner.client("s3", region_name="eu-west-1")
    west.create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with refused("CrossLocationLoggingProhibitted", 403):
        log("west")


@pytest.mark.spec("S3LOG-004")
def test_a_bucket_that_logs_into_itself_grows_by_every_delivery(s3_of_yard, log, logged):
    s3_of_yard.delete_object(Bucket="yard", Key="a")
    allow("yard", s3_of_yard)
    log("yard")
    s3_of_yard.head_bucket(Bucket="yard")
    counts = []
    for _ in range(3):
        keys, lines = logged("yard")
        counts.append(len(keys))
    assert counts == sorted(set(counts))
    assert any(line[4] == "logging.s3.amazonaws.com" and line[6] == "REST.PUT.OBJECT" for line in lines)


@pytest.mark.spec("S3LOG-007")
def test_keys_can_be_partitioned_by_date(cloud, s3_of_yard, log, logged):
    log(TargetObjectKeyFormat={"PartitionedPrefix": {"PartitionDateSource": "EventTime"}})
    s3_of_yard.get_object(Bucket="yard", Key="a")
    [key], _ = logged()
    assert re.fullmatch(
        rf"logs/{OWNER}/us-east-1/yard/\d{{4}}/\d\d/\d\d/\d{{4}}-\d\d-\d\d-00-00-00-[0-9A-F]{{16}}", key
    )
    kept = s3_of_yard.get_bucket_logging(Bucket="yard")["LoggingEnabled"]
    assert kept["TargetObjectKeyFormat"] == {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}


@pytest.mark.spec("S3LOG-008")
def test_an_empty_status_ends_the_log(s3_of_yard, log, logged):
    log()
    assert s3_of_yard.get_bucket_logging(Bucket="yard")["LoggingEnabled"]["TargetBucket"] == "attic"
    s3_of_yard.put_bucket_logging(Bucket="yard", BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3_of_yard.get_bucket_logging(Bucket="yard")
    s3_of_yard.get_object(Bucket="yard", Key="a")
    _, lines = logged()
    assert "REST.GET.OBJECT" not in [line[6] for line in lines]


def test_what_browsers_ask_a_website_is_logged_once_each(cloud, s3_of_yard, log, logged):
    site = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    s3_of_yard.put_bucket_website(Bucket="yard", WebsiteConfiguration=site)
    log()
    host = {"host": "yard.s3-website-us-east-1.amazonaws.com", "user-agent": 'a "browser"'}
    assert cloud.send(Request("GET", "/docs", "", host)).status == 403
    _, [line] = logged()
    assert (line[4], line[6], line[7]) == ("-", "WEBSITE.GET.OBJECT", "docs")
    assert line[8:11] == ('"GET /docs HTTP/1.1"', "403", "AccessDenied")
    assert (line[16], line[22]) == ('"a %22browser%22"', host["host"])


@pytest.mark.spec("S3LCR-018")
def test_what_rules_remove_is_logged_too(cloud, s3_of_yard, log, logged):
    log()
    s3_of_yard.put_object(Bucket="yard", Key="move", Body=b"x" * 128 * 1024)
    s3_of_yard.create_multipart_upload(Bucket="yard", Key="never")
    rules = [
        {"Filter": {"Prefix": "a"}, "Expiration": {"Days": 1}},
        {"Filter": {"Prefix": "move"}, "Transitions": [{"Days": 1, "StorageClass": "GLACIER_IR"}]},
        {"Filter": {"Prefix": "never"}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
    ]
    whole = {"Rules": [{"Status": "Enabled", **rule} for rule in rules]}
    s3_of_yard.put_bucket_lifecycle_configuration(Bucket="yard", LifecycleConfiguration=whole)
    cloud.turn(days=3)
    _, lines = logged()
    assert [(line[6], line[7]) for line in lines if line[4] == "AmazonS3"] == [
        ("S3.EXPIRE.OBJECT", "a"),
        ("S3.TRANSITION_GIR.OBJECT", "move"),
        ("S3.DELETE.UPLOAD", "never"),
    ]
