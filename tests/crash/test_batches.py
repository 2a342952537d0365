"""A batch job goes on where it was when the process was killed."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud
from tests.crash.batcher import KEYS

_PROGRAM = Path(__file__).with_name("batcher.py")
_ROOT = Path(__file__).parents[2]


def test_a_job_that_was_cut_off_is_completed_after_the_restart(tmp_path: Path) -> None:
    folder = tmp_path / "cloud"
    paths = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths}
    ended = subprocess.run([sys.executable, _PROGRAM, folder], check=False, env=environment, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    cloud = TestCloud(Config(folder=folder))
    try:
        cloud.settle()
        s3, control = cloud.client("s3"), cloud.client("s3control")
        account = cloud.client("sts").get_caller_identity()["Account"]
        [listed] = control.list_jobs(AccountId=account)["Jobs"]
        job = control.describe_job(AccountId=account, JobId=listed["JobId"])["Job"]
        told = job["ProgressSummary"]
        assert job["Status"] == "Complete"
        assert (told["TotalNumberOfTasks"], told["NumberOfTasksSucceeded"]) == (KEYS, KEYS)
        body = s3.get_object(Bucket="orchard", Key=f"job-{job['JobId']}/manifest.json")["Body"].read()
        [result] = json.loads(body)["Results"]
        text = s3.get_object(Bucket="orchard", Key=result["Key"])["Body"].read().decode()
        assert len(list(csv.reader(io.StringIO(text)))) == KEYS
        for key in range(20):
            assert s3.get_object_tagging(Bucket="orchard", Key=f"apple-{key}")["TagSet"]
    finally:
        cloud.close()
