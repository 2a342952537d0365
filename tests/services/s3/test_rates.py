"""Request rates of prefixes, in quota mode."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.config import Config as ClientConfig

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.services.s3 import places
from skyglobe.testing import TestCloud

Refused = Callable[..., Any]


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of a cloud that enforces quotas, a hundredth of AWS's, while its clock stands still."""
    assert (places.WRITES_PER_SECOND, places.READS_PER_SECOND) == (3_500, 5_500)
    monkeypatch.setattr(places, "WRITES_PER_SECOND", 35)
    monkeypatch.setattr(places, "READS_PER_SECOND", 55)
    cloud = TestCloud(Config(quotas=True), clock=Clock(wall=lambda: 1_800_000_000_000))
    client = cloud.client("s3", config=ClientConfig(retries={"total_max_attempts": 1}))
    client.turn, client.cloud = cloud.turn, cloud
    yield client
    cloud.close()


@pytest.mark.spec("S3PRF-001")
def test_one_prefix_takes_so_many_requests_a_second(s3: Any, bucket: str, refused: Refused) -> None:
    for number in range(35):
        s3.put_object(Bucket=bucket, Key=f"a/{number}", Body=b"")
    with refused("SlowDown", 503):
        s3.put_object(Bucket=bucket, Key="a/more", Body=b"")
    for _ in range(55):
        s3.head_object(Bucket=bucket, Key="a/1")
    with refused("SlowDown", 503):
        s3.get_object(Bucket=bucket, Key="a/1")
    s3.turn(1)
    s3.put_object(Bucket=bucket, Key="a/more", Body=b"")


@pytest.mark.spec("S3PRF-002")
def test_every_prefix_has_a_rate_of_its_own(s3: Any, bucket: str) -> None:
    for prefix in ("a/", "a/b/", "c/", ""):
        for number in range(35):
            s3.put_object(Bucket=bucket, Key=f"{prefix}{number}", Body=b"")


@pytest.mark.spec("S3PRF-007")
def test_an_sdk_backs_off_and_writes_one_object(s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        s3.turn(1)

    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=sleep))
    for number in range(35):
        s3.put_object(Bucket=bucket, Key=f"a/{number}", Body=b"")
    answer = s3.cloud.client("s3").put_object(Bucket=bucket, Key="a/1", Body=b"again")
    assert (answer["ResponseMetadata"]["RetryAttempts"], len(waited)) == (1, 1)
    assert s3.get_object(Bucket=bucket, Key="a/1")["Body"].read() == b"again"
    assert len(s3.list_objects_v2(Bucket=bucket)["Contents"]) == 35
