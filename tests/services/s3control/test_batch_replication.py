"""Batch Operations replicate what was there before a rule, or what failed, and generate the list themselves."""

import csv
import gzip
import io
import json

import pytest

from tests.services.s3.conftest import OWNER, document, statement
from tests.services.s3.replicas import ALL_ACTIONS, make_bucket, make_role, put_rules, rule, status_of
from tests.services.s3control.conftest import BUCKET, REPORTS, counts

COPY = "orchard-copy"


@pytest.fixture
def s3(owner):
    owner.client("s3").create_bucket(Bucket=REPORTS)
    make_bucket(owner, COPY)
    return make_bucket(owner, BUCKET)


@pytest.fixture
def replicator(owner):
    return make_role(owner, "replicator", *ALL_ACTIONS)


@pytest.fixture
def replicate(create):
    """Return a function that creates a job which replicates what a filter chooses."""

    def run(token="token", bucket=BUCKET, **chosen):
        generator = {"SourceBucket": f"arn:aws:s3:::{bucket}", "EnableManifestOutput": False, "Filter": chosen}
        return create({"S3ReplicateObject": {}}, token=token, ManifestGenerator={"S3JobManifestGenerator": generator})

    return run


@pytest.mark.spec("S3REP-008")
def test_objects_older_than_the_rule_are_replicated_all_versions_of_them(s3, replicator, replicate, done, cloud):
    versions = {s3.put_object(Bucket=BUCKET, Key="a", Body=body)["VersionId"] for body in (b"1", b"2")}
    s3.put_object(Bucket=BUCKET, Key="cold", Body=b"", StorageClass="GLACIER")
    put_rules(s3, BUCKET, replicator, rule())
    s3.put_object(Bucket=BUCKET, Key="new", Body=b"")
    cloud.settle()
    job = replicate(EligibleForReplication=True, ObjectReplicationStatuses=["NONE"])
    assert counts(done(job)) == ("Complete", 2, 2, 0)
    copied = s3.list_object_versions(Bucket=COPY, Prefix="a")["Versions"]
    assert {found["VersionId"] for found in copied} == versions
    assert status_of(s3, BUCKET, "a") == "COMPLETED"
    assert s3.get_object(Bucket=COPY, Key="a")["Body"].read() == b"2"


@pytest.mark.spec("S3REP-009")
def test_failed_replications_are_done_again_once_the_policy_allows(s3, replicator, replicate, done, report, cloud):
    policy = document(statement("s3:ReplicateObject", f"arn:aws:s3:::{COPY}/*", Effect="Deny"))
    s3.put_bucket_policy(Bucket=COPY, Policy=policy)
    put_rules(s3, BUCKET, replicator, rule())
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"apple")
    cloud.settle()
    job = replicate(ObjectReplicationStatuses=["FAILED"])
    assert counts(done(job)) == ("Complete", 1, 0, 1)
    assert report(job)["failed"][0][4] == "DstPutObjectNotPermitted"
    s3.delete_bucket_policy(Bucket=COPY)
    job = replicate(token="again", ObjectReplicationStatuses=["FAILED"])
    assert counts(done(job)) == ("Complete", 1, 1, 0)
    assert (status_of(s3, BUCKET, "a"), status_of(s3, COPY, "a")) == ("COMPLETED", "REPLICA")


@pytest.mark.spec("S3REP-010")
def test_a_new_destination_is_filled_with_what_was_replicated_elsewhere(owner, s3, replicator, replicate, done, cloud):
    make_bucket(owner, "third")
    put_rules(s3, BUCKET, replicator, rule())
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"apple")
    cloud.settle()
    put_rules(s3, BUCKET, replicator, rule(), rule(to="third", priority=2))
    put_rules(s3, COPY, replicator, rule(to="third"))
    job = replicate(ObjectReplicationStatuses=["COMPLETED"])
    assert counts(done(job)) == ("Complete", 1, 1, 0)
    assert status_of(s3, "third", "a") == "REPLICA"
    s3.delete_object(Bucket="third", Key="a", VersionId=s3.head_object(Bucket="third", Key="a")["VersionId"])
    job = replicate(token="of replicas", bucket=COPY, ObjectReplicationStatuses=["REPLICA"])
    assert counts(done(job)) == ("Complete", 1, 1, 0)
    assert (status_of(s3, "third", "a"), status_of(s3, COPY, "a")) == ("REPLICA", "REPLICA")


def test_the_role_must_be_allowed_to_begin_replication(owner, s3, replicator, create, done, report, manifest, role):
    put_rules(s3, BUCKET, replicator, rule())
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"apple")
    policy = document(statement("s3:InitiateReplication", f"arn:aws:s3:::{BUCKET}/*", Effect="Deny"))
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    job = create({"S3ReplicateObject": {}}, Manifest=manifest(["a"]))
    assert counts(done(job)) == ("Complete", 1, 0, 1)
    assert report(job)["failed"][0][4] == "InitiateReplicationNotPermitted"


def test_a_generated_list_is_kept_where_it_is_asked_for(s3, create, done):
    for key in ("in/a.txt", "in/b.log", "out/c.txt"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1234")
    place = {
        "Bucket": f"arn:aws:s3:::{REPORTS}",
        "ManifestPrefix": "lists",
        "ManifestFormat": "S3InventoryReport_CSV_20211130",
    }
    generator = {
        "SourceBucket": f"arn:aws:s3:::{BUCKET}",
        "EnableManifestOutput": True,
        "ManifestOutputLocation": place,
        "ExpectedBucketOwner": OWNER,
        "Filter": {
            "KeyNameConstraint": {"MatchAnyPrefix": ["in/"], "MatchAnySuffix": [".txt", ".log"]},
            "ObjectSizeGreaterThanBytes": 3,
            "MatchAnyStorageClass": ["STANDARD"],
        },
    }
    operation = {"S3PutObjectTagging": {"TagSet": [{"Key": "state", "Value": "ripe"}]}}
    job = done(create(operation, ManifestGenerator={"S3JobManifestGenerator": generator}))
    assert counts(job) == ("Complete", 2, 2, 0)
    location = job["GeneratedManifestDescriptor"]["Location"]
    bucket, _, key = location["ObjectArn"].removeprefix("arn:aws:s3:::").partition("/")
    kept = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    data = s3.get_object(Bucket=bucket, Key=kept["files"][0]["key"])["Body"].read()
    rows = list(csv.reader(io.StringIO(gzip.decompress(data).decode())))
    assert [row[1] for row in rows] == ["in/a.txt", "in/b.log"]


def test_a_bucket_the_role_may_not_list_fails_the_job(s3, replicator, replicate, create, done, owner):
    role = make_role(owner, "narrow", "s3:PutObject", services=("batchoperations.s3.amazonaws.com",))
    generator = {"SourceBucket": f"arn:aws:s3:::{BUCKET}", "EnableManifestOutput": False}
    operation = {"S3ReplicateObject": {}}
    job = done(create(operation, RoleArn=role, ManifestGenerator={"S3JobManifestGenerator": generator}))
    assert job["Status"] == "Failed"
    assert job["FailureReasons"][0]["FailureCode"] == "ManifestGenerationFailed"
