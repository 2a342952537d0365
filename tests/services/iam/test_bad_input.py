"""What clients should not send is refused by name, never with a traceback."""

import pytest

from tests.services.iam.signing import UNCHECKED, refusal

HOSTILE = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "é" * 70,
    "\U0001f600",
    "../..",
    "%00",
    "a" * 5_000,
    "arn:aws:iam::1:user/x",
    "<x>&",
]

CALLS = {
    "get_user": "UserName",
    "delete_user": "UserName",
    "list_access_keys": "UserName",
    "list_groups_for_user": "UserName",
    "get_group": "GroupName",
    "get_login_profile": "UserName",
    "get_access_key_last_used": "AccessKeyId",
    "get_mfa_device": "SerialNumber",
    "list_mfa_device_tags": "SerialNumber",
    "delete_virtual_mfa_device": "SerialNumber",
    "delete_account_alias": "AccountAlias",
    "list_ssh_public_keys": "UserName",
    "list_signing_certificates": "UserName",
    "list_service_specific_credentials": "ServiceName",
}


@pytest.mark.parametrize("operation", CALLS)
def test_names_of_nothing_are_refused(aws, operation):
    iam = aws.client("iam", config=UNCHECKED)
    for text in HOSTILE:
        code, status, message = refusal(getattr(iam, operation), **{CALLS[operation]: text})
        assert code in ("ValidationError", "NoSuchEntity", "NotSupportedService", "AccessDenied"), (text, code, message)
        assert status in (400, 403, 404)


@pytest.mark.parametrize("number", [0, -1, 1_001])
def test_page_sizes_out_of_bounds_are_refused(aws, number):
    iam = aws.client("iam", config=UNCHECKED)
    for operation in ("list_users", "list_groups", "list_virtual_mfa_devices", "list_account_aliases"):
        assert refusal(getattr(iam, operation), MaxItems=number)[0] == "ValidationError"


@pytest.mark.parametrize("password", ["\x00" * 20, "a" * 129, "pass\u2603word-1A"])
def test_passwords_of_other_characters_are_refused(aws, password):
    iam = aws.client("iam", config=UNCHECKED)
    iam.create_user(UserName="bob")
    code, _, message = refusal(iam.create_login_profile, UserName="bob", Password=password)
    assert code == "ValidationError"
    assert password not in message


def test_a_marker_of_another_list_is_refused(iam):
    for name in ("anna", "bob"):
        iam.create_user(UserName=name)
        iam.create_group(GroupName=name)
    marker = iam.list_users(MaxItems=1)["Marker"]
    assert refusal(iam.list_groups, Marker=marker)[0] == "ValidationError"
    assert refusal(iam.list_users, Marker=marker[:-2] + "AA")[0] == "ValidationError"
