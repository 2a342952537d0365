"""Storage classes: archives, what it takes to read them, and Intelligent-Tiering."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from skyglobe.testing import TestCloud

Refused = Callable[..., Any]
LARGE = b"x" * 128 * 1024


def _restore(s3: Any, bucket: str, key: str, tier: str | None = None, days: int | None = 2) -> int:
    """Ask for a restoral; return the status of the answer."""
    asked: dict[str, Any] = {"Days": days} if days is not None else {}
    if tier is not None:
        asked["GlacierJobParameters"] = {"Tier": tier}
    answer = s3.restore_object(Bucket=bucket, Key=key, RestoreRequest=asked)
    status: int = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status


@pytest.mark.spec("S3CLS-005", "S3CLS-006", "S3CLS-007", "S3CLS-010")
@pytest.mark.parametrize(
    ("storage_class", "tier", "not_yet", "ready"),
    [
        ("GLACIER", "Expedited", timedelta(seconds=30), timedelta(minutes=5)),
        ("GLACIER", None, timedelta(hours=2), timedelta(hours=5)),
        ("GLACIER", "Bulk", timedelta(hours=4), timedelta(hours=12)),
        ("DEEP_ARCHIVE", "Standard", timedelta(hours=6), timedelta(hours=12)),
        ("DEEP_ARCHIVE", "Bulk", timedelta(hours=24), timedelta(hours=48)),
    ],
)
def test_an_archived_object_is_read_after_its_tiers_hours(
    s3: Any,
    bucket: str,
    cloud: TestCloud,
    refused: Refused,
    storage_class: str,
    tier: str | None,
    not_yet: timedelta,
    ready: timedelta,
) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"cold", StorageClass=storage_class)
    with refused("InvalidObjectState", 403) as answer:
        s3.get_object(Bucket=bucket, Key="a")
    assert answer["Error"]["StorageClass"] == storage_class
    assert "Restore" not in s3.head_object(Bucket=bucket, Key="a")
    assert _restore(s3, bucket, "a", tier) == 202
    cloud.turn(not_yet.total_seconds())
    assert s3.head_object(Bucket=bucket, Key="a")["Restore"] == 'ongoing-request="true"'
    with refused("InvalidObjectState", 403):
        s3.get_object(Bucket=bucket, Key="a")
    cloud.turn((ready - not_yet).total_seconds())
    found = s3.get_object(Bucket=bucket, Key="a")
    assert found["Body"].read() == b"cold"
    assert found["Restore"].startswith('ongoing-request="false", expiry-date="')
    assert found["StorageClass"] == storage_class
    copied = s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
    assert copied["CopyObjectResult"]["ETag"] == found["ETag"]


@pytest.mark.spec("S3CLS-016", "S3CLS-021")
def test_a_restored_copy_goes_at_midnight_after_its_days(
    s3: Any, bucket: str, cloud: TestCloud, refused: Refused
) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"cold", StorageClass="GLACIER")

    def status() -> Any:
        listed = s3.list_objects_v2(Bucket=bucket, OptionalObjectAttributes=["RestoreStatus"])["Contents"]
        versions = s3.list_object_versions(Bucket=bucket, OptionalObjectAttributes=["RestoreStatus"])["Versions"]
        assert versions[0].get("RestoreStatus") == listed[0].get("RestoreStatus")
        assert listed[0]["StorageClass"] == "GLACIER"
        return listed[0].get("RestoreStatus")

    assert status() is None
    _restore(s3, bucket, "a", "Expedited", days=1)
    assert status() == {"IsRestoreInProgress": True}
    cloud.turn(minutes=5)
    until = status()["RestoreExpiryDate"]
    assert until == datetime(until.year, until.month, until.day, tzinfo=until.tzinfo)
    left = (until - datetime.fromtimestamp(cloud.now / 1000, UTC)).total_seconds()
    assert 86_400 <= left <= 2 * 86_400
    cloud.turn(left - 60)
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"cold"
    cloud.turn(61)
    with refused("InvalidObjectState", 403):
        s3.get_object(Bucket=bucket, Key="a")
    assert status() is None
    assert _restore(s3, bucket, "a") == 202


@pytest.mark.spec("S3CLS-015")
def test_a_second_restoral_must_be_faster_and_a_later_one_keeps_the_copy(
    s3: Any, bucket: str, cloud: TestCloud, refused: Refused
) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"cold", StorageClass="GLACIER")
    assert _restore(s3, bucket, "a", "Bulk", days=1) == 202
    for tier in (None, "Bulk"):
        with refused("RestoreAlreadyInProgress", 409):
            _restore(s3, bucket, "a", tier)
    assert _restore(s3, bucket, "a", "Expedited", days=None) == 202
    cloud.turn(minutes=5)
    first = s3.head_object(Bucket=bucket, Key="a")["Restore"]
    assert "false" in first
    assert _restore(s3, bucket, "a", days=9) == 200
    assert s3.head_object(Bucket=bucket, Key="a")["Restore"] != first
    cloud.turn(days=8)
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"cold"


@pytest.mark.spec("S3CLS-010", "S3CLS-018", "S3CLS-022")
def test_restorals_that_cannot_be(s3: Any, bucket: str, cloud: TestCloud, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="warm", Body=b"x")
    s3.put_object(Bucket=bucket, Key="cold", Body=b"x", StorageClass="GLACIER")
    s3.put_object(Bucket=bucket, Key="deep", Body=b"x", StorageClass="DEEP_ARCHIVE")
    with refused("InvalidObjectState", 403):
        _restore(s3, bucket, "warm")
    with refused("NoSuchKey", 404):
        _restore(s3, bucket, "nothing")
    with refused("InvalidArgument"):
        _restore(s3, bucket, "deep", "Expedited")
    with refused("InvalidArgument"):
        _restore(s3, bucket, "cold", days=0)
    for tier, days in (("Slow", 1), ("Bulk", None)):
        with refused("MalformedXML"):
            _restore(s3, bucket, "cold", tier, days=days)
    cloud.shake("s3", "expedited-capacity")
    with refused("GlacierExpeditedRetrievalNotAvailable", 503):
        _restore(s3, bucket, "cold", "Expedited")
    assert _restore(s3, bucket, "cold", "Standard") == 202


@pytest.mark.spec("S3CLS-020")
def test_an_object_changes_class_by_a_copy_onto_itself(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    for storage_class in ("STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "REDUCED_REDUNDANCY", "INTELLIGENT_TIERING"):
        s3.copy_object(Bucket=bucket, Key="a", CopySource=f"{bucket}/a", StorageClass=storage_class)
        assert s3.get_object(Bucket=bucket, Key="a")["StorageClass"] == storage_class
    with refused("InvalidStorageClass"):
        s3.copy_object(Bucket=bucket, Key="a", CopySource=f"{bucket}/a", StorageClass="COLD")


@pytest.fixture
def tiered(s3: Any, bucket: str) -> str:
    """A bucket whose unread objects in Intelligent-Tiering are archived, and an object ``a`` in it."""
    _archive(s3, bucket, {"ARCHIVE_ACCESS": 90, "DEEP_ARCHIVE_ACCESS": 180})
    s3.put_object(Bucket=bucket, Key="a", Body=LARGE, StorageClass="INTELLIGENT_TIERING")
    return bucket


def _archive(s3: Any, bucket: str, days: dict[str, int], name: str = "cold", **more: Any) -> None:
    tierings = [{"AccessTier": tier, "Days": after} for tier, after in days.items()]
    configuration = {"Id": name, "Status": "Enabled", "Tierings": tierings, **more}
    s3.put_bucket_intelligent_tiering_configuration(
        Bucket=bucket, Id=name, IntelligentTieringConfiguration=configuration
    )


@pytest.mark.spec("S3CLS-014")
def test_what_nobody_reads_is_archived_and_what_is_read_is_not(
    s3: Any, tiered: str, cloud: TestCloud, refused: Refused
) -> None:
    s3.put_object(Bucket=tiered, Key="small", Body=b"x", StorageClass="INTELLIGENT_TIERING")
    for _ in range(2):
        cloud.turn(days=89)
        assert s3.get_object(Bucket=tiered, Key="a")["Body"].read() == LARGE
    cloud.turn(days=89)
    assert "ArchiveStatus" not in s3.head_object(Bucket=tiered, Key="a")
    cloud.turn(days=2)
    assert s3.head_object(Bucket=tiered, Key="a")["ArchiveStatus"] == "ARCHIVE_ACCESS"
    with refused("InvalidObjectState", 403) as answer:
        s3.get_object(Bucket=tiered, Key="a")
    assert answer["Error"]["AccessTier"] == "ARCHIVE_ACCESS"
    with refused("InvalidArgument"):
        _restore(s3, tiered, "a")
    assert _restore(s3, tiered, "a", days=None) == 202
    assert s3.head_object(Bucket=tiered, Key="a")["Restore"] == 'ongoing-request="true"'
    cloud.turn(hours=5)
    assert s3.get_object(Bucket=tiered, Key="a")["Body"].read() == LARGE
    assert not {"ArchiveStatus", "Restore"} & s3.head_object(Bucket=tiered, Key="a").keys()
    cloud.turn(days=181)
    assert s3.head_object(Bucket=tiered, Key="a")["ArchiveStatus"] == "DEEP_ARCHIVE_ACCESS"
    assert s3.get_object(Bucket=tiered, Key="small")["Body"].read() == b"x"


@pytest.mark.spec("S3CLS-014")
def test_tiering_configurations_are_kept_by_id(s3: Any, bucket: str, cloud: TestCloud, refused: Refused) -> None:
    named = {"Bucket": bucket, "Id": "cold"}
    with refused("NoSuchConfiguration", 404):
        s3.get_bucket_intelligent_tiering_configuration(**named)
    for wrong in ({"ARCHIVE_ACCESS": 89}, {"DEEP_ARCHIVE_ACCESS": 179}, {"ARCHIVE_ACCESS": 731}):
        with refused("InvalidArgument"):
            _archive(s3, bucket, wrong)
    with refused("MalformedXML"):
        _archive(s3, bucket, {"COLD": 90})
    _archive(s3, bucket, {"ARCHIVE_ACCESS": 90}, Filter={"Prefix": "a/"})
    _archive(s3, bucket, {"DEEP_ARCHIVE_ACCESS": 180}, "tagged", Filter={"Tag": {"Key": "x", "Value": "y"}})
    listed = s3.list_bucket_intelligent_tiering_configurations(Bucket=bucket)["IntelligentTieringConfigurationList"]
    assert [found["Id"] for found in listed] == ["cold", "tagged"]
    kept = s3.get_bucket_intelligent_tiering_configuration(**named)["IntelligentTieringConfiguration"]
    assert kept == listed[0]
    keys = {"a/1": "", "b/1": "", "b/2": "x=y"}
    for key, tags in keys.items():
        s3.put_object(Bucket=bucket, Key=key, Body=LARGE, Tagging=tags, StorageClass="INTELLIGENT_TIERING")
    cloud.turn(days=200)
    found = [s3.head_object(Bucket=bucket, Key=key).get("ArchiveStatus") for key in keys]
    assert found == ["ARCHIVE_ACCESS", None, "DEEP_ARCHIVE_ACCESS"]
    s3.delete_bucket_intelligent_tiering_configuration(**named)
    assert "ArchiveStatus" not in s3.head_object(Bucket=bucket, Key="a/1")
