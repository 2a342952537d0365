"""Batch Operations do one thing to many objects."""

import json

import pytest

from tests.services.s3.conftest import OWNER
from tests.services.s3.replicas import make_role, trusting
from tests.services.s3control.conftest import BATCH, BUCKET, REPORTS, counts

TAG = {"S3PutObjectTagging": {"TagSet": [{"Key": "state", "Value": "ripe"}]}}


def put(s3, *keys, **more):
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"apple", **more)


@pytest.mark.spec("S3BOP-001", "S3BOP-004", "S3BOP-011")
def test_a_job_tags_every_object_of_its_manifest_and_reports(s3, manifest, create, done, report):
    keys = ["a", "b c/ä", "d"]
    put(s3, *keys)
    job = create(TAG, Manifest=manifest([*keys, "gone"]))
    assert counts(done(job)) == ("Complete", 4, 3, 1)
    for key in keys:
        assert s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"] == [{"Key": "state", "Value": "ripe"}]
    told = report(job)
    assert told["succeeded"][1] == [BUCKET, "b+c/%C3%A4", "", "succeeded", "", "200", "Successful"]
    assert told["failed"] == [[BUCKET, "gone", "", "failed", "NoSuchKey", "404", "The specified key does not exist."]]


@pytest.mark.spec("S3BOP-001")
def test_thousands_of_keys_are_counted(s3, manifest, create, done):
    key = "a" * 100
    put(s3, key)
    job = create({"S3DeleteObjectTagging": {}}, Manifest=manifest([key] * 1_500))
    assert counts(done(job)) == ("Complete", 1_500, 1_500, 0)


@pytest.mark.spec("S3BOP-002")
def test_a_job_copies_objects_with_other_metadata_and_class(s3, manifest, create, done):
    s3.create_bucket(Bucket="cellar")
    put(s3, "a", "b", Metadata={"kind": "red"})
    copy = {
        "TargetResource": "arn:aws:s3:::cellar",
        "TargetKeyPrefix": "kept",
        "StorageClass": "STANDARD_IA",
        "NewObjectMetadata": {"ContentType": "text/plain", "UserMetadata": {"kind": "dried"}},
        "NewObjectTagging": [{"Key": "state", "Value": "old"}],
    }
    job = create({"S3PutObjectCopy": copy}, Manifest=manifest(["a", "b"]))
    assert counts(done(job)) == ("Complete", 2, 2, 0)
    for key in ("kept/a", "kept/b"):
        found = s3.head_object(Bucket="cellar", Key=key)
        assert (found["StorageClass"], found["ContentType"]) == ("STANDARD_IA", "text/plain")
        assert found["Metadata"] == {"kind": "dried"}
        assert s3.get_object_tagging(Bucket="cellar", Key=key)["TagSet"] == [{"Key": "state", "Value": "old"}]


@pytest.mark.spec("S3BOP-004")
def test_a_job_gives_objects_another_list(s3, manifest, create, done):
    s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    put(s3, "a")
    me = s3.list_buckets()["Owner"]["ID"]
    grants = [{"Grantee": {"TypeIdentifier": "id", "Identifier": me}, "Permission": "READ"}]
    policy = {"AccessControlList": {"Owner": {"ID": me}, "Grants": grants}}
    job = create({"S3PutObjectAcl": {"AccessControlPolicy": policy}}, Manifest=manifest(["a"]))
    assert counts(done(job)) == ("Complete", 1, 1, 0)
    [grant] = s3.get_object_acl(Bucket=BUCKET, Key="a")["Grants"]
    assert (grant["Grantee"]["ID"], grant["Permission"]) == (me, "READ")


@pytest.mark.spec("S3BOP-005")
def test_a_job_restores_from_an_archive(s3, manifest, create, done):
    put(s3, "a", "b", StorageClass="GLACIER")
    job = create(
        {"S3InitiateRestoreObject": {"ExpirationInDays": 3, "GlacierJobTier": "BULK"}}, Manifest=manifest(["a", "b"])
    )
    assert counts(done(job)) == ("Complete", 2, 2, 0)
    for key in ("a", "b"):
        assert s3.head_object(Bucket=BUCKET, Key=key)["Restore"] == 'ongoing-request="true"'


def test_a_job_locks_versions(s3, manifest, create, done):
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    versions = [
        s3.put_object(Bucket="vault", Key="a", Body=body, ChecksumAlgorithm="CRC32")["VersionId"]
        for body in (b"1", b"2")
    ]
    spec = {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key", "VersionId"]}
    listed = manifest([["vault", "a", versions[0]]], spec)
    job = create({"S3PutObjectLegalHold": {"LegalHold": {"Status": "ON"}}}, Manifest=listed)
    assert counts(done(job)) == ("Complete", 1, 1, 0)
    held = s3.get_object_legal_hold(Bucket="vault", Key="a", VersionId=versions[0])
    assert held["LegalHold"]["Status"] == "ON"
    retention = {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": "2999-01-01T00:00:00Z"}}
    job = create({"S3PutObjectRetention": retention}, token="other", Manifest=listed)
    assert counts(done(job)) == ("Complete", 1, 1, 0)
    kept = s3.get_object_retention(Bucket="vault", Key="a", VersionId=versions[0])
    assert kept["Retention"]["Mode"] == "GOVERNANCE"


@pytest.mark.spec("S3BOP-007")
def test_an_inventory_is_a_manifest(cloud, s3, create, done):
    put(s3, "a", "b c")
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{REPORTS}/*",
    }
    s3.put_bucket_policy(Bucket=REPORTS, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    place = {"Bucket": f"arn:aws:s3:::{REPORTS}", "Format": "CSV", "Prefix": "lists"}
    configuration = {
        "Id": "all",
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Daily"},
        "OptionalFields": ["Size"],
        "Destination": {"S3BucketDestination": place},
    }
    s3.put_bucket_inventory_configuration(Bucket=BUCKET, Id="all", InventoryConfiguration=configuration)
    cloud.turn(days=1, seconds=1)
    listed = s3.list_objects_v2(Bucket=REPORTS, Prefix="lists")["Contents"]
    [found] = [entry for entry in listed if entry["Key"].endswith("manifest.json")]
    location = {"ObjectArn": f"arn:aws:s3:::{REPORTS}/{found['Key']}", "ETag": found["ETag"]}
    listed = {"Spec": {"Format": "S3InventoryReport_CSV_20161130"}, "Location": location}
    job = create(TAG, Manifest=listed)
    assert counts(done(job)) == ("Complete", 2, 2, 0)
    assert s3.get_object_tagging(Bucket=BUCKET, Key="b c")["TagSet"]


@pytest.mark.spec("S3BOP-012")
def test_the_role_must_trust_batch_operations(cloud, owner, s3, manifest, create, done):
    put(s3, "a")
    role = make_role(owner, "distrusting", "s3:*", services=("s3.amazonaws.com",))
    job = done(create(TAG, Manifest=manifest(["a"]), RoleArn=role))
    assert job["Status"] == "Failed"
    [reason] = job["FailureReasons"]
    assert reason["FailureCode"] == "AssumeRoleNotPermitted"
    owner.client("iam").update_assume_role_policy(RoleName="distrusting", PolicyDocument=trusting(BATCH))
    assert counts(done(create(TAG, token="again", Manifest=manifest(["a"]), RoleArn=role)))[0] == "Complete"


def test_what_the_role_may_not_do_fails_task_by_task(owner, s3, manifest, create, done, report):
    put(s3, "a")
    role = make_role(owner, "reader", "s3:GetObject", "s3:PutObject", services=(BATCH,))
    job = create(TAG, Manifest=manifest(["a"]), RoleArn=role)
    assert counts(done(job)) == ("Complete", 1, 0, 1)
    [row] = report(job)["failed"]
    assert row[4:6] == ["AccessDenied", "403"]
    assert "s3:PutObjectTagging" in row[6]


@pytest.mark.spec("S3BOP-010")
def test_a_job_most_of_whose_tasks_fail_is_stopped(s3, manifest, create, done, report):
    put(s3, "a")
    job = create(TAG, Manifest=manifest(["a"] * 400 + ["gone"] * 2_000))
    described = done(job)
    assert counts(described) == ("Failed", 2_400, 400, 600)
    assert described["FailureReasons"][0]["FailureCode"] == "FailureThresholdExceeded"
    assert len(report(job)["failed"]) == 600


def test_failed_tasks_alone_are_reported_where_that_is_asked(s3, manifest, create, done, report):
    put(s3, "a")
    scope = {"Bucket": f"arn:aws:s3:::{REPORTS}", "Format": "Report_CSV_20180820", "Enabled": True, "Prefix": "done"}
    job = create(TAG, Manifest=manifest(["a", "gone"]), Report={**scope, "ReportScope": "FailedTasksOnly"})
    done(job)
    assert list(report(job)) == ["failed"]


def test_a_report_that_cannot_be_delivered_fails_the_job(s3, manifest, create, done):
    put(s3, "a")
    nowhere = {"Bucket": "arn:aws:s3:::nowhere", "Format": "Report_CSV_20180820", "Enabled": True}
    job = done(create(TAG, Manifest=manifest(["a"]), Report={**nowhere, "ReportScope": "AllTasks"}))
    assert job["Status"] == "Failed"
    assert job["FailureReasons"][0]["FailureCode"] == "JobReportDeliveryFailed"


@pytest.mark.parametrize("rows", [[["only-one-column"]], [["", "key"]], [[BUCKET, ""]], [[BUCKET, "a", "too", "many"]]])
def test_a_manifest_that_cannot_be_read_fails_the_job(s3, manifest, create, done, rows):
    job = done(create(TAG, Manifest=manifest(rows)))
    assert job["Status"] == "Failed"
    assert job["FailureReasons"][0]["FailureCode"] == "ManifestParsingFailed"


def test_a_manifest_must_be_there_as_it_was_named(s3, manifest, create, done):
    put(s3, "a")
    for number, more in enumerate(({"ETag": "0" * 32}, {"ObjectArn": f"arn:aws:s3:::{REPORTS}/gone"})):
        job = done(create(TAG, token=f"t{number}", Manifest=manifest(["a"], **more)))
        assert (job["Status"], len(job["FailureReasons"])) == ("Failed", 1)


@pytest.mark.spec("S3BOP-006")
def test_a_job_is_a_list_an_operation_and_parameters(s3, manifest, create, refused):
    listed = manifest(["a"])
    with refused("InvalidRequest"):
        create(TAG)
    with refused("InvalidRequest"):
        create({**TAG, "S3DeleteObjectTagging": {}}, Manifest=listed)
    with refused("InvalidRequest"):
        create({}, Manifest=listed)
    with refused("InvalidRequest"):
        create(TAG, Manifest=listed, Report={"Enabled": True})
    with refused("InvalidRequest"):
        create(TAG, Manifest={**listed, "Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Key"]}})
    with refused("InvalidRequest"):
        create(TAG, Manifest={**listed, "Location": {"ObjectArn": "arn:aws:s3:::bucket", "ETag": "e"}})
    with refused("InvalidRequest"):
        create({"S3UpdateObjectEncryption": {}}, Manifest=listed)


@pytest.mark.spec("S3BOP-014")
def test_repeating_a_request_returns_the_same_job(s3, manifest, create, refused):
    listed = manifest(["a"])
    first = create(TAG, Manifest=listed)
    assert create(TAG, Manifest=listed) == first
    with refused("IdempotencyException"):
        create({"S3DeleteObjectTagging": {}}, Manifest=listed)
    assert create(TAG, token="other", Manifest=listed) != first


def test_who_creates_a_job_must_be_allowed_to_and_pass_the_role(cloud, owner, s3, manifest, role, refused):
    iam = owner.client("iam")
    iam.create_user(UserName="pat")
    key = iam.create_access_key(UserName="pat")["AccessKey"]
    control = cloud.session_with(key).client("s3control")
    asked = {
        "AccountId": OWNER,
        "Operation": TAG,
        "Report": {"Enabled": False},
        "ClientRequestToken": "t",
        "Priority": 1,
        "RoleArn": role,
        "Manifest": manifest(["a"]),
        "ConfirmationRequired": False,
    }

    def allow(action, **more):
        statement = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="pat", PolicyName=action.replace(":", "-"), PolicyDocument=text)

    with refused("AccessDenied"):
        control.create_job(**asked)
    allow("s3:CreateJob", Condition={"StringEquals": {"s3:RequestJobOperation": "S3PutObjectTagging"}})
    with refused("AccessDenied") as answer:
        control.create_job(**asked)
    assert "iam:PassRole" in answer["Error"]["Message"]
    allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": BATCH}})
    control.create_job(**asked)
    with refused("AccessDenied"):
        control.create_job(**{**asked, "ClientRequestToken": "u", "Operation": {"S3DeleteObjectTagging": {}}})


@pytest.mark.spec("S3BOP-003")
def test_a_job_encrypts_objects_with_keys_of_kms(s3, manifest, create, done):
    put(s3, "a", "b")
    key = f"arn:aws:kms:us-east-1:{OWNER}:alias/aws/s3"
    copy = {"TargetResource": f"arn:aws:s3:::{BUCKET}", "SSEAwsKmsKeyId": key, "BucketKeyEnabled": True}
    job = create({"S3PutObjectCopy": copy}, Manifest=manifest(["a"]))
    assert counts(done(job)) == ("Complete", 1, 1, 0)
    found = s3.head_object(Bucket=BUCKET, Key="a")
    assert (found["ServerSideEncryption"], found["BucketKeyEnabled"]) == ("aws:kms", True)
    updated = {"ObjectEncryption": {"SSEKMS": {"KMSKeyArn": found["SSEKMSKeyId"]}}}
    generator = {
        "SourceBucket": f"arn:aws:s3:::{BUCKET}",
        "EnableManifestOutput": False,
        "Filter": {"MatchAnyObjectEncryption": [{"SSES3": {}}]},
    }
    asked = {"token": "update", "ManifestGenerator": {"S3JobManifestGenerator": generator}}
    job = create({"S3UpdateObjectEncryption": updated}, **asked)
    assert counts(done(job)) == ("Complete", 1, 1, 0)
    assert s3.head_object(Bucket=BUCKET, Key="b")["SSEKMSKeyId"] == found["SSEKMSKeyId"]
