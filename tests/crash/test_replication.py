"""What was written is replicated, even by a process that was killed in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud

_PROGRAM = Path(__file__).with_name("replicator.py")
_ROOT = Path(__file__).parents[2]


def test_objects_written_before_the_kill_are_replicated_after_the_restart(tmp_path: Path) -> None:
    folder = tmp_path / "cloud"
    paths = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths}
    ended = subprocess.run([sys.executable, _PROGRAM, folder], check=False, env=environment)
    assert ended.returncode == -signal.SIGKILL
    cloud = TestCloud(Config(folder=folder))
    try:
        cloud.settle()
        near, far = cloud.client("s3"), cloud.client("s3", region_name="eu-west-1")
        of_source, of_copy = (
            {(found["Key"], found["VersionId"], found["ETag"]) for found in listed["Versions"]}
            for listed in (
                near.list_object_versions(Bucket="orchard"),
                far.list_object_versions(Bucket="orchard-copy"),
            )
        )
        assert len(of_source) == 20
        assert of_copy == of_source
        assert near.head_object(Bucket="orchard", Key="apple 19")["ReplicationStatus"] == "COMPLETED"
        body = far.get_object(Bucket="orchard-copy", Key="apple 19")["Body"].read()
        assert body == b"a" * 380_000
    finally:
        cloud.close()
