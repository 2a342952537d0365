"""Virtual MFA devices, with codes that are really verified."""

import base64
import hashlib
import hmac
import struct

import pytest

from tests.services.iam.signing import code, refusal, session_of


class Phone:
    """An authenticator app, written from RFC 6238, that shows the cloud's time."""

    def __init__(self, cloud, device):
        self.cloud = cloud
        self.serial = device["SerialNumber"]
        self.seed = base64.b32decode(device["Base32StringSeed"])

    def code(self, steps=0):
        counter = self.cloud.now // 30_000 + steps
        digest = hmac.new(self.seed, struct.pack(">Q", counter), hashlib.sha1).digest()
        offset = digest[-1] & 15
        number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
        return str(number)[-6:].zfill(6)

    def two(self, steps=-1):
        return {"AuthenticationCode1": self.code(steps), "AuthenticationCode2": self.code(steps + 1)}


@pytest.fixture
def phone(cloud, iam):
    return Phone(cloud, iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"])


@pytest.fixture
def sts(cloud, iam):
    """STS as the user bob."""
    iam.create_user(UserName="bob")
    return session_of(cloud, iam.create_access_key(UserName="bob")["AccessKey"]).client("sts")


def enable(iam, phone, user="bob", **codes):
    iam.enable_mfa_device(UserName=user, SerialNumber=phone.serial, **(codes or phone.two()))


@pytest.mark.spec("IAM-034")
def test_a_device_is_enabled_with_two_codes_that_follow_each_other(iam, phone):
    assert phone.serial == "arn:aws:iam::000000000000:mfa/phone"
    assert len(phone.seed) == 40
    iam.create_user(UserName="bob")
    wrong = {"AuthenticationCode1": phone.code(0), "AuthenticationCode2": phone.code(0)}
    backwards = {"AuthenticationCode1": phone.code(0), "AuthenticationCode2": phone.code(-1)}
    for codes in (wrong, backwards):
        assert refusal(iam.enable_mfa_device, UserName="bob", SerialNumber=phone.serial, **codes)[:2] == (
            "InvalidAuthenticationCode",
            403,
        )
    enable(iam, phone)
    (device,) = iam.list_mfa_devices(UserName="bob")["MFADevices"]
    assert device["SerialNumber"] == phone.serial
    assert iam.get_mfa_device(SerialNumber=phone.serial)["UserName"] == "bob"
    assert code(iam.enable_mfa_device, UserName="bob", SerialNumber=phone.serial, **phone.two()) == (
        "EntityAlreadyExists"
    )


def test_a_session_is_had_with_the_devices_code_and_each_code_once(cloud, iam, phone, sts):
    enable(iam, phone)
    cloud.turn(seconds=60)
    shown = phone.code()
    asked = {"SerialNumber": phone.serial, "TokenCode": shown}
    session = session_of(cloud, sts.get_session_token(**asked)["Credentials"])
    assert session.client("sts").get_caller_identity()["Arn"].endswith(":user/bob")
    assert refusal(sts.get_session_token, **asked)[:2] == ("AccessDenied", 403)
    cloud.turn(seconds=60)
    assert code(sts.get_session_token, **asked) == "AccessDenied"
    sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code())


def test_only_sessions_had_with_a_code_are_marked_so(cloud, iam, phone, sts):
    from skyglobe.kernel.credentials import credentials

    enable(iam, phone)
    cloud.turn(seconds=60)
    proved = sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code())["Credentials"]
    plain = sts.get_session_token()["Credentials"]

    async def sessions():
        return await cloud.kernel.transact(
            lambda scope: [credentials.find(scope, each["AccessKeyId"]).session for each in (proved, plain)]
        )

    assert [session.mfa_authenticated for session in cloud.run(sessions())] == [True, False]


def test_a_code_may_be_half_a_minute_late_and_no_later(cloud, iam, phone, sts):
    enable(iam, phone)
    cloud.turn(minutes=10)
    assert code(sts.get_session_token, SerialNumber=phone.serial, TokenCode=phone.code(-2)) == "AccessDenied"
    assert code(sts.get_session_token, SerialNumber=phone.serial, TokenCode=phone.code(2)) == "AccessDenied"
    sts.get_session_token(SerialNumber=phone.serial, TokenCode=phone.code(-1))


def test_nobody_uses_anothers_device_or_one_half_named(cloud, iam, aws, phone, sts):
    iam.create_user(UserName="eve")
    enable(iam, phone, "eve")
    cloud.turn(seconds=60)
    assert code(sts.get_session_token, SerialNumber=phone.serial, TokenCode=phone.code()) == "AccessDenied"
    assert code(sts.get_session_token, SerialNumber=phone.serial) == "AccessDenied"
    assert code(sts.get_session_token, TokenCode=phone.code()) == "AccessDenied"
    assert code(aws.client("sts").get_session_token, SerialNumber=phone.serial, TokenCode="123456") == "AccessDenied"


def test_digits_of_other_scripts_are_no_code(cloud, iam, phone, sts):
    enable(iam, phone)
    cloud.turn(seconds=60)
    shown = phone.code().translate({ord("0") + digit: 0x0660 + digit for digit in range(10)})
    assert code(sts.get_session_token, SerialNumber=phone.serial, TokenCode=shown) in (
        "AccessDenied",
        "ValidationError",
    )


def test_a_device_whose_clock_is_off_is_resynchronized(cloud, iam, phone, sts):
    enable(iam, phone)
    cloud.turn(minutes=10)
    asked = {"SerialNumber": phone.serial}
    assert code(sts.get_session_token, **asked, TokenCode=phone.code(8)) == "AccessDenied"
    assert code(iam.resync_mfa_device, UserName="bob", **asked, **phone.two(100)) == "InvalidAuthenticationCode"
    iam.resync_mfa_device(UserName="bob", **asked, **phone.two(8))
    cloud.turn(minutes=2)
    sts.get_session_token(**asked, TokenCode=phone.code(8))


def test_a_user_with_a_device_stays_until_it_is_deactivated(iam, phone):
    iam.create_user(UserName="bob")
    enable(iam, phone)
    assert refusal(iam.delete_user, UserName="bob")[:2] == ("DeleteConflict", 409)
    assert code(iam.delete_virtual_mfa_device, SerialNumber=phone.serial) == "DeleteConflict"
    iam.deactivate_mfa_device(UserName="bob", SerialNumber=phone.serial)
    assert code(iam.deactivate_mfa_device, UserName="bob", SerialNumber=phone.serial) == "NoSuchEntity"
    iam.delete_user(UserName="bob")
    iam.delete_virtual_mfa_device(SerialNumber=phone.serial)
    assert refusal(iam.get_mfa_device, SerialNumber=phone.serial)[:2] == ("NoSuchEntity", 404)


def test_devices_are_listed_by_who_has_them(iam, phone):
    iam.create_virtual_mfa_device(VirtualMFADeviceName="spare", Path="/cupboard/")
    iam.create_user(UserName="bob")
    enable(iam, phone)

    def listed(**narrowed):
        return [
            device["SerialNumber"].partition(":mfa")[2]
            for device in iam.list_virtual_mfa_devices(**narrowed)["VirtualMFADevices"]
        ]

    assert listed() == ["/cupboard/spare", "/phone"]
    assert listed(AssignmentStatus="Assigned") == ["/phone"]
    assert listed(AssignmentStatus="Unassigned") == ["/cupboard/spare"]
    assert listed(MaxItems=1) == ["/cupboard/spare"]
    assert code(iam.create_virtual_mfa_device, VirtualMFADeviceName="phone") == "EntityAlreadyExists"


def test_devices_have_tags(iam, phone):
    iam.tag_mfa_device(SerialNumber=phone.serial, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_mfa_device(SerialNumber=phone.serial, TagKeys=["a"])
    assert iam.list_mfa_device_tags(SerialNumber=phone.serial)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_the_codes_are_those_of_the_rfc():
    from skyglobe.kernel.mfa import code_at

    # RFC 6238, appendix B, SHA-1, whose eight digits end with our six.
    seed = b"12345678901234567890"
    vectors = {59: "94287082", 1111111109: "07081804", 2000000000: "69279037", 20000000000: "65353130"}
    assert {second: code_at(seed, second // 30) for second in vectors} == {
        second: digits[-6:] for second, digits in vectors.items()
    }
