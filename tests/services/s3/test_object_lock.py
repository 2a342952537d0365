"""Object Lock: versions that nobody deletes before their time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config

from skyglobe.testing import TestCloud

Refused = Callable[..., Any]


@pytest.fixture
def vault(owner: Any) -> str:
    """A bucket made with a lock."""
    owner.client("s3").create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    return "vault"


@pytest.fixture
def s3(owner: Any) -> Any:
    return owner.client("s3")


@pytest.fixture
def days(cloud: TestCloud) -> Callable[[int], datetime]:
    """Return a function that tells the date in so many days on the cloud's clock."""
    return lambda count: datetime.fromtimestamp(cloud.now / 1000, UTC) + timedelta(days=count)


def _put(s3: Any, key: str, **more: Any) -> str:
    version: str = s3.put_object(Bucket="vault", Key=key, Body=b"x", **more)["VersionId"]
    return version


@pytest.mark.spec("S3OLK-001", "S3OLK-002", "S3OLK-005")
def test_compliance_keeps_a_version_from_everybody(
    s3: Any, vault: str, cloud: TestCloud, days: Any, refused: Refused
) -> None:
    version = _put(s3, "a")
    named = {"Bucket": vault, "Key": "a", "VersionId": version}
    s3.put_object_retention(**named, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": days(1)})
    for more in ({}, {"BypassGovernanceRetention": True}):
        with refused("AccessDenied", 403):
            s3.delete_object(**named, **more)
        for weaker in (
            {"Mode": "COMPLIANCE", "RetainUntilDate": days(0.5)},
            {"Mode": "GOVERNANCE", "RetainUntilDate": days(3)},
            {},
        ):
            with refused("AccessDenied", 403):
                s3.put_object_retention(**named, Retention=weaker, **more)
    (error,) = s3.delete_objects(Bucket=vault, Delete={"Objects": [{"Key": "a", "VersionId": version}]})["Errors"]
    assert error["Code"] == "AccessDenied"
    newer = _put(s3, "a")
    assert s3.get_object(**named)["Body"].read() == b"x"
    s3.delete_object(Bucket=vault, Key="a", VersionId=newer)
    s3.put_object_retention(**named, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": days(1.5)})
    cloud.turn(days=1, hours=1)
    with refused("AccessDenied", 403):
        s3.delete_object(**named)
    cloud.turn(days=1)
    s3.delete_object(**named)
    with refused("NoSuchVersion", 404):
        s3.get_object(**named)


@pytest.mark.spec("S3OLK-004")
def test_governance_is_bypassed_by_who_asks_and_may(
    s3: Any, vault: str, user: Any, days: Any, refused: Refused
) -> None:
    named = {"Bucket": vault, "Key": "a", "VersionId": _put(s3, "a")}
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": days(9)}
    s3.put_object_retention(**named, Retention=retention)
    s3.put_object_retention(**named, Retention={**retention, "RetainUntilDate": days(10)})
    may = ["s3:DeleteObjectVersion", "s3:PutObjectRetention"]
    clerk = user("clerk", (may, "*"))
    chief = user("chief", ([*may, "s3:BypassGovernanceRetention"], "*"))
    shorter = {**retention, "RetainUntilDate": days(2)}
    for client, more in ((clerk, {}), (clerk, {"BypassGovernanceRetention": True}), (chief, {})):
        with refused("AccessDenied", 403):
            client.delete_object(**named, **more)
        with refused("AccessDenied", 403):
            client.put_object_retention(**named, Retention=shorter, **more)
    chief.put_object_retention(**named, Retention=shorter, BypassGovernanceRetention=True)
    assert s3.get_object_retention(**named)["Retention"]["Mode"] == "GOVERNANCE"
    chief.delete_object(**named, BypassGovernanceRetention=True)
    with refused("NoSuchVersion", 404):
        s3.get_object(**named)


@pytest.mark.spec("S3OLK-006")
def test_a_legal_hold_lasts_until_it_is_lifted(
    s3: Any, vault: str, cloud: TestCloud, days: Any, refused: Refused
) -> None:
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": days(1)}
    named = {"Bucket": vault, "Key": "a", "VersionId": _put(s3, "a", **lock, ObjectLockLegalHoldStatus="ON")}
    assert s3.get_object_legal_hold(**named)["LegalHold"] == {"Status": "ON"}
    cloud.turn(days=2)
    for more in ({}, {"BypassGovernanceRetention": True}):
        with refused("AccessDenied", 403):
            s3.delete_object(**named, **more)
    s3.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
    assert s3.head_object(**named)["ObjectLockLegalHoldStatus"] == "OFF"
    s3.delete_object(**named)


@pytest.mark.spec("S3OLK-003", "S3OLK-007", "S3OLK-009", "S3OLK-011", "S3VER-014")
def test_a_bucket_gets_a_lock_and_a_default_later(s3: Any, days: Any, refused: Refused) -> None:
    s3.create_bucket(Bucket="vault")
    named = {"Bucket": "vault"}

    def put(**default: Any) -> None:
        rule = {"Rule": {"DefaultRetention": default}} if default else {}
        s3.put_object_lock_configuration(**named, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", **rule})

    with refused("ObjectLockConfigurationNotFoundError", 404):
        s3.get_object_lock_configuration(**named)
    with refused("InvalidBucketState", 409):
        put()
    s3.put_object(**named, Key="plain", Body=b"x")
    with refused("InvalidRequest"):
        s3.get_object_retention(**named, Key="plain")
    s3.put_bucket_versioning(**named, VersioningConfiguration={"Status": "Enabled"})
    put()
    with refused("InvalidBucketState", 409):
        s3.put_bucket_versioning(**named, VersioningConfiguration={"Status": "Suspended"})
    for wrong in ({"Mode": "GOVERNANCE", "Days": 1, "Years": 1}, {"Mode": "GOVERNANCE"}, {"Mode": "NONE", "Days": 1}):
        with refused("MalformedXML"):
            put(**wrong)
    for wrong in ({"Mode": "GOVERNANCE", "Days": 0}, {"Mode": "GOVERNANCE", "Years": 101}):
        with refused("InvalidArgument"):
            put(**wrong)
    _put(s3, "before")
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_retention(**named, Key="before")
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_legal_hold(**named, Key="before")
    put(Mode="COMPLIANCE", Days=3)
    configured = s3.get_object_lock_configuration(**named)["ObjectLockConfiguration"]
    assert configured["Rule"]["DefaultRetention"] == {"Mode": "COMPLIANCE", "Days": 3}
    _put(s3, "after")
    seen = s3.head_object(**named, Key="after")
    assert seen["ObjectLockMode"] == "COMPLIANCE"
    assert abs(seen["ObjectLockRetainUntilDate"] - days(3)) < timedelta(minutes=1)
    with refused("InvalidArgument"):
        s3.put_object_retention(**named, Key="after", Retention={"Mode": "COMPLIANCE", "RetainUntilDate": days(-1)})


@pytest.mark.spec("S3OLK-008")
def test_a_locked_object_can_still_be_hidden(s3: Any, vault: str, days: Any) -> None:
    version = _put(s3, "a", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=days(5))
    assert s3.delete_object(Bucket=vault, Key="a")["DeleteMarker"] is True
    assert s3.get_object(Bucket=vault, Key="a", VersionId=version)["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        ({"ObjectLockMode": "COMPLIANCE"}, "InvalidArgument"),
        ({"ObjectLockRetainUntilDate": datetime(2099, 1, 1, tzinfo=UTC)}, "InvalidArgument"),
        ({"ObjectLockMode": "X", "ObjectLockRetainUntilDate": datetime(2099, 1, 1, tzinfo=UTC)}, "InvalidArgument"),
        (
            {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": datetime(1999, 1, 1, tzinfo=UTC)},
            "InvalidArgument",
        ),
        ({"ObjectLockLegalHoldStatus": "MAYBE"}, "InvalidArgument"),
    ],
)
def test_half_a_lock_is_refused(s3: Any, vault: str, refused: Refused, lock: dict[str, Any], code: str) -> None:
    with refused(code):
        _put(s3, "a", **lock)


@pytest.mark.spec("S3OLK-010")
def test_what_is_to_be_locked_comes_with_a_checksum(cloud: TestCloud, vault: str, days: Any, refused: Refused) -> None:
    bare = cloud.session(account="111111111111").client(
        "s3", config=Config(request_checksum_calculation="when_required")
    )
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": days(5)}
    with refused("InvalidRequest"):
        bare.put_object(Bucket=vault, Key="a", Body=b"x", **lock)
