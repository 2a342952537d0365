"""A delivery stream's life, its settings, and what is refused."""

import json

import pytest

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud
from tests.services.firehose.conftest import BUCKET, ONCE, StreamInHand, make_role


@pytest.mark.spec("KFH-003")
def test_a_stream_goes_through_its_states_with_the_clock(refused):
    cloud = TestCloud(Config(pace="realistic"))
    session = cloud.session()
    firehose, role = session.client("firehose", config=ONCE), make_role(session)
    session.client("s3").create_bucket(Bucket="landing")
    configuration = {"RoleARN": role, "BucketARN": BUCKET}
    firehose.create_delivery_stream(DeliveryStreamName="d", ExtendedS3DestinationConfiguration=configuration)
    stream = StreamInHand(firehose, "d")
    assert stream.described["DeliveryStreamStatus"] == "CREATING"
    assert refused(stream.put, "x")[0] == "ResourceNotFoundException"
    assert refused(firehose.delete_delivery_stream, DeliveryStreamName="d")[0] == "ResourceInUseException"
    cloud.turn(60)
    assert stream.described["DeliveryStreamStatus"] == "ACTIVE"
    firehose.start_delivery_stream_encryption(DeliveryStreamName="d")
    assert stream.described["DeliveryStreamEncryptionConfiguration"]["Status"] == "ENABLING"
    again = refused(firehose.stop_delivery_stream_encryption, DeliveryStreamName="d")
    assert again[0] == "ResourceInUseException"
    cloud.turn(60)
    firehose.delete_delivery_stream(DeliveryStreamName="d")
    assert stream.described["DeliveryStreamStatus"] == "DELETING"
    cloud.turn(60)
    assert refused(lambda: stream.described)[0] == "ResourceNotFoundException"
    cloud.close()


@pytest.mark.spec("KFH-016")
def test_encryption_is_started_and_stopped(make_stream, firehose):
    stream = make_stream()
    assert stream.put("x")["Encrypted"] is False
    firehose.start_delivery_stream_encryption(DeliveryStreamName=stream.name)
    shown = stream.described["DeliveryStreamEncryptionConfiguration"]
    assert shown == {"Status": "ENABLED", "KeyType": "AWS_OWNED_CMK"}
    assert stream.put("x")["Encrypted"] is True
    firehose.stop_delivery_stream_encryption(DeliveryStreamName=stream.name)
    assert stream.described["DeliveryStreamEncryptionConfiguration"] == {"Status": "DISABLED"}


@pytest.mark.spec("KFH-014")
def test_a_destination_is_changed_by_who_knows_its_version(cloud, make_stream, firehose, landed, refused):
    stream = make_stream(Prefix="old/")

    def update(version, destination="destinationId-000000000001", **update):
        firehose.update_destination(
            DeliveryStreamName=stream.name,
            CurrentDeliveryStreamVersionId=version,
            DestinationId=destination,
            ExtendedS3DestinationUpdate=update,
        )

    assert refused(update, "2", Prefix="new/")[0] == "ConcurrentModificationException"
    assert refused(update, "1", "elsewhere", Prefix="new/")[0] == "InvalidArgumentException"
    assert refused(update, "1", Prefix="!{wrong}")[0] == "InvalidArgumentException"
    update("1", Prefix="new/")
    described = stream.described
    assert described["VersionId"] == "2"
    shown = described["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert (shown["Prefix"], shown["BucketARN"]) == ("new/", BUCKET)
    stream.put("x")
    cloud.turn(301)
    assert list(landed("new/").values()) == [b"x"]


@pytest.mark.spec("KFH-015")
def test_streams_are_listed_by_start_name(make_stream, firehose):
    for name in ("c", "a", "b"):
        make_stream(name)
    first = firehose.list_delivery_streams(Limit=2)
    assert (first["DeliveryStreamNames"], first["HasMoreDeliveryStreams"]) == (["a", "b"], True)
    rest = firehose.list_delivery_streams(Limit=2, ExclusiveStartDeliveryStreamName="b")
    assert (rest["DeliveryStreamNames"], rest["HasMoreDeliveryStreams"]) == (["c"], False)
    assert firehose.list_delivery_streams(DeliveryStreamType="KinesisStreamAsSource")["DeliveryStreamNames"] == []


@pytest.mark.spec("KFH-015")
def test_tags_are_added_paged_and_removed(make_stream, firehose):
    name = {"DeliveryStreamName": make_stream().name}
    firehose.tag_delivery_stream(**name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}, {"Key": "c", "Value": "3"}])
    firehose.untag_delivery_stream(**name, TagKeys=["c", "d"])
    first = firehose.list_tags_for_delivery_stream(**name, Limit=1)
    assert (first["Tags"], first["HasMoreTags"]) == ([{"Key": "a", "Value": "1"}], True)
    rest = firehose.list_tags_for_delivery_stream(**name, ExclusiveStartTagKey="a")
    assert (rest["Tags"], rest["HasMoreTags"]) == ([{"Key": "b", "Value": ""}], False)


def test_every_set_option_is_shown(make_stream, role):
    wanted = {
        "Prefix": "p/",
        "ErrorOutputPrefix": "e/",
        "BufferingHints": {"SizeInMBs": 7, "IntervalInSeconds": 70},
        "CompressionFormat": "GZIP",
        "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "g", "LogStreamName": "s"},
        "ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord"}]},
        "S3BackupMode": "Enabled",
        "FileExtension": ".x",
        "CustomTimeZone": "UTC",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    }
    backup = {"RoleARN": role, "BucketARN": BUCKET, "Prefix": "b/"}
    (shown,) = make_stream(**wanted, S3BackupConfiguration=backup).described["Destinations"]
    shown = shown["ExtendedS3DestinationDescription"]
    assert wanted.items() <= shown.items()
    assert backup.items() <= shown["S3BackupDescription"].items()


@pytest.mark.spec("KFH-010")
def test_records_and_batches_are_limited(make_stream, refused, firehose):
    stream = make_stream()
    assert refused(stream.put, b"x" * 1_024_001)[0] == "ValidationException"
    stream.put(b"x" * 1_024_000)
    assert refused(stream.put_many, [b"x"] * 501)[0] == "ValidationException"
    assert refused(stream.put_many, [b"x" * 1_000_000] * 5)[0] == "InvalidArgumentException"
    answer = stream.put_many([b"x"] * 500)
    assert (answer["FailedPutCount"], len(answer["RequestResponses"])) == (0, 500)
    nobody = StreamInHand(firehose, "nobody")
    assert refused(nobody.put, "x")[:2] == ("ResourceNotFoundException", 400)
    assert refused(make_stream, stream.name)[0] == "ResourceInUseException"


@pytest.mark.spec("KFH-005")
def test_intervals_are_limited(make_stream, refused):
    for hints in ({"IntervalInSeconds": 901, "SizeInMBs": 5}, {"IntervalInSeconds": 60, "SizeInMBs": 129}):
        assert refused(make_stream, BufferingHints=hints)[0] == "ValidationException"
    make_stream(BufferingHints={"IntervalInSeconds": 0, "SizeInMBs": 1})


def test_a_role_must_let_firehose_in(aws, make_stream, refused):
    for arn in (
        make_role(aws, "for-somebody-else", service="ec2.amazonaws.com"),
        "arn:aws:iam::000000000000:role/not-there",
    ):
        code, _, text = refused(make_stream, RoleARN=arn)
        assert code == "InvalidArgumentException"
        assert text == f"Firehose is unable to assume role {arn}. Please check the role provided."


def test_destinations_that_are_not_built_say_so(firehose, role, s3, refused):
    s3_configuration = {"RoleARN": role, "BucketARN": BUCKET}
    splunk = {
        "HECEndpoint": "https://example.com",
        "HECEndpointType": "Raw",
        "HECToken": "t",
        "S3Configuration": s3_configuration,
    }
    code, status, text = refused(
        firehose.create_delivery_stream, DeliveryStreamName="d", SplunkDestinationConfiguration=splunk
    )
    assert (code, status) == ("NotImplemented", 501)
    assert "Splunk" in text
    assert refused(firehose.create_delivery_stream, DeliveryStreamName="d")[0] == "InvalidArgumentException"


def test_passing_a_role_needs_permission(cloud, aws, firehose, role, s3):
    from botocore.exceptions import ClientError

    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    allowed = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"firehose:*","Resource":"*"}]}'
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allowed)
    ann = cloud.session().client(
        "firehose", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    ann.list_delivery_streams()
    configuration = {"RoleARN": role, "BucketARN": BUCKET}
    with pytest.raises(ClientError, match="iam:PassRole"):
        ann.create_delivery_stream(DeliveryStreamName="d", ExtendedS3DestinationConfiguration=configuration)


def test_policies_can_ask_for_a_streams_tags(cloud, aws, make_stream, firehose, refused):
    make_stream()
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    allow = {"Effect": "Allow", "Action": "firehose:PutRecord", "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": allow})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    ann = cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"]).client("firehose")
    name = firehose.list_delivery_streams()["DeliveryStreamNames"][0]
    record = {"DeliveryStreamName": name, "Record": {"Data": b"x"}}
    assert refused(ann.put_record, **record)[0] == "AccessDeniedException"
    firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=[{"Key": "team", "Value": "red"}])
    assert ann.put_record(**record)["RecordId"]
