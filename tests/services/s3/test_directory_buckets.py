"""Directory buckets: in one zone, entered by sessions, with append and rename, without much that others have."""

import datetime as dt

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.services.s3 import appending
from tests.services.s3.conftest import OWNER, STRANGER, document, statement

NAME = "trees--use1-az4--x-s3"
ARN = f"arn:aws:s3express:us-east-1:{OWNER}:bucket/{NAME}"
PLACE = {
    "Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
    "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
}


@pytest.fixture
def s3(owner):
    return owner.client("s3", config=ClientConfig(retries={"total_max_attempts": 1}))


@pytest.fixture
def trees(s3):
    """A directory bucket of ``owner``."""
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
    return NAME


def keyed(cloud, credentials, **options):
    """Return a client that signs each request with a session's credentials, as whoever uses the REST interface."""
    session = cloud.session_with({name: credentials[name] for name in ("AccessKeyId", "SecretAccessKey")})
    config = ClientConfig(s3={"disable_s3_express_session_auth": True}, **options)
    client = session.client("s3", config=config)

    def add(request, **_):
        request.headers["x-amz-s3session-token"] = credentials["SessionToken"]

    client.meta.events.register("before-sign.s3", add)
    return client


@pytest.mark.spec("S3BKT-024")
def test_a_directory_bucket_lives_in_the_zone_of_its_name(s3, trees, refused):
    assert s3.head_bucket(Bucket=trees)["BucketLocationName"] == "use1-az4"
    listed = s3.list_directory_buckets()["Buckets"]
    assert [(each["Name"], each["BucketArn"]) for each in listed] == [(trees, ARN)]
    assert s3.list_buckets()["Buckets"] == []
    with refused("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket=trees, CreateBucketConfiguration=PLACE)
    for name in ("trees--usw2-az1--x-s3", "--use1-az4--x-s3", "Trees--use1-az4--x-s3", "x--x-s3"):
        with refused("InvalidBucketName"):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration=PLACE)
    with refused("InvalidRequest"):
        s3.create_bucket(Bucket="trees--use1-az1--x-s3", CreateBucketConfiguration=PLACE)
    with refused("MalformedXML"):
        s3.create_bucket(Bucket="bush--use1-az4--x-s3")
    with refused("InvalidBucketName"):
        s3.create_bucket(Bucket="bush", CreateBucketConfiguration=PLACE)
    s3.put_object(Bucket=trees, Key="a", Body=b"")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=trees)
    s3.delete_object(Bucket=trees, Key="a")
    s3.delete_bucket(Bucket=trees)
    assert s3.list_directory_buckets()["Buckets"] == []


def test_rules_expire_objects_and_do_no_more(cloud, s3, trees, refused):
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 1}}
    moving = {**rule, "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}
    tagged = {**rule, "Filter": {"Tag": {"Key": "a", "Value": "b"}}}
    for wrong in (moving, tagged):
        with refused("InvalidRequest"):
            s3.put_bucket_lifecycle_configuration(Bucket=trees, LifecycleConfiguration={"Rules": [wrong]})
    s3.put_bucket_lifecycle_configuration(Bucket=trees, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket=trees)["Rules"][0]["ID"] == "old"
    for key in ("old/a", "b"):
        s3.put_object(Bucket=trees, Key=key, Body=b"")
    cloud.turn(days=3)
    left = keyed(cloud, s3.create_session(Bucket=trees)["Credentials"]).list_objects_v2(Bucket=trees)
    assert [each["Key"] for each in left["Contents"]] == ["b"]


def test_they_have_tags(owner, trees, user, cloud, refused):
    control = owner.client("s3control")
    named = {"AccountId": OWNER, "ResourceArn": ARN}
    control.tag_resource(**named, Tags=[{"Key": "kind", "Value": "oak"}])
    assert control.list_tags_for_resource(**named)["Tags"] == [{"Key": "kind", "Value": "oak"}]
    user("ann", ("s3express:ListTagsForResource", ARN))
    key = owner.client("iam").create_access_key(UserName="ann")["AccessKey"]
    ann = cloud.session_with(key).client("s3control")
    assert len(ann.list_tags_for_resource(**named)["Tags"]) == 1
    with refused("AccessDenied", 403):
        ann.untag_resource(**named, TagKeys=["kind"])


def test_multi_region_access_points_do_not_lead_to_directory_buckets(owner, trees, refused):
    scope = {"Name": "world", "Regions": [{"Bucket": trees}]}
    west = owner.client("s3control", region_name="us-west-2")
    with refused("InvalidRequest"):
        west.create_multi_region_access_point(AccountId=OWNER, Details=scope)


@pytest.mark.parametrize("endpoint", ["http://localhost:4566", "http://127.0.0.1:4566"])
def test_sdks_with_one_endpoint_make_and_use_it(owner, endpoint):
    s3 = owner.client("s3", endpoint_url=endpoint)
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
    s3.put_object(Bucket=NAME, Key="oak/1", Body=b"acorn")
    assert s3.get_object(Bucket=NAME, Key="oak/1")["Body"].read() == b"acorn"
    assert [each["Name"] for each in s3.list_directory_buckets()["Buckets"]] == [NAME]
    s3.delete_objects(Bucket=NAME, Delete={"Objects": [{"Key": "oak/1"}]})
    s3.delete_bucket(Bucket=NAME)


def test_objects_have_the_one_class_and_an_etag_that_is_no_hash(s3, trees, upload_to, refused):
    put = s3.put_object(Bucket=trees, Key="a", Body=b"apple")
    assert put["ETag"] != '"1f3870be274f6c49b3e31a0c6728957f"'
    assert s3.head_object(Bucket=trees, Key="a")["StorageClass"] == "EXPRESS_ONEZONE"
    assert s3.list_objects_v2(Bucket=trees)["Contents"][0]["StorageClass"] == "EXPRESS_ONEZONE"
    with refused("InvalidStorageClass"):
        s3.put_object(Bucket=trees, Key="b", Body=b"", StorageClass="STANDARD")
    made = upload_to(s3, trees, "parts", b"x" * 5 * 1024 * 1024, b"y")
    assert s3.get_object(Bucket=trees, Key="parts")["ETag"] == made["ETag"]
    s3.create_bucket(Bucket="plain")
    s3.copy_object(Bucket="plain", Key="a", CopySource={"Bucket": trees, "Key": "a"})
    assert s3.head_object(Bucket="plain", Key="a")["ETag"] == '"1f3870be274f6c49b3e31a0c6728957f"'
    s3.copy_object(Bucket=trees, Key="back", CopySource={"Bucket": "plain", "Key": "a"})
    assert s3.get_object(Bucket=trees, Key="back")["Body"].read() == b"apple"


@pytest.fixture
def upload_to():
    def whole(s3, bucket, key, *bodies):
        begun = s3.create_multipart_upload(Bucket=bucket, Key=key)
        named = {"Bucket": bucket, "Key": key, "UploadId": begun["UploadId"]}
        parts = [
            {"PartNumber": number, "ETag": s3.upload_part(**named, PartNumber=number, Body=body)["ETag"]}
            for number, body in enumerate(bodies, 1)
        ]
        return s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})

    return whole


def test_a_session_is_for_one_bucket_and_for_five_minutes(cloud, s3, trees, refused):
    s3.create_bucket(Bucket="bush--use1-az4--x-s3", CreateBucketConfiguration=PLACE)
    s3.create_bucket(Bucket="plain")
    s3.put_object(Bucket=trees, Key="a", Body=b"apple")
    writing = keyed(cloud, s3.create_session(Bucket=trees)["Credentials"])
    reading = keyed(cloud, s3.create_session(Bucket=trees, SessionMode="ReadOnly")["Credentials"])
    for client in (writing, reading):
        assert client.get_object(Bucket=trees, Key="a")["Body"].read() == b"apple"
        client.list_objects_v2(Bucket=trees)
        with refused("AccessDenied", 403):
            client.get_object(Bucket="bush--use1-az4--x-s3", Key="a")
    writing.put_object(Bucket=trees, Key="b", Body=b"")
    for call, more in (
        (reading.put_object, {"Key": "b", "Body": b""}),
        (reading.delete_object, {"Key": "a"}),
        (reading.create_multipart_upload, {"Key": "c"}),
        (reading.delete_objects, {"Delete": {"Objects": [{"Key": "a"}]}}),
    ):
        with refused("AccessDenied", 403):
            call(Bucket=trees, **more)
    cloud.turn(200)
    writing.head_object(Bucket=trees, Key="a")
    cloud.turn(101)
    with refused("ExpiredToken"):
        writing.get_object(Bucket=trees, Key="a")


def test_a_session_s_key_opens_nothing_else(cloud, s3, trees, refused):
    credentials = s3.create_session(Bucket=trees)["Credentials"]
    s3.create_bucket(Bucket="plain")
    other = cloud.session_with(credentials)
    with refused("InvalidAccessKeyId", 403):
        other.client("s3").list_objects_v2(Bucket="plain")
    with refused("InvalidClientTokenId", 403):
        other.client("sts").get_caller_identity()
    with refused("AccessDenied", 403):
        keyed(cloud, credentials).create_session(Bucket=trees)
    with refused("InvalidToken"):
        keyed(cloud, {**credentials, "SessionToken": "forged"}).get_object(Bucket=trees, Key="a")


def test_who_may_create_a_session_is_for_policies(cloud, s3, trees, user, refused):
    s3.put_object(Bucket=trees, Key="a", Body=b"apple")
    ann, eve = user("ann", ("s3express:CreateSession", ARN)), user("eve", ("s3:*", "*"))
    bob = user("bob", ("s3express:CreateSession", ARN), account=STRANGER)
    assert ann.get_object(Bucket=trees, Key="a")["Body"].read() == b"apple"
    for client in (eve, bob):
        with refused("AccessDenied", 403):
            client.get_object(Bucket=trees, Key="a")
    with refused("AccessDenied", 403):
        ann.delete_bucket(Bucket=trees)
    reading = {"StringEquals": {"s3express:SessionMode": "ReadOnly"}}
    theirs = statement("s3express:CreateSession", ARN, {"AWS": f"arn:aws:iam::{STRANGER}:root"}, Condition=reading)
    for bad in (document(statement("s3:GetObject", ARN)), document(statement("s3express:CreateSession", ARN + "/*"))):
        with refused("MalformedPolicy"):
            s3.put_bucket_policy(Bucket=trees, Policy=bad)
    with refused("AccessDenied", 403):
        s3.put_bucket_policy(Bucket=trees, Policy=document(statement("s3express:CreateSession", ARN)))
    s3.put_bucket_policy(Bucket=trees, Policy=document(theirs))
    with refused("AccessDenied", 403):
        bob.create_session(Bucket=trees)
    session = keyed(cloud, bob.create_session(Bucket=trees, SessionMode="ReadOnly")["Credentials"])
    assert session.get_object(Bucket=trees, Key="a")["Body"].read() == b"apple"
    s3.delete_bucket_policy(Bucket=trees)
    with refused("AccessDenied", 403):
        bob.create_session(Bucket=trees, SessionMode="ReadOnly")


def test_what_directory_buckets_have_not_is_refused(s3, trees, refused):
    for call, more in (
        (s3.put_bucket_versioning, {"VersioningConfiguration": {"Status": "Enabled"}}),
        (s3.get_bucket_versioning, {}),
        (s3.list_object_versions, {}),
        (s3.list_objects, {}),
        (s3.get_bucket_acl, {}),
        (s3.get_bucket_tagging, {}),
        (s3.get_object_tagging, {"Key": "a"}),
        (s3.get_bucket_notification_configuration, {}),
    ):
        with refused("MethodNotAllowed", 405):
            call(Bucket=trees, **more)
    for more in (
        {"ACL": "private"},
        {"Tagging": "a=b"},
        {"WebsiteRedirectLocation": "/b"},
        {"ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="},
    ):
        with refused("NotImplemented", 501):
            s3.put_object(Bucket=trees, Key="a", Body=b"", **more)
    with refused("InvalidArgument"):
        s3.get_object(Bucket=trees, Key="a", VersionId="0" * 32)


def test_listings_go_by_directories_and_in_no_order(s3, trees, refused):
    for key in ("a/1", "a/2", "b/1", "c"):
        s3.put_object(Bucket=trees, Key=key, Body=b"")
    found = [each["Key"] for each in s3.list_objects_v2(Bucket=trees)["Contents"]]
    assert sorted(found) == ["a/1", "a/2", "b/1", "c"]
    assert found != sorted(found)
    page = s3.list_objects_v2(Bucket=trees, Prefix="a/", Delimiter="/")
    assert {each["Key"] for each in page["Contents"]} == {"a/1", "a/2"}
    assert {each["Prefix"] for each in s3.list_objects_v2(Bucket=trees, Delimiter="/")["CommonPrefixes"]} == {
        "a/",
        "b/",
    }
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=trees, PaginationConfig={"PageSize": 1})
    assert sorted(each["Key"] for page in pages for each in page["Contents"]) == sorted(found)
    for wrong in ({"Prefix": "a"}, {"Delimiter": "-"}):
        with refused("InvalidArgument"):
            s3.list_objects_v2(Bucket=trees, **wrong)
    with refused("NotImplemented", 501):
        s3.list_objects_v2(Bucket=trees, StartAfter="a/1")


def test_bytes_are_appended_at_the_end(s3, trees, upload_to, refused):
    first = s3.put_object(Bucket=trees, Key="log", Body=b"one\n")
    added = s3.put_object(Bucket=trees, Key="log", Body=b"two\n", WriteOffsetBytes=4)
    assert added["Size"] == 8
    assert added["ETag"] != first["ETag"]
    large = b"x" * 300_000
    s3.put_object(Bucket=trees, Key="log", Body=large, WriteOffsetBytes=8)
    got = s3.get_object(Bucket=trees, Key="log", ChecksumMode="ENABLED")
    whole = b"one\ntwo\n" + large
    assert got["Body"].read() == whole  # the SDK holds it to the checksum
    assert got["ChecksumCRC32"] == s3.put_object(Bucket=trees, Key="same", Body=whole)["ChecksumCRC32"]
    assert s3.get_object(Bucket=trees, Key="log", Range="bytes=3-9")["Body"].read() == whole[3:10]
    for offset in (0, 4, len(whole) + 1):
        with refused("InvalidWriteOffset"):
            s3.put_object(Bucket=trees, Key="log", Body=b"-", WriteOffsetBytes=offset)
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=trees, Key="none", Body=b"-", WriteOffsetBytes=3)
    upload_to(s3, trees, "parts", b"x" * 5 * 1024 * 1024, b"y")
    more = {"Body": b"z", "WriteOffsetBytes": 5 * 1024 * 1024 + 1}
    with refused("InvalidRequest"):
        s3.put_object(Bucket=trees, Key="parts", **more)  # by CRC32, where the object has a CRC64NVME
    s3.put_object(Bucket=trees, Key="parts", **more, ChecksumAlgorithm="CRC64NVME")
    assert s3.get_object(Bucket=trees, Key="parts", Range="bytes=-3")["Body"].read() == b"xyz"
    s3.create_bucket(Bucket="plain")
    s3.put_object(Bucket="plain", Key="a", Body=b"")
    with refused("NotImplemented", 501):
        s3.put_object(Bucket="plain", Key="a", Body=b"-", WriteOffsetBytes=0)


def test_nothing_is_appended_to_the_largest_object(s3, trees, refused, monkeypatch):
    s3.put_object(Bucket=trees, Key="log", Body=b"one\n")
    monkeypatch.setattr(appending, "MAX_OBJECT_BYTES", 6)
    with refused("EntityTooLarge") as answer:
        s3.put_object(Bucket=trees, Key="log", Body=b"two", WriteOffsetBytes=4)
    assert answer["Error"]["ProposedSize"] == "7"
    s3.put_object(Bucket=trees, Key="log", Body=b"tw", WriteOffsetBytes=4)
    assert s3.get_object(Bucket=trees, Key="log")["Body"].read() == b"one\ntw"


def test_an_object_gets_another_key(s3, trees, blobs, refused):
    s3.put_object(Bucket=trees, Key="old name", Body=b"o" * 200_000, Metadata={"a": "b"})
    s3.put_object(Bucket=trees, Key="other", Body=b"p" * 200_000)
    etag = s3.head_object(Bucket=trees, Key="old name")["ETag"]
    renamed = {"Bucket": trees, "Key": "new", "RenameSource": f"{trees}/old%20name", "ClientToken": "once"}
    s3.rename_object(**renamed)
    s3.rename_object(**renamed)
    head = s3.head_object(Bucket=trees, Key="new")
    assert (head["ETag"], head["Metadata"]) == (etag, {"a": "b"})
    with refused("404", 404):
        s3.head_object(Bucket=trees, Key="old name")
    with refused("IdempotencyParameterMismatch"):
        s3.rename_object(**renamed | {"Key": "newer"})
    over = {"Bucket": trees, "Key": "other", "RenameSource": f"{trees}/new"}
    with refused("PreconditionFailed", 412):
        s3.rename_object(**over, DestinationIfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        s3.rename_object(**over, SourceIfMatch='"other"')
    s3.rename_object(**over)
    assert s3.get_object(Bucket=trees, Key="other")["Body"].read(1) == b"o"
    assert len(blobs()) == 1
    with refused("NoSuchKey", 404):
        s3.rename_object(**over)
    with refused("InvalidRequest"):
        s3.rename_object(Bucket=trees, Key="b", RenameSource="elsewhere/a")


def test_deletions_name_the_object_they_mean(s3, trees, refused):
    s3.put_object(Bucket=trees, Key="a", Body=b"apple")
    written_at = s3.head_object(Bucket=trees, Key="a")["LastModified"]
    for wrong in ({"IfMatchSize": 4}, {"IfMatchLastModifiedTime": written_at - dt.timedelta(seconds=9)}):
        with refused("PreconditionFailed", 412):
            s3.delete_object(Bucket=trees, Key="a", **wrong)
    told = s3.delete_objects(Bucket=trees, Delete={"Objects": [{"Key": "a", "Size": 4}]})
    assert told["Errors"][0]["Code"] == "PreconditionFailed"
    s3.delete_object(Bucket=trees, Key="a", IfMatchSize=5, IfMatchLastModifiedTime=written_at)
    upload = s3.create_multipart_upload(Bucket=trees, Key="u")["UploadId"]
    named = {"Bucket": trees, "Key": "u", "UploadId": upload}
    with refused("PreconditionFailed", 412):
        s3.abort_multipart_upload(**named, IfMatchInitiatedTime=written_at - dt.timedelta(days=1))
    s3.abort_multipart_upload(**named)
