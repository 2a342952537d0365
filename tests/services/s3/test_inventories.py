"""Lists of a bucket's objects, made daily or weekly."""

import csv
import gzip
import hashlib
import io
import json

import pytest

from tests.services.s3.conftest import OWNER, document, statement


@pytest.fixture
def s3_of_yard(owner, yard):
    """The client of the owner of ``yard`` and of ``attic``, where its lists may be put."""
    s3 = owner.client("s3")
    s3.create_bucket(Bucket="attic")
    who = {"Service": "s3.amazonaws.com"}
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::yard"}, "StringEquals": {"aws:SourceAccount": OWNER}}
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
                assert (len(data), hashlib.md5(data, usedforsecurity=False).hexdigest()) == (
                    file["size"],
                    file["MD5checksum"],
                )
                found.append((key, manifest, list(csv.reader(io.StringIO(gzip.decompress(data).decode())))))
        return found

    return read


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


def test_what_is_no_configuration_or_not_built_is_refused(put, refused):
    for wrong in (configuration(frequency="Hourly"), configuration(fields=["Colour"]), configuration(id_="a b")):
        with refused("MalformedXML"):
            put(wrong)
    for unbuilt in (configuration(form="ORC"), configuration(fields=["ObjectOwner"])):
        with refused("NotImplemented", 501):
            put(unbuilt)


def test_the_destination_must_let_the_list_in(cloud, s3_of_yard, put, lists):
    s3_of_yard.delete_bucket_policy(Bucket="attic")
    put(configuration())
    cloud.turn(days=1, seconds=1)
    assert lists() == []
