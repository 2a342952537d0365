"""What the stories of Batch Operations share: a bucket, a manifest of what is in it, a role, and jobs."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import ClientError

from skyglobe.testing import TestCloud
from tests.services.s3.conftest import OWNER
from tests.services.s3.replicas import make_role

BATCH = "batchoperations.s3.amazonaws.com"
BUCKET, REPORTS = "orchard", "reports"
SPEC = {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]}


@pytest.fixture
def owner(cloud: TestCloud) -> Any:
    return cloud.session(account=OWNER)


@pytest.fixture
def s3(owner: Any) -> Any:
    """A client of the owner of ``orchard`` and of ``reports``."""
    client = owner.client("s3")
    for name in (BUCKET, REPORTS):
        client.create_bucket(Bucket=name)
    return client


@pytest.fixture
def control(owner: Any) -> Any:
    return owner.client("s3control")


@pytest.fixture
def role(owner: Any) -> str:
    """A role that Batch Operations may assume, which may do everything with S3."""
    return make_role(owner, "batch", "s3:*", services=(BATCH,))


@pytest.fixture
def manifest(s3: Any) -> Callable[..., dict[str, Any]]:
    """Return a function that writes keys, or rows, as a manifest and returns it as CreateJob takes it."""

    def write(keys: list[Any], spec: dict[str, Any] = SPEC, **more: Any) -> dict[str, Any]:
        out = io.StringIO()
        writer = csv.writer(out)
        for key in keys:
            writer.writerow([BUCKET, quote_plus(key)] if isinstance(key, str) else key)
        etag = s3.put_object(Bucket=REPORTS, Key="manifest.csv", Body=out.getvalue().encode())["ETag"].strip('"')
        return {"Spec": spec, "Location": {"ObjectArn": f"arn:aws:s3:::{REPORTS}/manifest.csv", "ETag": etag, **more}}

    return write


@pytest.fixture
def create(control: Any, role: str) -> Callable[..., str]:
    """Return a function that creates a job which is not to be confirmed and tells of all tasks."""

    def run(operation: dict[str, Any], token: str = "token", **more: Any) -> str:
        report = {
            "Bucket": f"arn:aws:s3:::{REPORTS}",
            "Format": "Report_CSV_20180820",
            "Enabled": True,
            "Prefix": "done",
            "ReportScope": "AllTasks",
        }
        asked = {
            "AccountId": OWNER,
            "ConfirmationRequired": False,
            "Operation": operation,
            "Report": report,
            "ClientRequestToken": token,
            "Priority": 10,
            "RoleArn": role,
            **more,
        }
        id_: str = control.create_job(**asked)["JobId"]
        return id_

    return run


@pytest.fixture
def describe(control: Any) -> Callable[[str], dict[str, Any]]:
    return lambda id_: control.describe_job(AccountId=OWNER, JobId=id_)["Job"]


@pytest.fixture
def done(cloud: TestCloud, describe: Any) -> Callable[[str], dict[str, Any]]:
    """Return a function that waits until a job has nothing more to do, and describes it."""

    def wait(id_: str) -> dict[str, Any]:
        cloud.settle()
        job: dict[str, Any] = describe(id_)
        return job

    return wait


@pytest.fixture
def report(s3: Any) -> Callable[[str], dict[str, list[list[str]]]]:
    """Return a function that reads a job's report: the rows of its files, by the status of their tasks."""

    def read(id_: str) -> dict[str, list[list[str]]]:
        body = s3.get_object(Bucket=REPORTS, Key=f"done/job-{id_}/manifest.json")["Body"].read()
        found = {}
        for result in json.loads(body)["Results"]:
            text = s3.get_object(Bucket=result["Bucket"], Key=result["Key"])["Body"].read().decode()
            found[result["TaskExecutionStatus"]] = list(csv.reader(io.StringIO(text)))
        return found

    return read


@pytest.fixture
def refused() -> Callable[..., Any]:
    """Return a context manager that expects an error of a code, and yields the whole answer."""

    @contextlib.contextmanager
    def expecting(code: str) -> Iterator[dict[str, Any]]:
        answer: dict[str, Any] = {}
        with pytest.raises(ClientError) as caught:
            yield answer
        answer.update(caught.value.response)
        assert answer["Error"]["Code"] == code, answer

    return expecting


def counts(job: dict[str, Any]) -> tuple[str, int, int, int]:
    """Return a job's status and how many tasks there are, succeeded and failed."""
    told = job["ProgressSummary"]
    numbers = (told[f"{name}"] for name in ("TotalNumberOfTasks", "NumberOfTasksSucceeded", "NumberOfTasksFailed"))
    total, succeeded, failed = numbers
    return job["Status"], total, succeeded, failed
