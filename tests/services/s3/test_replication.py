"""Objects are replicated into other buckets, in the session of a role."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.services.s3.conftest import MIB, OWNER, STRANGER, document, statement
from tests.services.s3.replicas import (
    ALL_ACTIONS,
    MEASURED,
    OBJECT_ACTIONS,
    REPLICA_ACTIONS,
    SOURCE_ACTIONS,
    TIMED,
    allowing,
    make_bucket,
    make_role,
    put_rules,
    rule,
    status_of,
    trusting,
)

SOURCE, COPY = "orchard", "orchard-copy"


@pytest.fixture
def role(owner):
    return make_role(owner, "replicator", *ALL_ACTIONS)


@pytest.fixture
def near(owner):
    """A client of the source's region, where the source is."""
    return make_bucket(owner, SOURCE)


@pytest.fixture
def far(owner):
    """A client of another region, where the destination is."""
    return make_bucket(owner, COPY, "eu-west-1")


@pytest.fixture
def queue(owner):
    """A queue that is told of events of ``orchard``; returns a function that takes what it was told."""
    sqs = owner.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{OWNER}:told"
    policy = document(statement("sqs:SendMessage", arn, {"Service": "s3.amazonaws.com"}))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def take():
        told = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                told += json.loads(message["Body"]).get("Records", ())
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [record for record in told if record["eventName"].startswith("Replication")]

    configuration = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:Replication:*"]}]}
    owner.client("s3").put_bucket_notification_configuration(Bucket=SOURCE, NotificationConfiguration=configuration)
    take()
    return take


@pytest.mark.spec("S3REP-002")
def test_an_object_appears_in_another_region_under_the_same_version(cloud, near, far, role):
    put_rules(near, SOURCE, role, rule())
    put = near.put_object(
        Bucket=SOURCE, Key="a", Body=b"apple", Metadata={"kind": "red"}, ContentType="text/plain", Tagging="state=ripe"
    )
    cloud.settle()
    got = far.get_object(Bucket=COPY, Key="a")
    assert got["Body"].read() == b"apple"
    assert (got["VersionId"], got["ETag"]) == (put["VersionId"], put["ETag"])
    assert (got["Metadata"], got["ContentType"], got["TagCount"]) == ({"kind": "red"}, "text/plain", 1)
    assert got["LastModified"] == near.head_object(Bucket=SOURCE, Key="a")["LastModified"]
    tags = far.get_object_tagging(Bucket=COPY, Key="a", VersionId=put["VersionId"])["TagSet"]
    assert tags == [{"Key": "state", "Value": "ripe"}]


@pytest.mark.spec("S3REP-003")
def test_an_object_appears_in_another_bucket_of_the_region(cloud, owner, near, role):
    make_bucket(owner, COPY)
    put_rules(near, SOURCE, role, rule())
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    assert near.get_object(Bucket=COPY, Key="a")["Body"].read() == b"apple"


@pytest.mark.spec("S3REP-005", "KMR-010")
def test_statuses_go_from_pending_to_completed_and_say_replica_at_the_destination(cloud, near, far, role):
    put_rules(near, SOURCE, role, rule())
    cloud.shake("s3", "replication")
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    assert status_of(near, SOURCE, "a") == "PENDING"
    assert "Contents" not in far.list_objects_v2(Bucket=COPY)
    cloud.shake("s3", "replication", 0)
    cloud.turn(minutes=2)
    assert status_of(near, SOURCE, "a") == "COMPLETED"
    assert near.get_object(Bucket=SOURCE, Key="a")["ReplicationStatus"] == "COMPLETED"
    assert status_of(far, COPY, "a") == "REPLICA"


@pytest.mark.spec("S3REP-007")
def test_only_what_is_written_after_the_rule_and_meant_by_it_is_replicated(cloud, near, far, role):
    near.put_object(Bucket=SOURCE, Key="in/old", Body=b"")
    put_rules(near, SOURCE, role, rule(prefix="in/"))
    near.put_object(Bucket=SOURCE, Key="out", Body=b"")
    near.put_object(Bucket=SOURCE, Key="in/cold", Body=b"", StorageClass="GLACIER")
    near.copy_object(Bucket=SOURCE, Key="in/new", CopySource=f"{SOURCE}/out")
    cloud.settle()
    assert [found["Key"] for found in far.list_objects_v2(Bucket=COPY)["Contents"]] == ["in/new"]
    assert [status_of(near, SOURCE, key) for key in ("in/old", "out", "in/cold")] == [None, None, None]
    near.delete_bucket_replication(Bucket=SOURCE)
    near.put_object(Bucket=SOURCE, Key="in/late", Body=b"")
    assert status_of(near, SOURCE, "in/late") is None


@pytest.mark.spec("S3REP-004")
def test_another_account_takes_replicas_when_its_bucket_lets_the_role(cloud, owner, near, role):
    stranger = cloud.session(account=STRANGER)
    there = make_bucket(stranger, COPY)
    put_rules(near, SOURCE, role, rule(destination={"Account": STRANGER}))
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    assert status_of(near, SOURCE, "a") == "FAILED"
    actions = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
    text = document(statement(actions, f"arn:aws:s3:::{COPY}/*", {"AWS": role}))
    there.put_bucket_policy(Bucket=COPY, Policy=text)
    near.put_object(Bucket=SOURCE, Key="b", Body=b"berry")
    cloud.settle()
    assert status_of(near, SOURCE, "b") == "COMPLETED"
    assert [found["Key"] for found in there.list_objects_v2(Bucket=COPY)["Contents"]] == ["b"]


@pytest.mark.spec("S3REP-006")
@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("s3:GetObjectVersionForReplication", "SrcGetObjectNotPermitted"),
        ("s3:GetObjectVersionAcl", "SrcGetAclNotPermitted"),
        ("s3:GetReplicationConfiguration", "SrcBucketReplicationConfigMissing"),
        ("s3:ReplicateObject", "DstPutObjectNotPermitted"),
    ],
)
def test_what_the_role_may_not_do_fails_and_is_told(cloud, owner, near, far, queue, missing, reason):
    role = make_role(owner, "weak", *(action for action in ALL_ACTIONS if action != missing))
    put_rules(near, SOURCE, role, rule(destination=MEASURED))
    put = near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    assert status_of(near, SOURCE, "a") == "FAILED"
    [told] = queue()
    assert (told["eventName"], told["eventVersion"]) == ("Replication:OperationFailedReplication", "2.2")
    assert told["s3"]["object"]["versionId"] == put["VersionId"]
    data = told["replicationEventData"]
    assert data["failureReason"] == reason
    assert (data["destinationBucket"], data["s3Operation"]) == (f"arn:aws:s3:::{COPY}", "OBJECT_PUT")


@pytest.mark.spec("S3REP-006")
def test_a_role_must_trust_s3_and_be_passed_by_who_may(cloud, owner, near, far, queue, user, refused):
    role = make_role(owner, "distrusting", *ALL_ACTIONS, services=("ec2.amazonaws.com",))
    put_rules(near, SOURCE, role, rule(destination=MEASURED))
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    [told] = queue()
    assert told["replicationEventData"]["failureReason"] == "AssumeRoleNotPermitted"
    owner.client("iam").update_assume_role_policy(RoleName="distrusting", PolicyDocument=trusting("s3.amazonaws.com"))
    near.put_object(Bucket=SOURCE, Key="b", Body=b"berry")
    cloud.settle()
    assert status_of(near, SOURCE, "b") == "COMPLETED"
    pat = user("pat", ("s3:PutReplicationConfiguration", "*"))
    with refused("AccessDenied", 403) as answer:
        put_rules(pat, SOURCE, role, rule())
    assert "iam:PassRole" in answer["Error"]["Message"]


def test_failures_are_not_told_without_metrics(cloud, owner, near, far, queue):
    put_rules(near, SOURCE, make_role(owner, "weak"), rule())
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    assert (status_of(near, SOURCE, "a"), queue()) == ("FAILED", [])


@pytest.mark.parametrize("missing", ["s3:ReplicateTags", "s3:GetObjectVersionTagging"])
def test_tags_stay_behind_where_the_role_may_not_replicate_them(cloud, owner, near, far, missing):
    role = make_role(owner, "tagless", *(action for action in ALL_ACTIONS if action != missing))
    put_rules(near, SOURCE, role, rule())
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple", Tagging="state=ripe")
    cloud.settle()
    assert status_of(near, SOURCE, "a") == "COMPLETED"
    assert far.get_object_tagging(Bucket=COPY, Key="a")["TagSet"] == []


@pytest.mark.spec("S3REP-015", "KMR-011")
def test_delete_markers_go_along_only_where_a_rule_takes_them(cloud, near, far, role):
    put_rules(near, SOURCE, role, rule())
    put = near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    near.delete_object(Bucket=SOURCE, Key="a")
    cloud.settle()
    assert "DeleteMarkers" not in far.list_object_versions(Bucket=COPY)
    put_rules(near, SOURCE, role, rule(DeleteMarkerReplication={"Status": "Enabled"}))
    marker = near.delete_object(Bucket=SOURCE, Key="a")["VersionId"]
    near.delete_object(Bucket=SOURCE, Key="a", VersionId=put["VersionId"])
    cloud.settle()
    versions = far.list_object_versions(Bucket=COPY)
    assert [(found["VersionId"], found["IsLatest"]) for found in versions["DeleteMarkers"]] == [(marker, True)]
    assert [found["VersionId"] for found in versions["Versions"]] == [put["VersionId"]]


@pytest.mark.spec("S3REP-015")
def test_rules_with_tags_take_no_delete_markers(near, far, role, refused):
    tagged = {"Tag": {"Key": "state", "Value": "ripe"}}
    with refused("InvalidRequest"):
        put_rules(near, SOURCE, role, rule(Filter=tagged, DeleteMarkerReplication={"Status": "Enabled"}))


def test_rules_of_the_first_version_take_delete_markers_along(cloud, near, far, role):
    old = {"ID": "old", "Prefix": "", "Status": "Enabled", "Destination": {"Bucket": f"arn:aws:s3:::{COPY}"}}
    put_rules(near, SOURCE, role, old)
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    marker = near.delete_object(Bucket=SOURCE, Key="a")["VersionId"]
    cloud.settle()
    assert [found["VersionId"] for found in far.list_object_versions(Bucket=COPY)["DeleteMarkers"]] == [marker]


@pytest.mark.spec("S3REP-016")
def test_replicas_are_not_replicated_again(cloud, owner, near, far, role):
    make_bucket(owner, "third")
    put_rules(near, SOURCE, role, rule())
    put_rules(far, COPY, role, rule(to="third"))
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    assert status_of(far, COPY, "a") == "REPLICA"
    assert "Contents" not in near.list_objects_v2(Bucket="third")


@pytest.mark.spec("S3REP-020")
def test_a_version_with_several_destinations_is_completed_once_all_have_it(cloud, owner, near, far, role):
    make_bucket(owner, "third")
    policy = document(statement("s3:ReplicateObject", "arn:aws:s3:::third/*", Effect="Deny"))
    near.put_bucket_policy(Bucket="third", Policy=policy)
    put_rules(near, SOURCE, role, rule(), rule(to="third", priority=2))
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    assert status_of(near, SOURCE, "a") == "FAILED"
    assert status_of(far, COPY, "a") == "REPLICA"
    near.delete_bucket_policy(Bucket="third")
    near.put_object(Bucket=SOURCE, Key="b", Body=b"berry")
    cloud.settle()
    assert status_of(near, SOURCE, "b") == "COMPLETED"
    assert status_of(near, "third", "b") == "REPLICA"


@pytest.mark.spec("S3REP-014")
def test_the_rule_of_the_highest_priority_wins_and_disabled_ones_do_not_count(cloud, near, far, role):
    both = {"And": {"Prefix": "in/", "Tags": [{"Key": "state", "Value": "ripe"}]}}
    put_rules(
        near,
        SOURCE,
        role,
        rule(priority=1, destination={"StorageClass": "STANDARD_IA"}),
        rule(priority=2, Filter=both, destination={"StorageClass": "ONEZONE_IA"}),
        rule(priority=3, Status="Disabled", destination={"StorageClass": "GLACIER_IR"}),
    )
    near.put_object(Bucket=SOURCE, Key="in/a", Body=b"apple", Tagging="state=ripe&size=big")
    near.put_object(Bucket=SOURCE, Key="in/b", Body=b"berry", Tagging="state=raw")
    cloud.settle()
    classes = [far.head_object(Bucket=COPY, Key=key)["StorageClass"] for key in ("in/a", "in/b")]
    assert classes == ["ONEZONE_IA", "STANDARD_IA"]


@pytest.mark.spec("S3REP-019")
def test_later_tags_reach_the_replica_and_come_back_where_modifications_are_taken(cloud, near, far, role):
    put_rules(near, SOURCE, role, rule())
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    near.put_object_tagging(Bucket=SOURCE, Key="a", Tagging={"TagSet": [{"Key": "state", "Value": "ripe"}]})
    assert status_of(near, SOURCE, "a") in ("PENDING", "COMPLETED")
    cloud.settle()
    assert far.get_object_tagging(Bucket=COPY, Key="a")["TagSet"] == [{"Key": "state", "Value": "ripe"}]
    assert status_of(near, SOURCE, "a") == "COMPLETED"
    back = rule(to=SOURCE)
    put_rules(far, COPY, role, back)
    far.delete_object_tagging(Bucket=COPY, Key="a")
    cloud.settle()
    assert near.get_object_tagging(Bucket=SOURCE, Key="a")["TagSet"] == [{"Key": "state", "Value": "ripe"}]
    synced = {"ReplicaModifications": {"Status": "Enabled"}}
    put_rules(far, COPY, role, {**back, "SourceSelectionCriteria": synced})
    far.put_object_tagging(Bucket=COPY, Key="a", Tagging={"TagSet": [{"Key": "state", "Value": "sold"}]})
    cloud.settle()
    assert near.get_object_tagging(Bucket=SOURCE, Key="a")["TagSet"] == [{"Key": "state", "Value": "sold"}]
    assert status_of(far, COPY, "a") == "REPLICA"


@pytest.mark.spec("S3REP-019")
def test_retention_and_lists_of_the_source_reach_the_replica(cloud, owner, role):
    near = make_bucket(owner, SOURCE, ObjectLockEnabledForBucket=True, ObjectOwnership="ObjectWriter")
    far = make_bucket(owner, COPY, "eu-west-1", ObjectLockEnabledForBucket=True, ObjectOwnership="ObjectWriter")
    put_rules(near, SOURCE, role, rule())
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple", ChecksumAlgorithm="CRC32")
    cloud.settle()
    near.put_object_legal_hold(Bucket=SOURCE, Key="a", LegalHold={"Status": "ON"})
    friend = cloud.session(account=STRANGER).client("s3").list_buckets()["Owner"]["ID"]
    near.put_object_acl(Bucket=SOURCE, Key="a", GrantRead=f"id={friend}")
    cloud.settle()
    grants = far.get_object_acl(Bucket=COPY, Key="a")["Grants"]
    assert [grant["Grantee"]["ID"] for grant in grants] == [friend]
    assert far.get_object_legal_hold(Bucket=COPY, Key="a")["LegalHold"]["Status"] == "ON"
    near.put_object_retention(
        Bucket=SOURCE, Key="a", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2999-01-01T00:00:00Z"}
    )
    cloud.settle()
    assert far.get_object_retention(Bucket=COPY, Key="a")["Retention"]["Mode"] == "GOVERNANCE"


def test_a_replica_can_have_another_owner_and_class(cloud, owner, near, role):
    stranger = cloud.session(account=STRANGER)
    there = make_bucket(stranger, COPY, ObjectOwnership="ObjectWriter")
    policy = document(statement(REPLICA_ACTIONS, f"arn:aws:s3:::{COPY}/*", {"AWS": role}))
    there.put_bucket_policy(Bucket=COPY, Policy=policy)
    put_rules(near, SOURCE, role, rule(destination={"Account": STRANGER, "StorageClass": "GLACIER_IR"}))
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    mine = near.get_bucket_acl(Bucket=SOURCE)["Owner"]["ID"]
    theirs = there.get_bucket_acl(Bucket=COPY)["Owner"]["ID"]
    found = {entry["Key"]: entry for entry in there.list_objects_v2(Bucket=COPY)["Contents"]}
    assert found["a"]["StorageClass"] == "GLACIER_IR"
    destination = {"Account": STRANGER, "AccessControlTranslation": {"Owner": "Destination"}}
    put_rules(near, SOURCE, role, rule(destination=destination))
    near.put_object(Bucket=SOURCE, Key="b", Body=b"berry")
    cloud.settle()
    assert there.get_object_acl(Bucket=COPY, Key="b")["Owner"]["ID"] == theirs
    reader = owner.client("s3")
    assert reader.get_object_acl(Bucket=COPY, Key="a")["Owner"]["ID"] == mine


def test_objects_of_parts_and_large_ones_share_their_bytes_with_replicas(cloud, near, far, role, blobs):
    put_rules(near, SOURCE, role, rule())
    near.put_object(Bucket=SOURCE, Key="large", Body=b"l" * MIB)
    begun = near.create_multipart_upload(Bucket=SOURCE, Key="parts", ChecksumAlgorithm="SHA256")
    named = {"Bucket": SOURCE, "Key": "parts", "UploadId": begun["UploadId"]}
    listed = []
    for number, body in ((1, b"1" * 5 * MIB), (2, b"2" * 100)):
        part = near.upload_part(**named, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
        listed.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]})
    etag = near.complete_multipart_upload(**named, MultipartUpload={"Parts": listed})["ETag"]
    cloud.settle()
    assert len(blobs()) == 2
    for name in (SOURCE, COPY):
        client = near if name == SOURCE else far
        versions = client.list_object_versions(Bucket=name)["Versions"]
        if name == SOURCE:
            for found in versions:
                client.delete_object(Bucket=name, Key=found["Key"], VersionId=found["VersionId"])
    got = far.get_object(Bucket=COPY, Key="parts", PartNumber=2)
    assert (got["Body"].read(), got["PartsCount"], got["ETag"]) == (b"2" * 100, 2, etag)
    assert far.get_object(Bucket=COPY, Key="parts")["ContentLength"] == 5 * MIB + 100
    assert far.get_object(Bucket=COPY, Key="large")["Body"].read() == b"l" * MIB
    for found in far.list_object_versions(Bucket=COPY)["Versions"]:
        far.delete_object(Bucket=COPY, Key=found["Key"], VersionId=found["VersionId"])
    cloud.settle()
    assert blobs() == []


def test_versions_that_arrive_late_lie_where_they_were_written(cloud, near, far, role):
    put_rules(near, SOURCE, role, rule(prefix="in/"))
    first = near.put_object(Bucket=SOURCE, Key="in/a", Body=b"1")["VersionId"]
    cloud.settle()
    cloud.shake("s3", "replication")
    second = near.put_object(Bucket=SOURCE, Key="in/a", Body=b"2")["VersionId"]
    cloud.settle()
    cloud.turn(seconds=5)
    third = far.put_object(Bucket=COPY, Key="in/a", Body=b"3")["VersionId"]
    cloud.shake("s3", "replication", 0)
    cloud.turn(minutes=2)
    listed = far.list_object_versions(Bucket=COPY)["Versions"]
    assert [found["VersionId"] for found in listed] == [third, second, first]
    assert far.get_object(Bucket=COPY, Key="in/a")["Body"].read() == b"3"


@pytest.mark.spec("S3REP-012")
def test_what_takes_longer_than_fifteen_minutes_is_told_twice(cloud, near, far, role, queue):
    put_rules(near, SOURCE, role, rule(destination=TIMED))
    near.put_object(Bucket=SOURCE, Key="in time", Body=b"")
    cloud.settle()
    cloud.shake("s3", "replication")
    near.put_object(Bucket=SOURCE, Key="late", Body=b"apple")
    cloud.turn(minutes=14)
    assert queue() == []
    cloud.turn(minutes=2)
    [missed] = queue()
    assert missed["eventName"] == "Replication:OperationMissedThreshold"
    assert missed["s3"]["object"]["key"] == "late"
    assert missed["replicationEventData"]["threshold"] == "15"
    cloud.shake("s3", "replication", 0)
    cloud.turn(minutes=2)
    [arrived] = queue()
    assert arrived["eventName"] == "Replication:OperationReplicatedAfterThreshold"
    assert status_of(near, SOURCE, "late") == "COMPLETED"


def test_a_destination_that_went_fails_what_is_written_then(cloud, near, far, role, queue):
    put_rules(near, SOURCE, role, rule(destination=MEASURED))
    far.put_bucket_versioning(Bucket=COPY, VersioningConfiguration={"Status": "Suspended"})
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple")
    cloud.settle()
    far.delete_bucket(Bucket=COPY)
    near.put_object(Bucket=SOURCE, Key="b", Body=b"berry")
    cloud.settle()
    reasons = {told["s3"]["object"]["key"]: told["replicationEventData"]["failureReason"] for told in queue()}
    assert reasons == {"a": "DstBucketUnversioned", "b": "DstBucketNotFound"}


def test_permissions_are_asked_of_each_object(cloud, owner, near, far):
    role = make_role(owner, "narrow", *SOURCE_ACTIONS, *OBJECT_ACTIONS)
    policy = allowing(*REPLICA_ACTIONS, resource=f"arn:aws:s3:::{COPY}/in/*")
    owner.client("iam").put_role_policy(RoleName="narrow", PolicyName="in", PolicyDocument=policy)
    put_rules(near, SOURCE, role, rule())
    for key in ("in/a", "out/a"):
        near.put_object(Bucket=SOURCE, Key=key, Body=b"")
    cloud.settle()
    assert [status_of(near, SOURCE, key) for key in ("in/a", "out/a")] == ["COMPLETED", "FAILED"]


def test_lifecycle_rules_wait_for_replicas_and_are_not_replicated(cloud, owner, near, far, role):
    put_rules(near, SOURCE, role, rule(DeleteMarkerReplication={"Status": "Enabled"}))
    expiring = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    near.put_bucket_lifecycle_configuration(Bucket=SOURCE, LifecycleConfiguration={"Rules": [expiring]})
    near.put_object(Bucket=SOURCE, Key="a", Body=b"")
    cloud.settle()
    policy = document(statement("s3:ReplicateObject", f"arn:aws:s3:::{COPY}/*", Effect="Deny"))
    far.put_bucket_policy(Bucket=COPY, Policy=policy)
    near.put_object(Bucket=SOURCE, Key="failed", Body=b"")
    cloud.turn(days=3)
    assert [found["Key"] for found in near.list_objects_v2(Bucket=SOURCE)["Contents"]] == ["failed"]
    assert [found["Key"] for found in far.list_objects_v2(Bucket=COPY)["Contents"]] == ["a"]


MANAGED = f"arn:aws:kms:eu-west-1:{OWNER}:alias/aws/s3"
WITH_KEYS = {
    "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
    "destination": {"EncryptionConfiguration": {"ReplicaKmsKeyID": MANAGED}, **MEASURED},
}


@pytest.mark.spec("S3REP-018", "S3REP-017", "KMR-001", "KMR-003")
@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
def test_objects_with_keys_of_kms_are_replicated_only_by_rules_that_ask_for_them(cloud, near, far, role, algorithm):
    sizes = {"small": 5, "large": MIB}
    put_rules(near, SOURCE, role, rule())
    near.put_object(Bucket=SOURCE, Key="before", Body=b"apple", ServerSideEncryption=algorithm)
    put_rules(near, SOURCE, role, rule(**WITH_KEYS))
    for key, size in sizes.items():
        near.put_object(Bucket=SOURCE, Key=key, Body=b"a" * size, ServerSideEncryption=algorithm)
    near.put_object(Bucket=SOURCE, Key="of s3", Body=b"apple")
    cloud.settle()
    assert status_of(near, SOURCE, "before") is None
    assert {found["Key"] for found in far.list_objects_v2(Bucket=COPY)["Contents"]} == {"small", "large", "of s3"}
    for key, size in sizes.items():
        got, source = far.get_object(Bucket=COPY, Key=key), near.head_object(Bucket=SOURCE, Key=key)
        assert got["Body"].read() == b"a" * size
        assert (got["ServerSideEncryption"], got["ETag"]) == (algorithm, source["ETag"])
        assert ":eu-west-1:" in got["SSEKMSKeyId"]
        assert ":us-east-1:" in source["SSEKMSKeyId"]
    assert far.head_object(Bucket=COPY, Key="of s3")["ServerSideEncryption"] == "AES256"


def test_parts_with_keys_of_kms_are_replicated(cloud, near, far, role):
    put_rules(near, SOURCE, role, rule(**WITH_KEYS))
    begun = near.create_multipart_upload(Bucket=SOURCE, Key="parts", ServerSideEncryption="aws:kms")
    named = {"Bucket": SOURCE, "Key": "parts", "UploadId": begun["UploadId"]}
    bodies = (b"1" * 5 * MIB, b"2" * 100)
    listed = [
        {"PartNumber": number, "ETag": near.upload_part(**named, PartNumber=number, Body=body)["ETag"]}
        for number, body in enumerate(bodies, 1)
    ]
    near.complete_multipart_upload(**named, MultipartUpload={"Parts": listed})
    cloud.settle()
    assert far.get_object(Bucket=COPY, Key="parts")["Body"].read() == b"".join(bodies)


def test_a_key_that_is_not_there_fails_the_replication(cloud, owner, near, far, role, queue):
    may = allowing("kms:Encrypt")
    owner.client("iam").put_role_policy(RoleName="replicator", PolicyName="keys", PolicyDocument=may)
    place = {"EncryptionConfiguration": {"ReplicaKmsKeyID": MANAGED.replace("alias/aws/s3", "key/gone")}, **MEASURED}
    put_rules(near, SOURCE, role, rule(**{**WITH_KEYS, "destination": place}))
    near.put_object(Bucket=SOURCE, Key="a", Body=b"apple", ServerSideEncryption="aws:kms")
    cloud.settle()
    [told] = queue()
    assert told["replicationEventData"]["failureReason"] == "DstKmsKeyNotFound"


@pytest.mark.spec("S3REP-011")
def test_cloudwatch_knows_how_far_replication_is_behind(cloud, owner, near, far, role):
    put_rules(near, SOURCE, role, rule(destination=TIMED))
    cloud.shake("s3", "replication")
    near.put_object(Bucket=SOURCE, Key="one", Body=b"apple")
    near.put_object(Bucket=SOURCE, Key="two", Body=b"pear")
    cloud.turn(seconds=90)
    assert measured(owner, cloud, "OperationsPendingReplication") == 2
    assert measured(owner, cloud, "BytesPendingReplication") == 9
    cloud.shake("s3", "replication", 0)
    cloud.turn(seconds=60)
    assert status_of(near, SOURCE, "two") == "COMPLETED"
    assert measured(owner, cloud, "OperationsPendingReplication") == 0
    assert 60 <= measured(owner, cloud, "ReplicationLatency") <= 150
    wrong = {**TIMED, "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 10}}}
    with pytest.raises(ClientError, match="InvalidArgument"):
        put_rules(near, SOURCE, role, rule(destination=wrong))


def measured(owner, cloud, name):
    """Return the last minute's greatest value of a replication metric of ``orchard``."""
    now = datetime.fromtimestamp(cloud.now / 1000, UTC)
    named = {"SourceBucket": SOURCE, "DestinationBucket": COPY, "RuleId": f"to-{COPY}-1"}
    found = owner.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/S3",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in named.items()],
        StartTime=now - timedelta(seconds=60),
        EndTime=now + timedelta(seconds=60),
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    return max(found, key=lambda point: point["Timestamp"])["Maximum"] if found else None
