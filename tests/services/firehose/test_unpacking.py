"""What CloudWatch Logs sends: decompressed, and the messages taken out of it."""

import gzip
import json

from skyglobe.services.firehose.rules import unpacking as unpacking_rules
from tests.services.firehose.conftest import make_role


def unpacking(**extraction):
    compression = [{"ParameterName": "CompressionFormat", "ParameterValue": "GZIP"}]
    processors = [{"Type": "Decompression", "Parameters": compression}]
    if extraction:
        named = [{"ParameterName": name, "ParameterValue": value} for name, value in extraction.items()]
        processors.append({"Type": "CloudWatchLogProcessing", "Parameters": named})
    return {"Enabled": True, "Processors": processors}


def test_the_messages_of_a_log_group_land_as_lines(cloud, aws, make_stream, landed):
    stream = make_stream(ProcessingConfiguration=unpacking(DataMessageExtraction="true"))
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="s")
    sender = make_role(aws, "sender", ("firehose:PutRecord",), service="logs.amazonaws.com")
    logs.put_subscription_filter(
        logGroupName="app",
        filterName="all",
        filterPattern="",
        destinationArn=stream.described["DeliveryStreamARN"],
        roleArn=sender,
    )
    events = [{"timestamp": cloud.now, "message": text} for text in ("one", "two")]
    logs.put_log_events(logGroupName="app", logStreamName="s", logEvents=events)
    cloud.settle()
    cloud.turn(301)
    assert list(landed().values()) == [b"one\ntwo\n"]


def test_what_is_not_compressed_goes_to_the_error_prefix(cloud, make_stream, landed, monkeypatch):
    monkeypatch.setattr(unpacking_rules, "MAX_UNPACKED", 1 << 20)
    stream = make_stream(ProcessingConfiguration=unpacking())
    bomb = gzip.compress(b"x" * (2 << 20))
    stream.put_many([gzip.compress(b"a") + gzip.compress(b"b"), b"plain", gzip.compress(b"cut")[:-3], bomb])
    cloud.turn(301)
    found = landed()
    assert [content for key, content in found.items() if not key.startswith("processing-failed/")] == [b"ab"]
    (content,) = landed("processing-failed/").values()
    assert {json.loads(line)["errorCode"] for line in content.splitlines()} == {"Decompression.Failed"}
    assert len(content.splitlines()) == 3


def test_processors_need_their_parameters(make_stream, refused):
    for processors in ([{"Type": "Decompression"}], unpacking(DataMessageExtraction="x")["Processors"]):
        asked = {"ProcessingConfiguration": {"Enabled": True, "Processors": processors}}
        assert refused(make_stream, **asked)[0] == "InvalidArgumentException"
