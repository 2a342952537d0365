"""Records land in S3, buffered, named and compressed as asked."""

import gzip
import io
import json
import re
import zipfile
from datetime import UTC, datetime

import cramjam
import pytest

from tests.services.firehose.conftest import BUCKET, policy


@pytest.mark.spec("KFH-001", "KFH-005")
def test_records_land_together_after_the_interval(cloud, make_stream, landed):
    stream = make_stream(BufferingHints={"IntervalInSeconds": 60, "SizeInMBs": 5})
    for number in range(3):
        assert len(stream.put(f"{number}\n")["RecordId"]) > 100
    cloud.turn(50)
    assert landed() == {}
    hour = datetime.fromtimestamp(cloud.now / 1000, UTC)
    cloud.turn(11)
    ((key, content),) = landed().items()
    assert content == b"0\n1\n2\n"
    assert re.fullmatch(
        rf"\d{{4}}/\d\d/\d\d/\d\d/{stream.name}-1-\d{{4}}(-\d\d){{5}}-[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}",
        key,
    )
    assert key.startswith(f"{hour:%Y/%m/%d}")


@pytest.mark.spec("KFH-005")
def test_a_full_buffer_does_not_wait(cloud, make_stream, landed):
    stream = make_stream(BufferingHints={"IntervalInSeconds": 900, "SizeInMBs": 1})
    stream.put_many([b"x" * 500_000] * 2)
    cloud.settle()
    assert landed() == {}
    stream.put(b"y" * 100_000)
    cloud.settle()
    assert [len(content) for content in landed().values()] == [1_100_000]


@pytest.mark.spec("KFH-007", "KFH-008")
def test_nothing_is_delivered_twice_or_kept(cloud, make_stream, landed):
    stream = make_stream()
    stream.put("a")
    cloud.turn(301)
    later = make_stream(Prefix="later/")
    stream.put("b")
    cloud.turn(hours=30)
    assert sorted(landed().values()) == [b"a", b"b"]
    assert landed("later/") == {}
    assert later.described["DeliveryStreamStatus"] == "ACTIVE"

    def left(scope):
        from skyglobe.services.firehose.records import batches, holdings

        return len(list(batches.scan(scope))), {held.size for held in holdings.scan(scope)}

    assert cloud.run(cloud.kernel.transact(left, "000000000000", "us-east-1")) == (0, {0})


def unzipped(content):
    archive = zipfile.ZipFile(io.BytesIO(content))
    (name,) = archive.namelist()
    return archive.read(name)


def hadoop(content):
    whole, packed = int.from_bytes(content[:4], "big"), int.from_bytes(content[4:8], "big")
    assert packed == len(content) - 8
    return bytes(cramjam.snappy.decompress_raw(content[8:], output_len=whole))


@pytest.mark.parametrize(
    ("form", "ending", "undo"),
    [
        ("GZIP", ".gz", gzip.decompress),
        ("ZIP", ".zip", unzipped),
        ("Snappy", ".snappy", lambda content: bytes(cramjam.snappy.decompress(content))),
        ("HADOOP_SNAPPY", ".hsnappy", hadoop),
    ],
)
def test_objects_are_compressed(cloud, make_stream, landed, form, ending, undo):
    stream = make_stream(CompressionFormat=form)
    stream.put_many([b"line\n"] * 100)
    cloud.turn(301)
    ((key, content),) = landed().items()
    assert key.endswith(ending)
    assert len(content) < 500
    assert undo(content) == b"line\n" * 100


def test_prefixes_are_evaluated_in_the_streams_time_zone(cloud, make_stream, landed):
    stream = make_stream(
        Prefix="in/year=!{timestamp:yyyy}/!{timestamp:MM-dd'T'HH}/!{firehose:random-string}/",
        ErrorOutputPrefix="bad/!{firehose:error-output-type}/",
        CustomTimeZone="Asia/Tokyo",
        FileExtension=".log",
    )
    at = datetime.fromtimestamp(cloud.now / 1000 + 9 * 3600, UTC)
    stream.put("x")
    cloud.turn(301)
    ((key, _),) = landed().items()
    assert re.fullmatch(rf"in/year={at:%Y}/{at:%m-%d}T\d\d/[a-z0-9]{{11}}/[^/]+\.log", key)
    assert abs(int(key.split("T")[1][:2]) - at.hour) in (0, 1, 23)


@pytest.mark.spec("KFH-013")
def test_originals_are_backed_up(cloud, make_stream, landed, role):
    stream = make_stream(
        Prefix="done/",
        S3BackupMode="Enabled",
        S3BackupConfiguration={"RoleARN": role, "BucketARN": BUCKET, "Prefix": "originals/"},
        ProcessingConfiguration={"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord"}]},
    )
    stream.put_many([b"a", b"b"])
    cloud.turn(301)
    assert list(landed("done/").values()) == [b"a\nb\n"]
    assert list(landed("originals/").values()) == [b"ab"]


@pytest.mark.spec("KFH-017")
def test_what_the_role_may_not_do_waits_until_it_may(cloud, aws, firehose, make_stream, landed):
    logs, iam = aws.client("logs"), aws.client("iam")
    logs.create_log_group(logGroupName="firehose")
    logs.create_log_stream(logGroupName="firehose", logStreamName="s3")
    options = {"Enabled": True, "LogGroupName": "firehose", "LogStreamName": "s3"}
    stream = make_stream(CloudWatchLoggingOptions=options)

    def allow(*actions):
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        iam.put_role_policy(RoleName="firehose", PolicyName="p", PolicyDocument=policy(statement))

    def told():
        events = logs.filter_log_events(logGroupName="firehose")["events"]
        return [json.loads(event["message"]) for event in events]

    allow("logs:PutLogEvents")
    stream.put("patient")
    cloud.turn(minutes=10)
    assert landed() == {}
    assert {one["errorCode"] for one in told()} == {"S3.AccessDenied"}
    assert told()[0]["deliveryStreamARN"] == stream.described["DeliveryStreamARN"]
    assert told()[0]["destination"] == BUCKET
    allow("s3:PutObject")
    before = len(told())
    cloud.turn(hours=1)
    assert list(landed().values()) == [b"patient"]
    assert len(told()) == before


def test_a_missing_bucket_loses_nothing(cloud, make_stream, landed, s3):
    stream = make_stream(BucketARN="arn:aws:s3:::not-there-yet")
    stream.put("first")
    cloud.turn(301)
    stream.put("second")
    cloud.turn(400)
    s3.create_bucket(Bucket="not-there-yet")
    cloud.turn(hours=1)
    assert sorted(landed(bucket="not-there-yet").values()) == [b"first", b"second"]
