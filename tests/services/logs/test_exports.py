"""Export tasks: a group's events land in a bucket whose policy lets CloudWatch Logs write."""

import gzip
import json

import pytest

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError

ACCOUNT = "000000000000"


@pytest.fixture
def bucket(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="logs-landing")

    def look():
        found = s3.list_objects_v2(Bucket="logs-landing").get("Contents", [])
        return {one["Key"]: s3.get_object(Bucket="logs-landing", Key=one["Key"])["Body"].read() for one in found}

    return look


def allow(aws):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs-landing/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("s3").put_bucket_policy(Bucket="logs-landing", Policy=document)


def export(group, cloud, **more):
    return group.client.create_export_task(
        logGroupName=group.name, fromTime=0, to=cloud.now + 1000, destination="logs-landing", **more
    )["taskId"]


@pytest.mark.spec("CWL-004")
def test_events_land_compressed_under_a_prefix(group, cloud, aws, bucket):
    allow(aws)
    group.make_stream("a/b")
    group.put("one", "two", at=1000 * (cloud.now // 1000), every=7)
    group.put("three", stream="a/b")
    task = export(group, cloud, destinationPrefix="out", taskName="mine")
    cloud.settle()
    (shown,) = group.client.describe_export_tasks(taskId=task)["exportTasks"]
    assert shown["status"]["code"] == "COMPLETED"
    assert shown["taskName"] == "mine"
    assert shown["executionInfo"]["completionTime"]
    landed = bucket()
    assert set(landed) == {
        "out/aws-logs-write-test",
        f"out/{task}/s/000000.gz",
        f"out/{task}/a-b/000000.gz",
    }
    lines = gzip.decompress(landed[f"out/{task}/s/000000.gz"]).decode().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["one", "two"]
    assert lines[1].split(" ")[0].endswith(".007Z")


def test_a_bucket_that_lets_nobody_in_makes_the_export_fail(group, cloud, bucket, refused):
    task = export(group, cloud)
    cloud.settle()
    (shown,) = group.client.describe_export_tasks(statusCode="FAILED")["exportTasks"]
    assert shown["taskId"] == task
    assert bucket() == {}
    assert refused(group.client.cancel_export_task, taskId=task)[0] == "InvalidOperationException"
    assert refused(group.client.cancel_export_task, taskId="x")[0] == "ResourceNotFoundException"


@pytest.mark.spec("CWL-004")
def test_one_export_goes_on_at_a_time_and_can_be_cancelled(group, cloud, aws, bucket):
    allow(aws)
    group.put("x")
    request = {"logGroupName": group.name, "from": 0, "to": cloud.now + 1000, "destination": "logs-landing"}
    caller = ServiceCaller(cloud.kernel, "logs", ACCOUNT, "us-east-1")

    def twice(scope):
        """Ask twice, and cancel, before anything is delivered."""
        task = caller.call_within(scope, "logs", "CreateExportTask", request)["taskId"]
        with pytest.raises(ServiceError) as refused:
            caller.call_within(scope, "logs", "CreateExportTask", request)
        assert refused.value.code == "LimitExceededException"
        caller.call_within(scope, "logs", "CancelExportTask", {"taskId": task})
        return task

    task = cloud.run(cloud.kernel.transact(twice, ACCOUNT, "us-east-1"))
    cloud.settle()
    (shown,) = group.client.describe_export_tasks(taskId=task)["exportTasks"]
    assert shown["status"]["code"] == "CANCELLED"
    assert bucket() == {}
