"""Storage Lens counts what an account's buckets hold, and exports it every day."""

import csv
import io
import json

import pytest

from tests.services.s3.conftest import OWNER, STRANGER, document, statement
from tests.services.s3.replicas import ALL_ACTIONS, make_bucket, make_role, put_rules, rule
from tests.services.s3control.conftest import BUCKET, REPORTS

ARN = f"arn:aws:s3:us-east-1:{OWNER}:storage-lens/all"


def lens(id_="all", form="CSV", **more):
    place = {
        "Format": form,
        "OutputSchemaVersion": "V_1",
        "AccountId": OWNER,
        "Arn": f"arn:aws:s3:::{REPORTS}",
        "Prefix": "lens",
    }
    made = {"Id": id_, "AccountLevel": {"BucketLevel": {}}, "IsEnabled": True}
    return {**made, "DataExport": {"S3BucketDestination": place}, **more}


@pytest.fixture
def s3(s3):
    who = {"Service": "storage-lens.s3.amazonaws.com"}
    condition = {
        "StringEquals": {
            "s3:x-amz-acl": "bucket-owner-full-control",
            "aws:SourceAccount": OWNER,
            "aws:SourceArn": ARN,
        }
    }
    text = document(statement("s3:PutObject", f"arn:aws:s3:::{REPORTS}/lens/*", who, Condition=condition))
    s3.put_bucket_policy(Bucket=REPORTS, Policy=text)
    return s3


@pytest.fixture
def put(control):
    def run(made, **more):
        control.put_storage_lens_configuration(
            AccountId=OWNER, ConfigId=made["Id"], StorageLensConfiguration=made, **more
        )

    return run


@pytest.fixture
def exported(s3):
    """Return a function that reads all exports: the manifest of each, and the bytes of its file."""

    def read():
        base = f"lens/StorageLens/{OWNER}/all/V_1/manifests/"
        found = []
        for entry in s3.list_objects_v2(Bucket=REPORTS, Prefix=base).get("Contents", ()):
            manifest = json.loads(s3.get_object(Bucket=REPORTS, Key=entry["Key"])["Body"].read())
            [file] = manifest["reportFiles"]
            found.append((manifest, s3.get_object(Bucket=REPORTS, Key=file["key"])["Body"].read()))
        return found

    return read


@pytest.mark.spec("S3SCA-008")
def test_each_day_an_account_is_told_what_its_buckets_hold(cloud, owner, s3, put, exported):
    far = make_bucket(owner, "far", "eu-west-1")
    near = make_bucket(owner, "near")
    cloud.session(account=STRANGER).client("s3").create_bucket(Bucket="not-mine")
    put_rules(near, "near", make_role(owner, "replicator", *ALL_ACTIONS), rule(to="far"))
    near.put_object(Bucket="near", Key="a", Body=b"12345")
    near.put_object(Bucket="near", Key="a", Body=b"123")
    near.delete_object(Bucket="near", Key="b")
    near.put_object(Bucket="near", Key="c", Body=b"1234567", StorageClass="STANDARD_IA")
    begun = far.create_multipart_upload(Bucket="far", Key="never")
    far.upload_part(Bucket="far", Key="never", UploadId=begun["UploadId"], PartNumber=1, Body=b"1234")
    put(lens())
    cloud.turn(days=1)
    [(manifest, data)] = exported()
    assert (manifest["sourceAccountId"], manifest["configId"], manifest["reportFormat"]) == (OWNER, "all", "CSV")
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert list(rows[0]) == manifest["reportSchema"].split(",")
    told = {
        (row["bucket_name"], row["storage_class"], row["metric_name"]): int(row["metric_value"])
        for row in rows
        if row["record_type"] == "BUCKET"
    }
    assert told["near", "STANDARD", "StorageBytes"] == 8
    assert told["near", "STANDARD", "CurrentVersionStorageBytes"] == 3
    assert told["near", "STANDARD", "NonCurrentVersionObjectCount"] == 1
    assert told["near", "STANDARD_IA", "ObjectCount"] == 1
    assert told["near", "", "DeleteMarkerObjectCount"] == 1
    assert told["near", "STANDARD", "ReplicatedObjectCountSource"] == 2
    assert told["far", "STANDARD", "ReplicatedStorageBytes"] == 8
    assert told["far", "STANDARD", "IncompleteMultipartUploadStorageBytes"] == 4
    assert not any(bucket == "not-mine" for bucket, _, _ in told)
    [whole] = [
        row["metric_value"]
        for row in rows
        if (row["record_type"], row["aws_region"], row["storage_class"], row["metric_name"])
        == ("ACCOUNT", "eu-west-1", "STANDARD", "StorageBytes")
    ]
    assert whole == "8"
    cloud.turn(days=1)
    assert len({manifest["reportDate"] for manifest, _ in exported()}) == 2


@pytest.mark.spec("S3SCA-008")
def test_exports_are_tables_where_that_is_asked_and_look_at_chosen_buckets(cloud, s3, put, exported):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    s3.create_bucket(Bucket="other")
    for name in (BUCKET, "other"):
        s3.put_object(Bucket=name, Key="a", Body=b"1234")
    put(lens(form="Parquet", Include={"Buckets": [f"arn:aws:s3:::{BUCKET}"]}))
    cloud.turn(days=1)
    [(manifest, data)] = exported()
    assert manifest["reportSchema"].startswith("message s3.storage.lens {")
    rows = parquet.read_table(arrow.BufferReader(data)).to_pylist()
    assert {row["bucket_name"] for row in rows if row["record_type"] == "BUCKET"} == {BUCKET}
    assert [row["metric_value"] for row in rows if row["metric_name"] == "StorageBytes"] == [4, 4]


@pytest.mark.spec("S3SCA-008")
def test_the_default_dashboard_is_there_from_the_beginning(owner, control, put, refused):
    [found] = control.list_storage_lens_configurations(AccountId=OWNER)["StorageLensConfigurationList"]
    assert (found["Id"], found["HomeRegion"], found["IsEnabled"]) == ("default-account-dashboard", "us-east-1", True)
    named = {"AccountId": OWNER, "ConfigId": "default-account-dashboard"}
    kept = control.get_storage_lens_configuration(**named)["StorageLensConfiguration"]
    assert kept["StorageLensArn"].endswith(":storage-lens/default-account-dashboard")
    with refused("InvalidRequest"):
        control.delete_storage_lens_configuration(**named)
    off = {"Id": named["ConfigId"], "AccountLevel": {"BucketLevel": {}}, "IsEnabled": False}
    put(off)
    assert control.get_storage_lens_configuration(**named)["StorageLensConfiguration"]["IsEnabled"] is False
    elsewhere = owner.client("s3control", region_name="eu-west-1")
    assert elsewhere.list_storage_lens_configurations(AccountId=OWNER).get("StorageLensConfigurationList", []) == []


def test_dashboards_are_read_tagged_and_removed(cloud, control, s3, put, refused, exported):
    put(lens(), Tags=[{"Key": "team", "Value": "a"}])
    named = {"AccountId": OWNER, "ConfigId": "all"}
    kept = control.get_storage_lens_configuration(**named)["StorageLensConfiguration"]
    assert kept == {**lens(), "StorageLensArn": ARN}
    assert control.get_storage_lens_configuration_tagging(**named)["Tags"] == [{"Key": "team", "Value": "a"}]
    control.put_storage_lens_configuration_tagging(**named, Tags=[{"Key": "team", "Value": "b"}])
    assert control.get_storage_lens_configuration_tagging(**named)["Tags"] == [{"Key": "team", "Value": "b"}]
    control.delete_storage_lens_configuration_tagging(**named)
    assert control.get_storage_lens_configuration_tagging(**named).get("Tags", []) == []
    control.delete_storage_lens_configuration(**named)
    with refused("NoSuchConfiguration"):
        control.get_storage_lens_configuration(**named)
    cloud.turn(days=2)
    assert exported() == []


def test_what_is_not_counted_or_no_configuration_is_refused(put, refused):
    on = {"IsEnabled": True}
    for unbuilt in (
        lens(AccountLevel={"BucketLevel": {}, "ActivityMetrics": on}),
        lens(AccountLevel={"BucketLevel": {"AdvancedCostOptimizationMetrics": on}}),
        lens(AwsOrg={"Arn": "arn:aws:organizations::111111111111:organization/o-1234567890"}),
        lens(DataExport={"CloudWatchMetrics": on}),
    ):
        with refused("NotImplemented"):
            put(unbuilt)
    both = {"Regions": ["us-east-1"]}
    for wrong in (
        lens(Include=both, Exclude=both),
        lens(Include={"Buckets": ["arn:aws:s3:::"]}),
        {**lens("default-account-dashboard"), "Include": both},
    ):
        with refused("InvalidRequest"):
            put(wrong)


def test_the_destination_must_let_the_export_in(cloud, s3, put, exported):
    s3.delete_bucket_policy(Bucket=REPORTS)
    put(lens())
    cloud.turn(days=1)
    assert exported() == []
