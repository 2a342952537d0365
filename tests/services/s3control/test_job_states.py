"""Jobs go through states: they wait for confirmation, stand in line, are cancelled and forgotten."""

import pytest

from tests.services.s3.conftest import OWNER
from tests.services.s3control.conftest import BUCKET, counts

TAG = {"S3PutObjectTagging": {"TagSet": [{"Key": "state", "Value": "ripe"}]}}


@pytest.fixture
def listed(s3, manifest):
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"apple")
    return manifest(["a"])


@pytest.mark.spec("S3BOP-008", "S3BOP-009")
def test_a_job_waits_for_its_confirmation(cloud, s3, control, listed, create, describe, done, refused):
    job = create(TAG, Manifest=listed, ConfirmationRequired=True)
    assert describe(job)["Status"] in ("New", "Preparing", "Suspended")
    described = done(job)
    assert (described["Status"], described["SuspendedCause"]) == ("Suspended", "AWAITING_CONFIRMATION")
    assert s3.get_object_tagging(Bucket=BUCKET, Key="a")["TagSet"] == []
    answer = control.update_job_status(
        AccountId=OWNER, JobId=job, RequestedJobStatus="Ready", StatusUpdateReason="looks right"
    )
    assert (answer["Status"], answer["StatusUpdateReason"]) == ("Ready", "looks right")
    described = done(job)
    assert counts(described) == ("Complete", 1, 1, 0)
    assert described["TerminationDate"] >= described["CreationTime"]
    for status in ("Ready", "Cancelled"):
        with refused("JobStatusException"):
            control.update_job_status(AccountId=OWNER, JobId=job, RequestedJobStatus=status)


def test_a_job_that_is_cancelled_does_nothing(cloud, s3, control, listed, create, done):
    job = create(TAG, Manifest=listed, ConfirmationRequired=True)
    done(job)
    control.update_job_status(AccountId=OWNER, JobId=job, RequestedJobStatus="Cancelled")
    assert done(job)["Status"] == "Cancelled"
    assert s3.get_object_tagging(Bucket=BUCKET, Key="a")["TagSet"] == []


@pytest.mark.spec("S3BOP-015")
def test_the_job_of_the_highest_priority_goes_first(cloud, s3, control, listed, create, done, describe):
    jobs = []
    for number in range(3):
        tag = {"S3PutObjectTagging": {"TagSet": [{"Key": "by", "Value": str(number)}]}}
        jobs.append(create(tag, token=f"t{number}", Manifest=listed, ConfirmationRequired=True, Priority=number))
    cloud.settle()
    assert control.update_job_priority(AccountId=OWNER, JobId=jobs[0], Priority=99)["Priority"] == 99
    control.update_job_priority(AccountId=OWNER, JobId=jobs[2], Priority=0)

    async def stop():
        cloud.kernel.outbox.stop()

    async def go_on():
        cloud.kernel.outbox._is_stopped = False
        cloud.kernel.outbox.wake()

    cloud.run(stop())
    for job in jobs:
        control.update_job_status(AccountId=OWNER, JobId=job, RequestedJobStatus="Ready")
    cloud.run(go_on())
    assert [done(job)["Status"] for job in jobs] == ["Complete"] * 3
    assert s3.get_object_tagging(Bucket=BUCKET, Key="a")["TagSet"] == [{"Key": "by", "Value": "2"}]


@pytest.mark.spec("S3BOP-015")
def test_jobs_are_listed_by_status_and_page_and_forgotten_after_ninety_days(
    cloud, control, listed, create, done, refused
):
    for number in range(3):
        done(create(TAG, token=f"t{number}", Manifest=listed, Description=f"number {number}"))
    waiting = create(TAG, token="w", Manifest=listed, ConfirmationRequired=True)
    cloud.settle()
    complete = control.list_jobs(AccountId=OWNER, JobStatuses=["Complete"], MaxResults=2)
    assert [job["Description"] for job in complete["Jobs"]] == ["number 2", "number 1"]
    assert complete["Jobs"][0]["Operation"] == "S3PutObjectTagging"
    more = control.list_jobs(AccountId=OWNER, JobStatuses=["Complete"], NextToken=complete["NextToken"])
    assert [job["Description"] for job in more["Jobs"]] == ["number 0"]
    with refused("InvalidNextTokenException"):
        control.list_jobs(AccountId=OWNER, NextToken="token")
    cloud.turn(days=89)
    assert len(control.list_jobs(AccountId=OWNER)["Jobs"]) == 4
    cloud.turn(days=2)
    assert [job["JobId"] for job in control.list_jobs(AccountId=OWNER)["Jobs"]] == [waiting]
    with refused("NotFoundException"):
        control.describe_job(AccountId=OWNER, JobId="00000000-0000-0000-0000-000000000000")


def test_jobs_are_tagged(control, listed, create, refused):
    job = create(TAG, Manifest=listed, Tags=[{"Key": "team", "Value": "a"}])
    assert control.get_job_tagging(AccountId=OWNER, JobId=job)["Tags"] == [{"Key": "team", "Value": "a"}]
    control.put_job_tagging(AccountId=OWNER, JobId=job, Tags=[{"Key": "team", "Value": "b"}])
    assert control.get_job_tagging(AccountId=OWNER, JobId=job)["Tags"] == [{"Key": "team", "Value": "b"}]
    with refused("TooManyTagsException"):
        many = [{"Key": str(number), "Value": ""} for number in range(51)]
        control.put_job_tagging(AccountId=OWNER, JobId=job, Tags=many)
    control.delete_job_tagging(AccountId=OWNER, JobId=job)
    assert control.get_job_tagging(AccountId=OWNER, JobId=job).get("Tags", []) == []
