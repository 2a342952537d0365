"""Records are partitioned by their own fields."""

import base64
import json

import pytest

ERRORS = "bad/!{firehose:error-output-type}/"


def partitioned(query="{c:.customer}", prefix="c=!{partitionKeyFromQuery:c}/", *processors, **more):
    extraction = {
        "Type": "MetadataExtraction",
        "Parameters": [
            {"ParameterName": "MetadataExtractionQuery", "ParameterValue": query},
            {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
        ],
    }
    return {
        "Prefix": prefix,
        "ErrorOutputPrefix": ERRORS,
        "DynamicPartitioningConfiguration": {"Enabled": True},
        "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
        "ProcessingConfiguration": {"Enabled": True, "Processors": [extraction, *processors]},
        **more,
    }


@pytest.mark.spec("KFH-012")
def test_each_object_holds_one_value(cloud, make_stream, landed):
    stream = make_stream(**partitioned())
    rows = [{"customer": customer, "n": n} for n in range(4) for customer in ("ann", "bob", 7)]
    stream.put_many([json.dumps(row).encode() + b"\n" for row in rows])
    cloud.turn(61)
    found = landed("c=")
    assert {key.split("/")[0] for key in found} == {"c=ann", "c=bob", "c=7"}
    for key, content in found.items():
        customers = {str(json.loads(line)["customer"]) for line in content.splitlines()}
        assert customers == {key.split("/")[0].removeprefix("c=")}
        assert [json.loads(line)["n"] for line in content.splitlines()] == [0, 1, 2, 3]


def test_what_has_no_partition_goes_to_the_error_prefix(cloud, make_stream, landed):
    stream = make_stream(**partitioned())
    stream.put_many([b'{"customer":"ann"}', b"no json", b'{"other":1}', b"\xff"])
    cloud.turn(61)
    assert list(landed("c=").values()) == [b'{"customer":"ann"}']
    ((key, content),) = landed("bad/").items()
    assert key.startswith("bad/processing-failed/")
    lines = [json.loads(line) for line in content.splitlines()]
    assert [base64.b64decode(line["rawData"]) for line in lines] == [b"no json", b'{"other":1}', b"\xff"]
    assert {line["errorCode"] for line in lines} == {"DynamicPartitioning.MetadataExtractionFailed"}


def test_odd_queries_and_long_values_lose_nothing(cloud, make_stream, landed):
    nothing = make_stream(**partitioned("empty", ErrorOutputPrefix="none/!{firehose:error-output-type}/"))
    nothing.put(b'{"customer":"ann"}')
    long = make_stream(**partitioned())
    long.put_many([json.dumps({"customer": customer}).encode() for customer in ("x" * 1000, "y" * 2000, ["list"])])
    cloud.turn(61)
    assert len(landed("none/")) == 1
    (content,) = landed("bad/").values()
    codes = [json.loads(line)["errorCode"] for line in content.splitlines()]
    assert sorted(code.rpartition(".")[2] for code in codes) == [
        "KeyTooLong",
        "MetadataExtractionFailed",
        "MetadataExtractionFailed",
    ]
    assert landed("c=") == {}


def test_records_are_taken_apart_and_delimited(cloud, make_stream, landed):
    apart = {
        "Type": "RecordDeAggregation",
        "Parameters": [{"ParameterName": "SubRecordType", "ParameterValue": "JSON"}],
    }
    delimit = {
        "Type": "AppendDelimiterToRecord",
        "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
    }
    stream = make_stream(**partitioned("{c:.customer}", "c=!{partitionKeyFromQuery:c}/", apart, delimit))
    stream.put(b'{"customer":"a"} {"customer":"b"}{"customer":"a"}')
    cloud.turn(61)
    assert sorted(landed("c=").values()) == [b'{"customer":"a"}\n{"customer":"a"}\n', b'{"customer":"b"}\n']


@pytest.mark.parametrize(
    "wrong",
    [
        partitioned(prefix="plain/"),
        partitioned(query="{c:"),
        partitioned(BufferingHints={"SizeInMBs": 5, "IntervalInSeconds": 60}),
        partitioned(ProcessingConfiguration={"Enabled": False}),
        partitioned(ErrorOutputPrefix="bad/!{timestamp:yyyy}/"),
        {"Prefix": "c=!{partitionKeyFromQuery:c}/", "ErrorOutputPrefix": ERRORS},
        {"Prefix": "!{timestamp:yyyy}/"},
        {"Prefix": "!{timestamp:yyyy/", "ErrorOutputPrefix": ERRORS},
        {"Prefix": "!{timestamp:QQ}/", "ErrorOutputPrefix": ERRORS},
        {"Prefix": "!{nothing:x}/", "ErrorOutputPrefix": ERRORS},
        {"Prefix": "!{firehose:error-output-type}/", "ErrorOutputPrefix": ERRORS},
        {"CustomTimeZone": "Mars/Olympus"},
        {"S3BackupMode": "Enabled"},
    ],
)
def test_what_cannot_be_is_refused(make_stream, firehose, refused, wrong):
    assert refused(make_stream, **wrong)[0] == "InvalidArgumentException"
    assert firehose.list_delivery_streams()["DeliveryStreamNames"] == []
