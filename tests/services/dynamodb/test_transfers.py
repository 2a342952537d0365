"""Exports to S3 and imports from it."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from tests.services.dynamodb.conftest import TableInHand, definition, wire


@pytest.fixture
def s3(aws):
    client = aws.client("s3")
    client.create_bucket(Bucket="files")
    return client


@pytest.fixture
def recoverable(table):
    table.client.update_continuous_backups(
        TableName=table.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    return table


def read(s3, key):
    body = s3.get_object(Bucket="files", Key=key)["Body"].read()
    return gzip.decompress(body) if key.endswith(".gz") else body


def lines(s3, key):
    return [json.loads(line) for line in read(s3, key).splitlines()]


def export(cloud, table, **more):
    made = table.client.export_table_to_point_in_time(TableArn=table.arn, S3Bucket="files", **more)
    arn = made["ExportDescription"]["ExportArn"]
    assert made["ExportDescription"]["ExportStatus"] == "IN_PROGRESS"
    cloud.turn(1)
    return table.client.describe_export(ExportArn=arn)["ExportDescription"]


def exported(s3, description):
    summary = json.loads(read(s3, description["ExportManifest"]))
    files = lines(s3, summary["manifestFilesS3Key"])
    for file in files:
        assert s3.head_object(Bucket="files", Key=file["dataFileS3Key"])["ETag"] == f'"{file["etag"]}"'
    return summary, [line for file in files for line in lines(s3, file["dataFileS3Key"])]


@pytest.mark.spec("DXI-001", "DXI-004", "DXI-005", "DBD-010")
def test_a_table_is_exported_as_it_was(cloud, s3, recoverable):
    for number in range(30):
        recoverable.put({"pk": str(number), "b": b"\0\xff", "n": number})
    cloud.turn(1)
    then = datetime.fromtimestamp(cloud.now / 1000, UTC)
    cloud.turn(1)
    recoverable.delete({"pk": "1"})
    recoverable.put({"pk": "later"})
    shown = export(cloud, recoverable, ExportTime=then, S3Prefix="some/where")
    assert (shown["ExportStatus"], shown["ItemCount"]) == ("COMPLETED", 30)
    assert shown["ExportManifest"].startswith("some/where/AWSDynamoDB/")
    summary, told = exported(s3, shown)
    assert (summary["itemCount"], summary["exportArn"]) == (30, shown["ExportArn"])
    assert {line["Item"]["pk"]["S"] for line in told} == {str(number) for number in range(30)}
    assert told[0]["Item"]["b"] == {"B": "AP8="}
    now = export(cloud, recoverable)
    assert {line["Item"]["pk"]["S"] for line in exported(s3, now)[1]} >= {"later", "0"}


@pytest.mark.spec("DXI-001", "DXI-004")
def test_exports_need_recovery_and_times_within_it(cloud, s3, table, refused):
    more = {"TableArn": table.arn, "S3Bucket": "files"}
    call = table.client.export_table_to_point_in_time
    assert refused(call, **more)[0] == "PointInTimeRecoveryUnavailableException"
    table.client.update_continuous_backups(
        TableName=table.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    early = datetime.fromtimestamp(cloud.now / 1000 - 3600, UTC)
    assert refused(call, ExportTime=early, **more)[0] == "InvalidExportTimeException"
    shown = export(cloud, table, S3Prefix="x")
    assert shown["ExportStatus"] == "COMPLETED"
    made = call(TableArn=table.arn, S3Bucket="no-such-bucket")["ExportDescription"]
    cloud.turn(1)
    failed = table.client.describe_export(ExportArn=made["ExportArn"])["ExportDescription"]
    assert (failed["ExportStatus"], failed["FailureCode"]) == ("FAILED", "S3NoSuchBucket")


@pytest.mark.spec("DXI-004")
def test_an_incremental_export_tells_what_changed(cloud, s3, recoverable, refused):
    recoverable.put({"pk": "kept", "n": 1})
    recoverable.put({"pk": "gone"})
    cloud.turn(60)
    start = datetime.fromtimestamp(cloud.now / 1000, UTC)
    recoverable.put({"pk": "kept", "n": 2})
    recoverable.put({"pk": "kept", "n": 3})
    recoverable.delete({"pk": "gone"})
    recoverable.put({"pk": "passing"})
    recoverable.delete({"pk": "passing"})
    short = {"ExportFromTime": start}
    more = {"TableArn": recoverable.arn, "S3Bucket": "files", "ExportType": "INCREMENTAL_EXPORT"}
    call = recoverable.client.export_table_to_point_in_time
    assert refused(call, IncrementalExportSpecification=short, **more)[0] == "InvalidExportTimeException"
    cloud.turn(minutes=20)
    shown = export(
        cloud, recoverable, ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification={"ExportFromTime": start}
    )
    told = {line["Keys"]["pk"]["S"]: line for line in exported(s3, shown)[1]}
    assert set(told) == {"kept", "gone"}
    assert (told["kept"]["OldImage"]["n"], told["kept"]["NewImage"]["n"]) == ({"N": "1"}, {"N": "3"})
    assert "NewImage" not in told["gone"]


def imported(cloud, dynamodb, name, **more):
    made = dynamodb.import_table(
        S3BucketSource={"S3Bucket": "files", "S3KeyPrefix": "in/"},
        TableCreationParameters={"TableName": name, **definition("pk:S")},
        **more,
    )
    cloud.turn(1)
    arn = made["ImportTableDescription"]["ImportArn"]
    return dynamodb.describe_import(ImportArn=arn)["ImportTableDescription"]


@pytest.mark.spec("DXI-002", "DXI-003")
def test_what_was_exported_can_be_imported(cloud, dynamodb, s3, recoverable, many):
    items = [{"pk": str(number), "b": b"\0\xff", "s": {"x"}, "m": {"l": [1, None, True]}} for number in range(450)]
    many("dynamodb", "PutItem", [{"TableName": recoverable.name, "Item": wire(item)} for item in items])
    shown = export(cloud, recoverable)
    summary, _ = exported(s3, shown)
    for file in lines(s3, summary["manifestFilesS3Key"]):
        key = file["dataFileS3Key"]
        s3.copy_object(Bucket="files", Key="in/" + key.rpartition("/")[2], CopySource={"Bucket": "files", "Key": key})
    told = imported(cloud, dynamodb, "copy", InputFormat="DYNAMODB_JSON", InputCompressionType="GZIP")
    assert (told["ImportStatus"], told["ImportedItemCount"], told["ErrorCount"]) == ("COMPLETED", 450, 0)
    key = lambda item: item["pk"]  # noqa: E731
    assert sorted(TableInHand(dynamodb, "copy").items(), key=key) == sorted(recoverable.items(), key=key)


@pytest.mark.spec("DXI-003", "DXI-007", "DBD-010")
def test_rows_are_imported_and_bad_ones_counted(cloud, dynamodb, s3, refused):
    s3.put_object(
        Bucket="files", Key="in/rows.csv", Body=b'pk,text,n\na,hello,1\nb,"two, words",2\n,no key,3\nc,x,4,more\n'
    )
    told = imported(cloud, dynamodb, "rows", InputFormat="CSV")
    assert (told["ImportStatus"], told["ImportedItemCount"], told["ErrorCount"]) == ("COMPLETED", 2, 2)
    found = sorted(TableInHand(dynamodb, "rows").items(), key=lambda item: item["pk"])
    assert found == [{"pk": "a", "text": "hello", "n": "1"}, {"pk": "b", "text": "two, words", "n": "2"}]
    assert refused(imported, cloud, dynamodb, "rows", InputFormat="CSV")[0] == "ResourceInUseException"


@pytest.mark.spec("DXI-008")
def test_transfers_are_idempotent_and_listed(cloud, dynamodb, s3, recoverable, refused):
    s3.put_object(Bucket="files", Key="in/a.json", Body=json.dumps({"Item": wire({"pk": "a"})}).encode())
    one = imported(cloud, dynamodb, "once", InputFormat="DYNAMODB_JSON", ClientToken="token")
    again = imported(cloud, dynamodb, "once", InputFormat="DYNAMODB_JSON", ClientToken="token")
    assert one["ImportArn"] == again["ImportArn"]
    failed = refused(imported, cloud, dynamodb, "other", InputFormat="DYNAMODB_JSON", ClientToken="token")
    assert failed[0] == "ImportConflictException"
    first, second = (
        recoverable.client.export_table_to_point_in_time(
            TableArn=recoverable.arn, S3Bucket="files", ClientToken="mine"
        )["ExportDescription"]["ExportArn"]
        for _ in range(2)
    )
    assert first == second
    more = {"TableArn": recoverable.arn, "S3Bucket": "files", "S3Prefix": "other", "ClientToken": "mine"}
    assert refused(recoverable.client.export_table_to_point_in_time, **more)[0] == "ExportConflictException"
    assert [told["ExportArn"] for told in dynamodb.list_exports()["ExportSummaries"]] == [first]
    (listed,) = dynamodb.list_imports(TableArn=one["TableArn"])["ImportSummaryList"]
    assert listed["ImportStatus"] == "COMPLETED"
