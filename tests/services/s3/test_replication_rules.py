"""Which replication configurations a bucket takes."""

import pytest

from tests.services.s3.replicas import ALL_ACTIONS, MEASURED, TIMED, make_bucket, make_role, put_rules, rule

SOURCE, COPY = "orchard", "orchard-copy"


@pytest.fixture
def role(owner):
    return make_role(owner, "replicator", *ALL_ACTIONS)


@pytest.fixture
def s3(owner):
    make_bucket(owner, COPY)
    return make_bucket(owner, SOURCE)


@pytest.mark.spec("S3REP-001")
def test_both_sides_need_versions_and_keep_them(owner, s3, role, refused):
    for name in ("bare", "bare-copy"):
        s3.create_bucket(Bucket=name)
    with refused("InvalidRequest") as answer:
        put_rules(s3, "bare", role, rule())
    assert "Versioning must be 'Enabled'" in answer["Error"]["Message"]
    with refused("InvalidRequest") as answer:
        put_rules(s3, SOURCE, role, rule(to="bare-copy"))
    assert answer["Error"]["Message"] == "Destination bucket must have versioning enabled."
    put_rules(s3, SOURCE, role, rule())
    with refused("InvalidBucketState", 409):
        s3.put_bucket_versioning(Bucket=SOURCE, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_replication(Bucket=SOURCE)
    s3.put_bucket_versioning(Bucket=SOURCE, VersioningConfiguration={"Status": "Suspended"})


@pytest.mark.spec("S3REP-021")
def test_a_configuration_is_read_back_and_removed(s3, role, refused):
    with refused("ReplicationConfigurationNotFoundError", 404):
        s3.get_bucket_replication(Bucket=SOURCE)
    made = rule(destination=TIMED)
    put_rules(s3, SOURCE, role, made)
    kept = s3.get_bucket_replication(Bucket=SOURCE)["ReplicationConfiguration"]
    assert kept == {"Role": role, "Rules": [made]}
    for _ in range(2):
        answer = s3.delete_bucket_replication(Bucket=SOURCE)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("ReplicationConfigurationNotFoundError", 404):
        s3.get_bucket_replication(Bucket=SOURCE)


def test_rules_without_an_id_are_given_one(s3, role):
    nameless = rule()
    del nameless["ID"]
    put_rules(s3, SOURCE, role, nameless)
    [kept] = s3.get_bucket_replication(Bucket=SOURCE)["ReplicationConfiguration"]["Rules"]
    assert len(kept["ID"]) == 48


BARE = {"Status": "Enabled", "Destination": {"Bucket": f"arn:aws:s3:::{COPY}"}}
FIFTEEN, SIXTEEN = {"Minutes": 15}, {"Minutes": 16}


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("InvalidRequest", [rule(to="nowhere")]),
        ("InvalidRequest", [rule(to=SOURCE)]),
        ("InvalidRequest", [{**BARE, "Filter": {}, "Priority": 1}]),
        ("InvalidRequest", [{**BARE, "Filter": {}, "DeleteMarkerReplication": {"Status": "Disabled"}}]),
        ("InvalidRequest", [{**BARE, "Priority": 1}]),
        ("InvalidRequest", [rule(), {**BARE, "ID": "old", "Prefix": "a"}]),
        ("InvalidRequest", [{**BARE, "ID": "one", "Prefix": "a"}, {**BARE, "ID": "two", "Prefix": "ab"}]),
        ("InvalidRequest", [rule(destination={"ReplicationTime": TIMED["ReplicationTime"]})]),
        ("InvalidRequest", [rule(destination={"Account": "999999999999"})]),
        ("InvalidRequest", [rule(ExistingObjectReplication={"Status": "Enabled"})]),
        ("InvalidRequest", [rule(priority=at) for at in range(1_001)]),
        ("InvalidArgument", [rule(), rule(ID="other")]),
        ("InvalidArgument", [rule(), rule(priority=2, ID="to-orchard-copy-1")]),
        ("InvalidArgument", [rule(ID="i" * 256)]),
        ("InvalidArgument", [rule(prefix="p" * 1_025)]),
        ("InvalidArgument", [rule(destination={"Bucket": COPY})]),
        ("InvalidArgument", [rule(destination={"AccessControlTranslation": {"Owner": "Destination"}})]),
        ("InvalidArgument", [rule(destination={**TIMED, "ReplicationTime": {"Status": "Enabled", "Time": SIXTEEN}})]),
        ("InvalidArgument", [rule(destination={"Metrics": {"Status": "Enabled", "EventThreshold": SIXTEEN}})]),
        ("MalformedXML", [rule(Filter={"Prefix": "a", "Tag": {"Key": "b", "Value": "c"}})]),
        ("MalformedXML", [rule(Filter={"And": {"Prefix": "a"}})]),
        ("MalformedXML", [rule(Status="On")]),
        ("MalformedXML", [rule(destination={"StorageClass": "LUKEWARM"})]),
        ("MalformedXML", [rule(destination={"Metrics": {"Status": "Maybe"}})]),
        ("MalformedXML", [rule(Prefix="a")]),
    ],
)
def test_what_is_no_rule_is_refused(s3, role, refused, code, rules):
    with refused(code):
        put_rules(s3, SOURCE, role, *rules)


def test_a_configuration_needs_a_role_and_rules(s3, role, refused):
    with refused("MalformedXML"):
        put_rules(s3, SOURCE, role)
    with refused("InvalidArgument"):
        put_rules(s3, SOURCE, "replicator", rule(destination=MEASURED))


def test_replicas_have_a_key_where_rules_take_objects_with_keys(s3, role, refused):
    key = {"EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:us-east-1:111111111111:alias/aws/s3"}}
    chosen = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    with refused("InvalidRequest"):
        put_rules(s3, SOURCE, role, rule(destination=key))
    with refused("InvalidRequest"):
        put_rules(s3, SOURCE, role, rule(SourceSelectionCriteria=chosen))
    put_rules(s3, SOURCE, role, rule(destination=key, SourceSelectionCriteria=chosen))
