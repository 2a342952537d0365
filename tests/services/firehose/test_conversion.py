"""Records of JSON that land as Parquet and ORC, by the schema of a table of Glue's catalog."""

import base64
import datetime as dt
import io
import json
from decimal import Decimal

import pytest
from pyarrow import orc, parquet

from tests.services.firehose.conftest import make_role

COLUMNS = [
    ("id", "bigint"),
    ("name", "string"),
    ("at", "timestamp"),
    ("day", "date"),
    ("price", "decimal(8,2)"),
    ("ok", "boolean"),
    ("tags", "array<string>"),
    ("place", "struct<lat:double,Zip:int>"),
    ("counts", "map<string,int>"),
]
READS = ("glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions")


def columns(described):
    return [{"Name": name, "Type": type_} for name, type_ in described]


@pytest.fixture
def glue(aws):
    client = aws.client("glue")
    client.create_database(DatabaseInput={"Name": "lake"})
    described = {"Name": "orders", "StorageDescriptor": {"Columns": columns(COLUMNS)}}
    client.create_table(DatabaseName="lake", TableInput=described)
    return client


@pytest.fixture
def reader(aws):
    """The role that the schema is read in."""
    return make_role(aws, "reader", READS)


@pytest.fixture
def converting(reader):
    """A destination's settings: ``converting("OrcSerDe", HiveJsonSerDe={})``."""

    def make(serializer="ParquetSerDe", options=None, version=None, **deserializer):
        schema = {"RoleARN": reader, "DatabaseName": "lake", "TableName": "orders"}
        return {
            "Prefix": "out/",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
            "DataFormatConversionConfiguration": {
                "SchemaConfiguration": schema | ({"VersionId": version} if version else {}),
                "InputFormatConfiguration": {"Deserializer": deserializer or {"OpenXJsonSerDe": {}}},
                "OutputFormatConfiguration": {"Serializer": {serializer: options or {}}},
            },
        }

    return make


@pytest.fixture
def rows(landed):
    """The rows in what has landed, by file."""

    def look(ending=".parquet", read=parquet.read_table):
        found = [content for key, content in sorted(landed("out/").items()) if key.endswith(ending)]
        return [row for content in found for row in read(io.BytesIO(content)).to_pylist()]

    return look


@pytest.mark.spec("KFH-011")
def test_json_lands_as_parquet(cloud, glue, make_stream, converting, landed, rows):
    stream = make_stream(**converting())
    first = {
        "ID": "7",
        "Name": {"first": "Ann"},
        "at": "2024-02-03T04:05:06.789Z",
        "day": "2024-02-03",
        "price": 12.345,
        "ok": "true",
        "tags": ["a", None, "b"],
        "place": {"LAT": 1, "zip": 8001, "more": 1},
        "counts": {"x": 1},
        "unknown": "left out",
    }
    stream.put(json.dumps(first) + json.dumps({"id": 8, "at": 1518033528}))
    stream.put(json.dumps({"id": 9, "at": 1518033528123}))
    cloud.turn(61)
    found = rows()
    assert [row["id"] for row in found] == [7, 8, 9]
    assert found[0]["name"] == '{"first":"Ann"}'
    assert found[0]["at"].replace(tzinfo=dt.UTC) == dt.datetime(2024, 2, 3, 4, 5, 6, 789000, tzinfo=dt.UTC)
    assert found[0]["day"] == dt.date(2024, 2, 3)
    assert found[0]["price"] == Decimal("12.35")
    assert found[0]["ok"] is True
    assert found[0]["tags"] == ["a", None, "b"]
    assert found[0]["place"] == {"lat": 1.0, "Zip": 8001}
    assert found[0]["counts"] == [("x", 1)]
    assert found[1]["name"] is None
    assert found[1]["at"].replace(tzinfo=dt.UTC) == dt.datetime(2018, 2, 7, 19, 58, 48, tzinfo=dt.UTC)
    assert found[2]["at"].replace(tzinfo=dt.UTC) == dt.datetime(2018, 2, 7, 19, 58, 48, 123000, tzinfo=dt.UTC)
    (content,) = landed("out/").values()
    assert parquet.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(0).compression == "SNAPPY"


def test_what_does_not_fit_goes_to_the_error_prefix_with_its_table(cloud, glue, make_stream, converting, landed, rows):
    stream = make_stream(**converting())
    wrong = [
        b'{"id":',
        b'[{"id": 1}]',
        b'{"id": "x"}',
        b'{"id": 1e30}',
        b'{"name": "\\ud800"}',
        b'{"tags": "a"}',
        b"\xff",
    ]
    stream.put_many([b'{"id": 1}', *wrong, b'{"id": NaN}', b"[" * 100_000])
    cloud.turn(61)
    assert [row["id"] for row in rows()] == [1]
    (content,) = landed("out/format-conversion-failed/").values()
    lines = [json.loads(line) for line in content.splitlines()]
    assert [base64.b64decode(line["rawData"]) for line in lines][: len(wrong)] == wrong
    codes = [line["lastErrorCode"].removeprefix("DataFormatConversion.") for line in lines]
    parse, data = "ParseError", "MalformedData"
    assert codes == [parse, parse, data, data, data, data, parse, parse, parse]
    assert lines[0]["dataCatalogTable"] == {
        "catalogId": "000000000000",
        "databaseName": "lake",
        "tableName": "orders",
        "region": "us-east-1",
        "versionId": "LATEST",
    }


def test_hive_takes_values_for_what_they_are_and_timestamps_as_told(cloud, glue, make_stream, converting, landed, rows):
    formats = ["dd/MM/yyyy HH:mm:ss.SSSZ", "yyyyMMddHHmmss", "MMM d, yyyy h:mm a", "millis"]
    stream = make_stream(**converting("OrcSerDe", HiveJsonSerDe={"TimestampFormats": formats}))
    times = ["03/02/2024 04:05:06.5+0100", "20240203040506", "Feb 3, 2024 1:05 PM", 1518033528123]
    stream.put_many([json.dumps({"id": number, "AT": at}).encode() for number, at in enumerate(times)])
    stream.put_many([b'{"id": "1"}', b'{"name": {"a": 1}}', b'{"at": "2024-02-03 04:05:06"}'])
    cloud.turn(61)
    day = dt.datetime(2024, 2, 3, tzinfo=dt.UTC)
    assert [row["at"].replace(tzinfo=dt.UTC) for row in rows(".orc", orc.read_table)] == [
        day.replace(hour=3, minute=5, second=6, microsecond=500000),
        day.replace(hour=4, minute=5, second=6),
        day.replace(hour=13, minute=5),
        dt.datetime(2018, 2, 7, 19, 58, 48, 123000, tzinfo=dt.UTC),
    ]
    (content,) = landed("out/format-conversion-failed/").values()
    assert len(content.splitlines()) == 3


def test_keys_are_named_as_the_deserializer_is_told(cloud, glue, make_stream, converting, rows):
    options = {"ConvertDotsInJsonKeysToUnderscores": True, "ColumnToJsonKeyMappings": {"ts": "timestamp"}}
    described = columns([("ts", "bigint"), ("a_b", "string"), ("c", "string")])
    glue.update_table(DatabaseName="lake", TableInput={"Name": "orders", "StorageDescriptor": {"Columns": described}})
    folding = make_stream(**converting(OpenXJsonSerDe=options))
    folding.put(b'{"Timestamp": 5, "a.b": "dots", "C": "folded"}')
    cloud.turn(61)
    assert rows() == [{"ts": 5, "a_b": "dots", "c": "folded"}]
    exact = make_stream(**converting(OpenXJsonSerDe={"CaseInsensitive": False}))
    exact.put(b'{"c": "exact", "A_B": "no", "timestamp": 1}')
    cloud.turn(61)
    assert {"ts": None, "a_b": None, "c": "exact"} in rows()


def test_files_are_written_as_the_serializer_is_told(cloud, glue, make_stream, converting, landed):
    options = {"Compression": "GZIP", "WriterVersion": "V2", "EnableDictionaryCompression": True}
    make_stream(**converting("ParquetSerDe", options)).put(b'{"id": 1, "name": "x"}')
    options = {"Compression": "ZLIB", "FormatVersion": "V0_11", "BloomFilterColumns": ["id"], "RowIndexStride": 1000}
    make_stream(**converting("OrcSerDe", options)).put(b'{"id": 1}')
    cloud.turn(61)
    files = {key.rpartition(".")[2]: content for key, content in landed("out/").items()}
    column = parquet.ParquetFile(io.BytesIO(files["parquet"])).metadata.row_group(0).column(1)
    assert column.compression == "GZIP"
    assert "RLE_DICTIONARY" in column.encodings
    written = orc.ORCFile(io.BytesIO(files["orc"]))
    assert (written.compression, written.file_version, written.row_index_stride) == ("ZLIB", "0.11", 1000)


def test_the_latest_version_of_the_table_or_a_fixed_one_has_the_say(cloud, glue, make_stream, converting, rows, landed):
    latest, fixed = make_stream(**converting()), make_stream(**converting(version="0"))
    described = {"Name": "orders", "StorageDescriptor": {"Columns": columns([("id", "string")])}}
    glue.update_table(DatabaseName="lake", TableInput=described)
    latest.put(b'{"id": 1}')
    cloud.turn(61)
    assert rows() == [{"id": "1"}]
    fixed.put(b'{"id": 2}')
    cloud.turn(61)
    assert any(row["id"] == 2 and "tags" in row for row in rows())
    described["StorageDescriptor"]["Columns"] = columns([("id", "STRING")])
    glue.update_table(DatabaseName="lake", TableInput=described)
    latest.put(b'{"id": 3}')
    cloud.turn(61)
    (content,) = landed("out/format-conversion-failed/").values()
    line = json.loads(content)
    assert line["lastErrorCode"] == "DataFormatConversion.InvalidSchema"
    assert "type expected at the position 0 of 'STRING' but 'STRING' is found" in line["lastErrorMessage"]


def test_the_schema_is_read_in_its_role(cloud, aws, glue, make_stream, converting, refused, rows):
    stream = make_stream(**converting())
    aws.client("iam").delete_role_policy(RoleName="reader", PolicyName="p")
    code, _, text = refused(make_stream, **converting())
    assert code == "InvalidArgumentException"
    assert text.startswith("Access was denied when calling Glue.")
    stream.put(b'{"id": 1}')
    cloud.turn(61)
    assert rows() == []
    allowed = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": READS, "Resource": "*"}]}
    )
    aws.client("iam").put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=allowed)
    cloud.turn(minutes=15)
    assert [row["id"] for row in rows()] == [1]


WRONG = [
    {"BufferingHints": {"SizeInMBs": 63, "IntervalInSeconds": 60}},
    {"CompressionFormat": "GZIP"},
    {"SchemaConfiguration": None},
    {"OutputFormatConfiguration": {"Serializer": {}}},
    {"InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}, "HiveJsonSerDe": {}}}},
    {"InputFormatConfiguration": {"Deserializer": {"HiveJsonSerDe": {"TimestampFormats": ["qq"]}}}},
    {"TableName": "none"},
]


def test_what_cannot_be_converted_is_refused(glue, make_stream, converting, refused):
    for wrong in WRONG:
        asked = converting()
        conversion = asked["DataFormatConversionConfiguration"]
        for name, value in wrong.items():
            if name == "TableName":
                conversion["SchemaConfiguration"][name] = value
            elif value is None:
                del conversion[name]
            else:
                (conversion if name.endswith("Configuration") else asked)[name] = value
        assert refused(make_stream, **asked)[0] == "InvalidArgumentException", wrong
    conversion["Enabled"] = False
    make_stream(**asked)


def test_converted_records_are_partitioned_too(cloud, glue, make_stream, converting, rows, landed):
    parameters = {"MetadataExtractionQuery": "{name:.name}", "JsonParsingEngine": "JQ-1.6"}
    named = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    asked = converting() | {
        "Prefix": "out/name=!{partitionKeyFromQuery:name}/",
        "ErrorOutputPrefix": "out/!{firehose:error-output-type}/",
        "DynamicPartitioningConfiguration": {"Enabled": True},
        "ProcessingConfiguration": {
            "Enabled": True,
            "Processors": [{"Type": "MetadataExtraction", "Parameters": named}],
        },
    }
    stream = make_stream(**asked)
    stream.put_many([b'{"name":"ann","id":1}', b'{"name":"bob","id":2}', b'{"name":"ann","id":"x"}', b"{}"])
    cloud.turn(61)
    assert sorted(row["id"] for row in rows()) == [1, 2]
    assert sorted(key.split("/")[1] for key in landed("out/")) == [
        "format-conversion-failed",
        "name=ann",
        "name=bob",
        "processing-failed",
    ]
