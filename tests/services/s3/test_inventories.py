"""Lists of a bucket's objects, made daily or weekly."""

import csv
import gzip
import hashlib
import io
import json

import pytest

from tests.services.s3.conftest import OWNER, document, statement
from tests.services.s3.replicas import ALL_ACTIONS, make_bucket, make_role, put_rules, rule


@pytest.fixture
def s3_of_yard(owner, yard):
    """The client of the owner of ``yard`` and of ``attic``, where its lists may be put."""
    s3 = owner.client("s3")
    s3.create_bucket(Bucket="attic")
    who = {"Service": "s3.amazonaws.com"}
    equals = {"aws:SourceAccount": OWNER, "s3:x-amz-acl": "bucket-owner-full-control"}
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::yard"}, "StringEquals": equals}
    text = document(statement("s3:PutObject", "arn:aws:s3:::attic/*", who, Condition=condition))
    s3.put_bucket_policy(Bucket="attic", Policy=text)
    return s3


def configuration(id_="all", frequency="Daily", fields=(), form="CSV", **more):
    made = {
        "Id": id_,
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": frequency},
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::attic", "Format": form, "Prefix": "lists"}},
        **more,
    }
    return {**made, "OptionalFields": list(fields)} if fields else made


@pytest.fixture
def put(s3_of_yard):
    def run(made):
        s3_of_yard.put_bucket_inventory_configuration(Bucket="yard", Id=made["Id"], InventoryConfiguration=made)

    return run


@pytest.fixture
def lists(s3_of_yard):
    """Return a function that reads all lists there are: manifest and rows of each."""

    def read():
        keys = [found["Key"] for found in s3_of_yard.list_objects_v2(Bucket="attic").get("Contents", ())]
        bodies = {key: s3_of_yard.get_object(Bucket="attic", Key=key)["Body"].read() for key in keys}
        found = []
        for key, body in sorted(bodies.items()):
            if key.endswith("manifest.json"):
                checksum = bodies[key.replace(".json", ".checksum")].decode()
                assert checksum == hashlib.md5(body, usedforsecurity=False).hexdigest()
                manifest = json.loads(body)
                [file] = manifest["files"]
                data = bodies[file["key"]]
                links = [text.decode() for name, text in bodies.items() if name.endswith("/symlink.txt")]
                assert f"s3://attic/{file['key']}\n" in links
                assert (len(data), hashlib.md5(data, usedforsecurity=False).hexdigest()) == (
                    file["size"],
                    file["MD5checksum"],
                )
                if manifest["fileFormat"] == "CSV":
                    data = list(csv.reader(io.StringIO(gzip.decompress(data).decode())))
                found.append((key, manifest, data))
        return found

    return read


@pytest.mark.spec("S3BOP-016")
def test_a_list_with_its_manifest_is_written_every_day(cloud, s3_of_yard, put, lists):
    s3_of_yard.put_object(Bucket="yard", Key="b c/ä", Body=b"pear")
    put(configuration(fields=["ETag", "Size"]))
    assert lists() == []
    cloud.turn(days=1, seconds=1)
    [(key, manifest, rows)] = lists()
    assert key.startswith("lists/yard/all/20")
    assert (manifest["sourceBucket"], manifest["destinationBucket"]) == ("yard", "arn:aws:s3:::attic")
    assert (manifest["fileFormat"], manifest["fileSchema"]) == ("CSV", "Bucket, Key, Size, ETag")
    etag = s3_of_yard.head_object(Bucket="yard", Key="a")["ETag"].strip('"')
    assert rows[0] == ["yard", "a", "5", etag]
    assert rows[1][:3] == ["yard", "b+c/%C3%A4", "4"]
    cloud.turn(days=1)
    assert len(lists()) == 2


def test_weekly_lists_of_a_prefix_and_those_switched_off(cloud, s3_of_yard, put, lists):
    s3_of_yard.put_object(Bucket="yard", Key="in/b", Body=b"")
    put(configuration(frequency="Weekly", Filter={"Prefix": "in/"}))
    put(configuration(id_="off", IsEnabled=False))
    cloud.turn(days=6)
    assert lists() == []
    cloud.turn(days=1, seconds=1)
    [(_, _, rows)] = lists()
    assert rows == [["yard", "in/b"]]


def test_a_list_is_encrypted_as_its_configuration_says(cloud, s3_of_yard, put, lists, refused):
    made = configuration()
    place = made["Destination"]["S3BucketDestination"]
    for wrong in ({}, {"SSES3": {}, "SSEKMS": {"KeyId": "alias/aws/s3"}}):
        place["Encryption"] = wrong
        with refused("MalformedXML"):
            put(made)
    place["Encryption"] = {"SSEKMS": {"KeyId": "alias/aws/s3"}}
    put(made)
    cloud.turn(days=1, seconds=1)
    [(key, _, rows)] = lists()
    assert rows == [["yard", "a"]]
    assert s3_of_yard.head_object(Bucket="attic", Key=key)["ServerSideEncryption"] == "aws:kms"


def test_configurations_are_read_listed_and_removed(s3_of_yard, put, refused, lists, cloud):
    put(configuration())
    kept = s3_of_yard.get_bucket_inventory_configuration(Bucket="yard", Id="all")["InventoryConfiguration"]
    assert kept == configuration()
    listed = s3_of_yard.list_bucket_inventory_configurations(Bucket="yard")
    assert [found["Id"] for found in listed["InventoryConfigurationList"]] == ["all"]
    s3_of_yard.delete_bucket_inventory_configuration(Bucket="yard", Id="all")
    with refused("NoSuchConfiguration", 404):
        s3_of_yard.get_bucket_inventory_configuration(Bucket="yard", Id="all")
    cloud.turn(days=2)
    assert lists() == []


@pytest.mark.spec("S3CLS-012")
def test_lists_tell_where_intelligent_tiering_has_what_nobody_reads(cloud, s3_of_yard, put, lists):
    for key, size in (("cold", 128 * 1024), ("small", 1)):
        s3_of_yard.put_object(Bucket="yard", Key=key, Body=b"x" * size, StorageClass="INTELLIGENT_TIERING")
    put(configuration(fields=["IntelligentTieringAccessTier"]))
    for days in (1, 30, 60):
        cloud.turn(days=days, seconds=1)
        tier = {1: "FREQUENT", 30: "INFREQUENT", 60: "ARCHIVE_INSTANT_ACCESS"}[days]
        assert lists()[-1][2] == [["yard", "a", ""], ["yard", "cold", tier], ["yard", "small", "FREQUENT"]]
    assert len(s3_of_yard.get_object(Bucket="yard", Key="cold")["Body"].read()) == 128 * 1024
    cloud.turn(days=1, seconds=1)
    assert lists()[-1][2][1] == ["yard", "cold", "FREQUENT"]


def test_what_is_no_configuration_is_refused(put, refused):
    for wrong in (configuration(frequency="Hourly"), configuration(fields=["Colour"]), configuration(id_="a b")):
        with refused("MalformedXML"):
            put(wrong)


def test_the_destination_must_let_the_list_in(cloud, s3_of_yard, put, lists):
    s3_of_yard.delete_bucket_policy(Bucket="attic")
    put(configuration())
    cloud.turn(days=1, seconds=1)
    assert lists() == []


@pytest.mark.spec("S3BOP-017")
def test_all_versions_and_markers_are_listed_where_that_is_asked(cloud, s3_of_yard, put, lists):
    s3_of_yard.put_bucket_versioning(Bucket="yard", VersioningConfiguration={"Status": "Enabled"})
    new = s3_of_yard.put_object(Bucket="yard", Key="a", Body=b"ripe apple")["VersionId"]
    gone = s3_of_yard.put_object(Bucket="yard", Key="b", Body=b"")["VersionId"]
    marker = s3_of_yard.delete_object(Bucket="yard", Key="b")["VersionId"]
    put(configuration(fields=["Size"], IncludedObjectVersions="All"))
    cloud.turn(days=1, seconds=1)
    [(_, manifest, rows)] = lists()
    assert manifest["fileSchema"] == "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size"
    assert [row[1:] for row in rows] == [
        ["a", new, "true", "false", "10"],
        ["a", "null", "false", "false", "5"],
        ["b", marker, "true", "true", ""],
        ["b", gone, "false", "false", "0"],
    ]


@pytest.mark.spec("S3BOP-017")
def test_lists_tell_of_replication_locks_owners_and_expiry(cloud, owner, s3_of_yard, put, lists):
    make_bucket(owner, "copies")
    s3_of_yard.put_bucket_versioning(Bucket="yard", VersioningConfiguration={"Status": "Enabled"})
    put_rules(s3_of_yard, "yard", make_role(owner, "replicator", *ALL_ACTIONS), rule(to="copies", prefix="b"))
    expiring = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "b"}, "Expiration": {"Days": 30}}
    s3_of_yard.put_bucket_lifecycle_configuration(Bucket="yard", LifecycleConfiguration={"Rules": [expiring]})
    s3_of_yard.put_object(Bucket="yard", Key="b", Body=b"")
    fields = ["ReplicationStatus", "ObjectOwner", "ObjectLockMode", "LifecycleExpirationDate", "StorageClass"]
    put(configuration(fields=fields))
    cloud.turn(days=1, seconds=1)
    [(_, manifest, rows)] = lists()
    named = manifest["fileSchema"].split(", ")[2:]
    assert named == ["StorageClass", "ReplicationStatus", "ObjectLockMode", "ObjectOwner", "LifecycleExpirationDate"]
    me = s3_of_yard.list_buckets()["Owner"]["ID"]
    assert rows[0][2:] == ["STANDARD", "", "", me, ""]
    assert rows[1][2:6] == ["STANDARD", "COMPLETED", "", me]
    assert rows[1][6].endswith("T00:00:00.000Z")


@pytest.mark.spec("S3BOP-016")
@pytest.mark.parametrize("form", ["Parquet", "ORC"])
def test_lists_are_tables_where_that_is_asked(cloud, s3_of_yard, put, lists, form):
    arrow = pytest.importorskip("pyarrow")
    s3_of_yard.put_object(Bucket="yard", Key="b c/ä", Body=b"pear")
    put(configuration(fields=["Size", "LastModifiedDate", "ETag", "IsMultipartUploaded"], form=form))
    cloud.turn(days=1, seconds=1)
    [(_, manifest, data)] = lists()
    assert manifest["fileFormat"] == form
    if form == "Parquet":
        from pyarrow import parquet

        table = parquet.read_table(arrow.BufferReader(data))
        assert manifest["fileSchema"].startswith(
            "message s3.inventory { required binary bucket (UTF8); required binary"
        )
        assert "optional int64 last_modified_date (TIMESTAMP_MILLIS);" in manifest["fileSchema"]
    else:
        from pyarrow import orc

        table = orc.read_table(arrow.BufferReader(data))
        assert manifest["fileSchema"].startswith(
            "struct<bucket:string,key:string,size:bigint,last_modified_date:timestamp"
        )
    assert manifest["files"][0]["key"].endswith(form.lower())
    rows = table.to_pylist()
    assert [(row["bucket"], row["key"], row["size"]) for row in rows] == [("yard", "a", 5), ("yard", "b c/ä", 4)]
    head = s3_of_yard.head_object(Bucket="yard", Key="a")
    assert rows[0]["last_modified_date"].replace(microsecond=0) == head["LastModified"]
    assert (rows[0]["e_tag"], rows[0]["is_multipart_uploaded"]) == (head["ETag"].strip('"'), False)


@pytest.mark.spec("S3BOP-017")
def test_lists_tell_how_objects_are_encrypted(cloud, s3_of_yard, put, lists):
    s3_of_yard.put_object(Bucket="yard", Key="b", Body=b"", ServerSideEncryption="aws:kms", BucketKeyEnabled=True)
    s3_of_yard.put_object(Bucket="yard", Key="c", Body=b"", ServerSideEncryption="aws:kms:dsse")
    put(configuration(fields=["EncryptionStatus", "BucketKeyStatus"]))
    cloud.turn(days=1, seconds=1)
    [(_, _, rows)] = lists()
    assert [row[2:] for row in rows] == [["SSE-S3", "DISABLED"], ["SSE-KMS", "ENABLED"], ["DSSE-KMS", "DISABLED"]]
