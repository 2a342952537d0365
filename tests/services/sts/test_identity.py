"""Who am I, and credentials that end."""

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError


@pytest.fixture
def sts(aws):
    return aws.client("sts")


def session_client(cloud, credentials, service="sts", token=None):
    session = cloud.session_with({**credentials, "SessionToken": token or credentials["SessionToken"]}, "eu-west-1")
    return session.client(service)


def error_code(call):
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def test_an_unknown_key_is_the_root_of_the_default_account(sts):
    identity = sts.get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert identity["Arn"] == "arn:aws:iam::000000000000:root"
    assert identity["UserId"] == "000000000000"


def test_a_key_of_twelve_digits_names_its_account(cloud):
    identity = cloud.session(account="123456789012").client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::123456789012:root"


def test_session_credentials_keep_the_callers_identity(cloud, sts):
    credentials = sts.get_session_token()["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert len(credentials["AccessKeyId"]) == 20
    assert session_client(cloud, credentials).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"


def test_session_credentials_end_when_the_clock_says_so(cloud, sts):
    credentials = sts.get_session_token(DurationSeconds=900)["Credentials"]
    client = session_client(cloud, credentials)
    cloud.turn(seconds=800)
    client.get_caller_identity()
    cloud.turn(seconds=101)
    assert error_code(client.get_caller_identity) == "ExpiredToken"


def test_a_session_of_root_lasts_an_hour_at_most(cloud, sts):
    client = session_client(cloud, sts.get_session_token(DurationSeconds=129_600)["Credentials"])
    cloud.turn(seconds=3_500)
    client.get_caller_identity()
    cloud.turn(seconds=101)
    assert error_code(client.get_caller_identity) == "ExpiredToken"


@pytest.mark.parametrize("seconds", [899, 129_601])
def test_session_durations_out_of_bounds_are_refused(aws, seconds):
    sts = aws.client("sts", config=Config(parameter_validation=False))
    assert error_code(lambda: sts.get_session_token(DurationSeconds=seconds)) == "ValidationError"


def test_an_altered_session_token_is_refused(cloud, sts):
    credentials = sts.get_session_token()["Credentials"]
    client = session_client(cloud, credentials, token=credentials["SessionToken"][:-1] + "#")
    assert error_code(client.get_caller_identity) == "InvalidClientTokenId"


def test_a_wrong_secret_is_refused(cloud, sts):
    credentials = {**sts.get_session_token()["Credentials"], "SecretAccessKey": "wrong"}
    assert error_code(session_client(cloud, credentials).get_caller_identity) == "SignatureDoesNotMatch"


def test_a_session_cannot_get_a_session(cloud, sts):
    client = session_client(cloud, sts.get_session_token()["Credentials"])
    assert error_code(client.get_session_token) == "AccessDenied"


def test_a_code_of_an_mfa_device_nobody_registered_is_refused(sts):
    serial = "arn:aws:iam::000000000000:mfa/none"
    assert error_code(lambda: sts.get_session_token(SerialNumber=serial, TokenCode="123456")) == "AccessDenied"


def test_a_key_tells_its_account(cloud, sts):
    credentials = cloud.session(account="123456789012").client("sts").get_session_token()["Credentials"]
    assert sts.get_access_key_info(AccessKeyId=credentials["AccessKeyId"])["Account"] == "123456789012"
