"""MFA Delete: versions go only with a code of a second factor."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from skyglobe.kernel.mfa import STEP_FOR, code_at
from skyglobe.testing import TestCloud
from tests.services.s3.conftest import OWNER

Refused = Callable[..., Any]


class Phone:
    """A virtual device that shows the next code each time it is asked."""

    def __init__(self, cloud: TestCloud, iam: Any, name: str) -> None:
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        self.serial, self._cloud = made["SerialNumber"], cloud
        self._seed = base64.b32decode(made["Base32StringSeed"])

    def header(self) -> str:
        """Return serial number and a code that was not shown before."""
        self._cloud.turn(60)
        return f"{self.serial} {self.code()}"

    def code(self, later: int = 0) -> str:
        return code_at(self._seed, self._cloud.now // STEP_FOR + later)


@pytest.fixture
def s3(owner: Any) -> Any:
    return owner.client("s3")


@pytest.fixture
def phone(cloud: TestCloud, owner: Any) -> Phone:
    """The device of root: one of the account that is no user's."""
    return Phone(cloud, owner.client("iam"), "root-account-mfa-device")


def _set(s3: Any, bucket: str, status: str, mfa_delete: str | None = None, header: str | None = None) -> None:
    asked = {"Status": status, **({"MFADelete": mfa_delete} if mfa_delete else {})}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=asked, **({"MFA": header} if header else {}))


@pytest.mark.spec("S3MFA-003", "S3MFA-004")
def test_only_root_with_a_code_switches_it(s3: Any, yard: str, phone: Phone, user: Any, refused: Refused) -> None:
    admin = user("admin", ("*", "*"))
    with refused("IllegalVersioningConfigurationException"):
        _set(s3, yard, "Suspended", "Enabled", phone.header())
    with refused("AccessDenied", 403):
        _set(admin, yard, "Enabled", "Enabled", phone.header())
    with refused("InvalidArgument") as answer:
        _set(s3, yard, "Enabled", "Enabled", "123456")
    assert (answer["Error"]["ArgumentName"], answer["Error"]["ArgumentValue"]) == ("x-amz-mfa", "123456")
    for header in (None, f"{phone.serial} 000000x", "arn:aws:iam::111111111111:mfa/other 123456"):
        with refused("AccessDenied", 403):
            _set(s3, yard, "Enabled", "Enabled", header)
    _set(s3, yard, "Enabled")
    assert "MFADelete" not in s3.get_bucket_versioning(Bucket=yard)
    _set(s3, yard, "Enabled", "Enabled", phone.header())
    assert s3.get_bucket_versioning(Bucket=yard)["MFADelete"] == "Enabled"
    with refused("AccessDenied", 403):
        _set(s3, yard, "Enabled", "Disabled")
    _set(s3, yard, "Enabled", "Disabled", phone.header())
    assert "MFADelete" not in s3.get_bucket_versioning(Bucket=yard)


@pytest.mark.spec("S3MFA-001", "S3MFA-002", "S3MFA-005", "S3MFA-006", "S3MFA-007")
def test_versions_go_with_a_code_only(
    s3: Any, yard: str, phone: Phone, user: Any, owner: Any, cloud: TestCloud, refused: Refused
) -> None:
    _set(s3, yard, "Enabled", "Enabled", phone.header())
    versions = [s3.put_object(Bucket=yard, Key="k", Body=b"x")["VersionId"] for _ in range(4)]
    named = [{"Bucket": yard, "Key": "k", "VersionId": version} for version in versions]
    with refused("AccessDenied", 403):
        s3.delete_object(**named[0])
    with refused("AccessDenied", 403):
        _set(s3, yard, "Suspended")
    used = phone.header()
    s3.delete_object(**named[0], MFA=used)
    with refused("AccessDenied", 403):
        s3.delete_object(**named[1], MFA=used)
    listed = {"Objects": [{"Key": "k", "VersionId": versions[1]}, {"Key": "plain"}]}
    with refused("AccessDenied", 403):
        s3.delete_objects(Bucket=yard, Delete=listed)
    assert s3.get_object(**named[1])["Body"].read() == b"x"
    assert len(s3.delete_objects(Bucket=yard, Delete=listed, MFA=phone.header())["Deleted"]) == 2
    assert s3.delete_object(Bucket=yard, Key="k")["DeleteMarker"] is True
    assert s3.delete_objects(Bucket=yard, Delete={"Objects": [{"Key": "k"}]})["Deleted"]

    iam = owner.client("iam")
    clerk = user("clerk", ("s3:*", "*"))
    own = Phone(cloud, iam, "clerk")
    codes = {"AuthenticationCode1": own.code(-1), "AuthenticationCode2": own.code()}
    iam.enable_mfa_device(UserName="clerk", SerialNumber=own.serial, **codes)
    with refused("AccessDenied", 403):
        clerk.delete_object(**named[2], MFA=phone.header())
    clerk.delete_object(**named[2], MFA=own.header())
    with refused("AccessDenied", 403):
        s3.delete_object(**named[3], MFA=own.header())


@pytest.mark.spec("S3MFA-008")
def test_lifecycle_rules_and_mfa_delete_do_not_meet(s3: Any, yard: str, phone: Phone, refused: Refused) -> None:
    rule = {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=yard, LifecycleConfiguration={"Rules": [rule]})
    with refused("InvalidBucketState", 409):
        _set(s3, yard, "Enabled", "Enabled", phone.header())
    s3.delete_bucket_lifecycle(Bucket=yard)
    _set(s3, yard, "Enabled", "Enabled", phone.header())
    with refused("InvalidBucketState", 409):
        s3.put_bucket_lifecycle_configuration(Bucket=yard, LifecycleConfiguration={"Rules": [rule]})


@pytest.mark.spec("S3MFA-009")
def test_codes_are_not_taken_in_the_open(s3: Any, cloud: TestCloud, yard: str, phone: Phone, refused: Refused) -> None:
    _set(s3, yard, "Enabled", "Enabled", phone.header())
    version = s3.put_object(Bucket=yard, Key="k", Body=b"x")["VersionId"]
    in_the_open = cloud.session(account=OWNER).client("s3", endpoint_url="http://s3.amazonaws.com")
    header = phone.header()
    named = {"Key": "k", "VersionId": version}
    for ask in (
        lambda: in_the_open.delete_object(Bucket=yard, MFA=header, **named),
        lambda: in_the_open.delete_objects(Bucket=yard, MFA=header, Delete={"Objects": [named]}),
        lambda: _set(in_the_open, yard, "Suspended", "Disabled", header),
    ):
        with refused("InvalidRequest") as answer:
            ask()
        assert "secure connection" in answer["Error"]["Message"]
    s3.delete_object(Bucket=yard, MFA=header, **named)
