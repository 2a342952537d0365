"""Lifecycle rules: objects move and go by themselves, at midnight UTC, as the clock turns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from skyglobe.testing import TestCloud

Refused = Callable[..., Any]
LARGE = b"x" * 128 * 1024


@pytest.fixture
def rules(s3: Any, bucket: str) -> Callable[..., Any]:
    """Return a function that gives the bucket rules, enabled and about everything unless they say otherwise."""

    def put(*rules: dict[str, Any], **more: Any) -> Any:
        whole = [{"Status": "Enabled", **({} if "Prefix" in rule else {"Filter": {}}), **rule} for rule in rules]
        return s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": whole}, **more)

    return put


def _class(s3: Any, bucket: str, key: str, **more: Any) -> str:
    found: str = s3.head_object(Bucket=bucket, Key=key, **more).get("StorageClass", "STANDARD")
    return found


def _keys(s3: Any, bucket: str) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def _tags(key: str, value: str) -> dict[str, str]:
    return {"Key": key, "Value": value}


@pytest.mark.spec("S3LCR-001", "S3LCR-002", "S3LCR-004", "S3LCR-006")
def test_originals_move_and_thumbnails_go(s3: Any, bucket: str, cloud: TestCloud, rules: Any) -> None:
    rules(
        {"ID": "move", "Filter": {"Prefix": "source/"}, "Transitions": [{"Days": 60, "StorageClass": "GLACIER"}]},
        {"ID": "go", "Filter": {"Prefix": "thumb/"}, "Expiration": {"Days": 60}},
    )
    s3.put_object(Bucket=bucket, Key="source/a", Body=LARGE)
    s3.put_object(Bucket=bucket, Key="thumb/a", Body=b"x", StorageClass="ONEZONE_IA")
    s3.put_object(Bucket=bucket, Key="other/a", Body=LARGE)
    cloud.turn(days=59)
    assert _class(s3, bucket, "source/a") == "STANDARD"
    assert len(_keys(s3, bucket)) == 3
    cloud.turn(days=2)
    assert _class(s3, bucket, "source/a") == "GLACIER"
    assert _class(s3, bucket, "other/a") == "STANDARD"
    assert _keys(s3, bucket) == ["other/a", "source/a"]


@pytest.mark.spec("S3LCR-005", "S3LCR-017", "S3OBJ-006")
def test_rules_look_at_tags_and_sizes(s3: Any, bucket: str, cloud: TestCloud, rules: Any) -> None:
    steps = [{"Days": 1, "StorageClass": "GLACIER_IR"}]
    sizes = {"ObjectSizeGreaterThan": 200_000, "ObjectSizeLessThan": 400_000}
    both = {"Prefix": "b/", "Tags": [_tags("x", "1"), _tags("y", "2")], **sizes}
    rules(
        {"Filter": {"Tag": _tags("Department", "Finance")}, "Expiration": {"Days": 1}},
        {"Filter": {"And": both}, "Transitions": steps},
        {"Filter": {"ObjectSizeGreaterThan": 1_000_000}, "Transitions": steps},
    )
    s3.put_object(Bucket=bucket, Key="a", Body=b"x", Tagging="Department=Finance")
    s3.put_object(Bucket=bucket, Key="b/right", Body=b"x" * 300_000, Tagging="x=1&y=2&z=3")
    s3.put_object(Bucket=bucket, Key="b/small", Body=b"x" * 200_000, Tagging="x=1&y=2")
    s3.put_object(Bucket=bucket, Key="b/untagged", Body=b"x" * 300_000, Tagging="x=1")
    s3.put_object(Bucket=bucket, Key="c/large", Body=b"x" * 1_000_001)
    s3.put_object(Bucket=bucket, Key="c/less", Body=b"x" * 1_000_000)
    cloud.turn(days=2)
    found = {key: _class(s3, bucket, key) for key in _keys(s3, bucket)}
    moved = {key for key, storage_class in found.items() if storage_class == "GLACIER_IR"}
    assert found.keys() == {"b/right", "b/small", "b/untagged", "c/large", "c/less"}
    assert moved == {"b/right", "c/large"}


@pytest.mark.spec("S3LCR-011")
def test_an_object_tells_when_it_expires_and_goes_at_midnight(
    s3: Any, bucket: str, cloud: TestCloud, rules: Any, refused: Refused
) -> None:
    rules({"ID": "a rule", "Expiration": {"Days": 3}}, {"ID": "later", "Expiration": {"Days": 9}})
    told = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["Expiration"]
    now = datetime.fromtimestamp(cloud.now / 1000, UTC)
    midnight = (now + timedelta(days=4)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert told == f'expiry-date="{midnight:%a, %d %b %Y} 00:00:00 GMT", rule-id="a%20rule"'
    assert s3.head_object(Bucket=bucket, Key="a")["Expiration"] == told
    left = midnight - now
    cloud.turn(left.total_seconds() - 60)
    assert s3.get_object(Bucket=bucket, Key="a")["Expiration"] == told
    cloud.turn(120)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="a")


@pytest.mark.spec("S3LCR-003", "S3LCR-007", "S3LCR-014")
def test_noncurrent_versions_move_and_go_and_so_does_the_last_marker(
    s3: Any, bucket: str, cloud: TestCloud, rules: Any
) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    steps = [
        {"NoncurrentDays": 30, "StorageClass": "STANDARD_IA"},
        {"NoncurrentDays": 60, "StorageClass": "DEEP_ARCHIVE"},
    ]
    rules(
        {
            "NoncurrentVersionTransitions": steps,
            "NoncurrentVersionExpiration": {"NoncurrentDays": 100},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        }
    )
    version = s3.put_object(Bucket=bucket, Key="a", Body=LARGE)["VersionId"]
    old = s3.put_object(Bucket=bucket, Key="b", Body=LARGE)["VersionId"]
    new = s3.put_object(Bucket=bucket, Key="b", Body=LARGE)["VersionId"]
    cloud.turn(days=50)
    assert _class(s3, bucket, "a") == "STANDARD"
    s3.delete_object(Bucket=bucket, Key="a")
    cloud.turn(days=20)
    assert _class(s3, bucket, "a", VersionId=version) == "STANDARD"
    assert _class(s3, bucket, "b", VersionId=old) == "DEEP_ARCHIVE"
    assert _class(s3, bucket, "b", VersionId=new) == "STANDARD"
    cloud.turn(days=12)
    assert _class(s3, bucket, "a", VersionId=version) == "STANDARD_IA"
    cloud.turn(days=30)
    assert _class(s3, bucket, "a", VersionId=version) == "DEEP_ARCHIVE"
    assert s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]
    cloud.turn(days=42)
    answer = s3.list_object_versions(Bucket=bucket)
    assert [entry["VersionId"] for entry in answer["Versions"]] == [new]
    assert "DeleteMarkers" not in answer


@pytest.mark.spec("S3LCR-002", "S3LCR-015")
def test_with_versions_objects_are_hidden_and_the_newest_versions_kept(
    s3: Any, bucket: str, cloud: TestCloud, rules: Any
) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rules({"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}})
    ids = [s3.put_object(Bucket=bucket, Key="a", Body=b"x")["VersionId"] for _ in range(6)]
    cloud.turn(days=3)
    left = [entry["VersionId"] for entry in s3.list_object_versions(Bucket=bucket)["Versions"]]
    assert left == ids[:2:-1]
    rules({"Expiration": {"Days": 1}})
    cloud.turn(days=1)
    answer = s3.list_object_versions(Bucket=bucket)
    assert [marker["IsLatest"] for marker in answer["DeleteMarkers"]] == [True]
    assert [entry["VersionId"] for entry in answer["Versions"]] == left


@pytest.mark.spec("S3LCR-010")
def test_small_objects_stay_unless_told_otherwise(s3: Any, bucket: str, cloud: TestCloud, rules: Any) -> None:
    rule = {"ID": "r", "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}
    assert rules(rule)["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    s3.put_object(Bucket=bucket, Key="small", Body=b"x")
    cloud.turn(days=3)
    assert _class(s3, bucket, "small") == "STANDARD"
    rules(
        {**rule, "Transitions": [{"Days": 1, "StorageClass": "GLACIER_IR"}]},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )
    cloud.turn(days=1)
    assert _class(s3, bucket, "small") == "STANDARD"
    rules(rule, TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    cloud.turn(days=1)
    assert _class(s3, bucket, "small") == "GLACIER"
    s3.put_object(Bucket=bucket, Key="again", Body=b"xy")
    rules({**rule, "Filter": {"ObjectSizeGreaterThan": 1}})
    cloud.turn(days=2)
    assert _class(s3, bucket, "again") == "GLACIER"


@pytest.mark.spec("S3LCR-013")
def test_uploads_nobody_completes_are_aborted(
    s3: Any, bucket: str, cloud: TestCloud, rules: Any, refused: Refused
) -> None:
    rules({"Filter": {"Prefix": "a"}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}})
    named = [{"Bucket": bucket, "Key": key} for key in ("a", "b")]
    for each in named:
        each["UploadId"] = s3.create_multipart_upload(**each)["UploadId"]
        s3.upload_part(**each, PartNumber=1, Body=b"x")
    cloud.turn(days=6)
    assert s3.list_parts(**named[0])["Parts"]
    cloud.turn(days=2)
    with refused("NoSuchUpload", 404):
        s3.list_parts(**named[0])
    assert s3.list_parts(**named[1])["Parts"]


@pytest.mark.spec("S3LCR-016")
def test_deleting_for_good_goes_before_moving_and_moving_before_a_marker(
    s3: Any, bucket: str, cloud: TestCloud, rules: Any
) -> None:
    rules(
        {"ID": "go", "Expiration": {"Days": 1}},
        {"ID": "ir", "Transitions": [{"Days": 1, "StorageClass": "GLACIER_IR"}]},
        {"ID": "deep", "Transitions": [{"Days": 1, "StorageClass": "DEEP_ARCHIVE"}]},
    )
    s3.put_object(Bucket=bucket, Key="a", Body=LARGE)
    cloud.turn(days=2)
    assert _keys(s3, bucket) == []
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    now = datetime.fromtimestamp(cloud.now / 1000, UTC)
    s3.put_object(Bucket=bucket, Key="a", Body=LARGE)
    cloud.turn(((now + timedelta(days=2)).replace(hour=0, minute=1) - now).total_seconds())
    assert _class(s3, bucket, "a") == "DEEP_ARCHIVE"
    cloud.turn(days=1)
    assert _keys(s3, bucket) == []


def test_a_locked_version_outlives_its_rule(s3: Any, cloud: TestCloud) -> None:
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    rule = {"Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket="vault", LifecycleConfiguration={"Rules": [rule]})
    until = datetime.fromtimestamp(cloud.now / 1000, UTC) + timedelta(days=10)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    for _ in range(2):
        s3.put_object(Bucket="vault", Key="a", Body=b"x", **lock)
    cloud.turn(days=5)
    assert len(s3.list_object_versions(Bucket="vault")["Versions"]) == 2
    cloud.turn(days=6)
    assert len(s3.list_object_versions(Bucket="vault")["Versions"]) == 1


def test_many_objects_are_aged_in_batches(s3: Any, bucket: str, cloud: TestCloud, rules: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("skyglobe.services.s3.aging.BATCH", 3)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rules(
        {"ID": "a", "Filter": {"Prefix": "go"}, "Expiration": {"Days": 1}},
        {"ID": "b", "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 1}},
    )
    for key in ("go/1", "go/2", "go/3", "go/4", "stay/1", "stay/2"):
        for _ in range(5):
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    cloud.turn(days=2)
    answer = s3.list_object_versions(Bucket=bucket)
    assert _keys(s3, bucket) == ["stay/1", "stay/2"]
    assert [entry["Key"] for entry in answer["Versions"] if entry["Key"].startswith("stay")] == ["stay/1"] * 2 + [
        "stay/2"
    ] * 2
    cloud.turn(days=2)
    answer = s3.list_object_versions(Bucket=bucket)
    assert [entry["Key"] for entry in answer["Versions"] if entry["Key"].startswith("go")] == [
        f"go/{n}" for n in (1, 2, 3, 4)
    ]


@pytest.mark.spec("S3LCR-019")
def test_rules_are_replaced_as_a_whole_and_removed(
    s3: Any, bucket: str, cloud: TestCloud, rules: Any, refused: Refused
) -> None:
    at = datetime(2090, 1, 1, tzinfo=UTC)
    rules({"ID": "one", "Expiration": {"Days": 1}}, {"ID": "two", "Expiration": {"Date": at}})
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert [rule["Expiration"] for rule in found["Rules"]] == [{"Days": 1}, {"Date": at}]
    assert found["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    rules({"Prefix": "x", "Expiration": {"Days": 1}})
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["Prefix"] == "x"
    assert rule["ID"]
    s3.put_object(Bucket=bucket, Key="x", Body=b"x")
    s3.delete_bucket_lifecycle(Bucket=bucket)
    with refused("NoSuchLifecycleConfiguration", 404):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert cloud.turn(days=5) == 5  # each midnight, how much the bucket holds is measured; nothing else happens
    assert _keys(s3, bucket) == ["x"]


@pytest.mark.spec("S3LCR-008", "S3LCR-009", "S3LCR-012")
def test_rules_that_break_s3s_rules_are_refused(s3: Any, bucket: str, rules: Any, refused: Refused) -> None:
    def steps(*given: tuple[int, str]) -> dict[str, Any]:
        return {"Transitions": [{"Days": days, "StorageClass": name} for days, name in given]}

    go = {"Expiration": {"Days": 1}}
    tag = {"Filter": {"Tag": _tags("a", "b")}}
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    marker = {"Expiration": {"ExpiredObjectDeleteMarker": True}}
    wrong: list[tuple[str, list[dict[str, Any]]]] = [
        ("InvalidArgument", [steps((30, "GLACIER"), (60, "STANDARD_IA"))]),
        ("InvalidArgument", [steps((30, "ONEZONE_IA"), (60, "STANDARD_IA"))]),
        ("InvalidArgument", [steps((29, "STANDARD_IA"))]),
        ("InvalidArgument", [steps((29, "ONEZONE_IA"))]),
        ("InvalidArgument", [steps((30, "STANDARD_IA"), (59, "GLACIER"))]),
        ("InvalidArgument", [steps((30, "GLACIER"), (40, "GLACIER"))]),
        ("InvalidArgument", [{**steps((30, "GLACIER")), "Expiration": {"Days": 30}}]),
        ("InvalidArgument", [{"ID": "x", **go}, {"ID": "x", **go}]),
        ("InvalidArgument", [{"ID": "x" * 256, **go}]),
        ("InvalidArgument", [{"Expiration": {"Days": 0}}]),
        ("InvalidArgument", [{"Expiration": {"Date": datetime(2090, 1, 1, 1, tzinfo=UTC)}}]),
        ("InvalidArgument", [{"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 101}}]),
        ("InvalidRequest", [{"ID": str(n), **go} for n in range(1_001)]),
        ("InvalidRequest", [{}]),
        ("InvalidRequest", [{**tag, **abort}]),
        ("InvalidRequest", [{**tag, **marker}]),
        ("InvalidRequest", [{**steps((30, "GLACIER")), "Expiration": {"Date": datetime(2090, 1, 1, tzinfo=UTC)}}]),
        ("MalformedXML", []),
        ("MalformedXML", [{"Status": "On", **go}]),
        ("MalformedXML", [{"Filter": {"Prefix": "a", "ObjectSizeLessThan": 5}, **go}]),
        ("MalformedXML", [{"Filter": {"And": {"Prefix": "a"}}, **go}]),
        ("MalformedXML", [{"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}]),
        ("MalformedXML", [steps((30, "STANDARD"))]),
    ]
    for code, given in wrong:
        with refused(code):
            rules(*given)
    with refused("NoSuchLifecycleConfiguration", 404):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    rules(
        steps(
            (30, "STANDARD_IA"), (60, "INTELLIGENT_TIERING"), (90, "GLACIER_IR"), (91, "GLACIER"), (92, "DEEP_ARCHIVE")
        )
    )


def test_days_beyond_every_calendar_are_the_end_of_time(s3: Any, bucket: str, rules: Any) -> None:
    rules({"ID": "r", "Expiration": {"Days": 2_147_483_647}})
    told = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["Expiration"]
    assert told == 'expiry-date="Fri, 31 Dec 9999 00:00:00 GMT", rule-id="r"'
