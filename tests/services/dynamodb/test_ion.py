"""Exports and imports of Amazon Ion, and imports that are compressed."""

import base64
import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import cramjam
import pytest
from amazon.ion import simpleion
from boto3.dynamodb.types import Binary

from skyglobe.services.dynamodb.rules import exchange, ion
from tests.services.dynamodb.conftest import TableInHand, definition
from tests.services.dynamodb.test_transfers import export, imported, lines, read, recoverable, s3

__all__ = ["recoverable", "s3"]

ITEM = {
    "pk": 'ä "quoted"\n\'',
    "number": Decimal("0.12345678901234567890123456789012345678"),
    "large": Decimal("-1E+125"),
    "round": 600,
    "binary": Binary(b"\0\xff"),
    "true": True,
    "null": None,
    "strings": {"a", "b"},
    "numbers": {Decimal("1.5"), Decimal(-2)},
    "binaries": {Binary(b"x"), Binary(b"")},
    "list": [1, "x", [None, {"deep": False}]],
    "a map": {"$ion": {"it's": []}},
}


def data_files(s3, shown):
    summary = read(s3, shown["ExportManifest"])
    checksum = read(s3, shown["ExportManifest"].removesuffix("json") + "checksum")
    assert checksum == base64.b64encode(hashlib.md5(summary).digest())
    files = lines(s3, shown["ExportManifest"].replace("-summary", "-files"))
    return [file["dataFileS3Key"] for file in files]


@pytest.mark.spec("DXI-003")
def test_items_come_back_from_ion_as_they_were(cloud, s3, dynamodb, recoverable):
    recoverable.put(ITEM)
    recoverable.put({"pk": "other", "n": 103})
    (key,) = data_files(s3, export(cloud, recoverable, ExportFormat="ION"))
    assert key.endswith(".ion.gz")
    written = read(s3, key).splitlines()
    assert all(line.startswith(b"$ion_1_0 {Item:{") for line in written)
    told = {str(item["pk"]): item for item in (simpleion.loads(line.decode())["Item"] for line in written)}
    assert told["other"]["n"] == Decimal(103)
    assert [note.text for note in told[ITEM["pk"]]["strings"].ion_annotations] == ["$dynamodb_SS"]
    s3.copy_object(Bucket="files", Key="in/one.ion.gz", CopySource={"Bucket": "files", "Key": key})
    shown = imported(cloud, dynamodb, "copy", InputFormat="ION", InputCompressionType="GZIP")
    assert (shown["ImportedItemCount"], shown["ErrorCount"]) == (2, 0)
    assert TableInHand(dynamodb, "copy").get({"pk": ITEM["pk"]}) == recoverable.get({"pk": ITEM["pk"]}) == ITEM


def test_changes_are_told_in_ion_as_records(cloud, s3, recoverable):
    recoverable.put({"pk": "a", "n": 1})
    cloud.turn(60)
    start = datetime.fromtimestamp(cloud.now / 1000, UTC)
    recoverable.put({"pk": "a", "n": 2})
    cloud.turn(minutes=20)
    window = {"ExportFromTime": start}
    more = {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": window}
    (key,) = data_files(s3, export(cloud, recoverable, ExportFormat="ION", **more))
    record = simpleion.loads(read(s3, key).decode())["Record"]
    assert (record["Keys"], record["OldImage"]["n"], record["NewImage"]["n"]) == ({"pk": "a"}, 1, 2)
    assert record["Metadata"]["WriteTimestampMicros"] > start.timestamp() * 1_000_000 - 1


@pytest.mark.spec("DXI-007")
def test_what_is_no_item_in_ion_is_counted(cloud, s3, dynamodb):
    bad = [
        "{Item:{pk:1}}",
        '{Item:{pk:"int", n:1}}',
        '{Item:{pk:"float", n:1e0}}',
        '{Item:{pk:"time", n:2020T}}',
        "{Item:{pk:symbol}}",
        '{Item:{pk:"set", s:$dynamodb_SS::[1.]}}',
        '{Item:{pk:"set", s:$other::["x"]}}',
        '{Item:{pk:"same", s:$dynamodb_SS::["x", "x"]}}',
        '{Item:{pk:"cut',
        '{Record:{pk:"a"}}',
        '"text"',
        '{Item:{pk:"deep", l:' + "[" * 5000 + "]" * 5000 + "}}",
        '{Item:{pk:"digits", n:1.' + "1" * 38 + "}}",
    ]
    good = ['{Item:{pk:"a",n:6d2,b:{{aGk=}},s:$dynamodb_NS::[1.,2d0],t:true,z:null}}', '{Item: {pk: "b"}}']
    body = "\n".join("$ion_1_0 " + line for line in [*bad, *good]).encode() + b"\n$ion_1_0 \xff\n"
    s3.put_object(Bucket="files", Key="in/one.ion", Body=body)
    shown = imported(cloud, dynamodb, "some", InputFormat="ION")
    assert (shown["ImportStatus"], shown["ErrorCount"], shown["ImportedItemCount"]) == ("COMPLETED", len(bad) + 1, 2)
    found = TableInHand(dynamodb, "some").get({"pk": "a"})
    assert found == {"pk": "a", "n": 600, "b": Binary(b"hi"), "s": {Decimal(1), Decimal(2)}, "t": True, "z": None}


@pytest.mark.spec("DXI-003")
def test_imports_are_decompressed(cloud, s3, dynamodb):
    rows = b"pk,text\na,one\nb,two\n"
    s3.put_object(Bucket="files", Key="in/rows.csv.zst", Body=bytes(cramjam.zstd.compress(rows)))
    s3.put_object(Bucket="files", Key="in/rows.csv", Body=rows)  # is not what it should be
    shown = imported(cloud, dynamodb, "rows", InputFormat="CSV", InputCompressionType="ZSTD")
    assert (shown["ImportedItemCount"], shown["ErrorCount"]) == (2, 1)
    assert TableInHand(dynamodb, "rows").get({"pk": "b"}) == {"pk": "b", "text": "two"}


def test_a_missing_package_is_named(table, monkeypatch, refused):
    monkeypatch.setattr(ion, "find_spec", lambda name: None)
    monkeypatch.setattr(exchange, "find_spec", lambda name: None)
    call = table.client.import_table
    source = {"S3Bucket": "files"}
    made = {"TableName": "made", **definition("pk:S")}
    for more, package in (
        ({"InputFormat": "ION"}, "amazon.ion"),
        ({"InputFormat": "CSV", "InputCompressionType": "ZSTD"}, "cramjam"),
    ):
        answer = refused(call, S3BucketSource=source, TableCreationParameters=made, **more)
        assert answer == (
            "NotImplemented",
            501,
            f"This needs the package {package}: pip install 'skyglobe[dynamodb]'.",
        )
