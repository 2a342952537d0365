"""Access keys: the gateway accepts them while they are active, and notes their use."""

import pytest

from tests.services.iam.signing import UNCHECKED, code, refusal, session_of


@pytest.fixture
def key(iam):
    iam.create_user(UserName="bob")
    return iam.create_access_key(UserName="bob")["AccessKey"]


@pytest.mark.spec("IAM-019")
def test_the_secret_is_told_once(iam, key):
    assert key["AccessKeyId"].startswith("AKIA")
    assert len(key["SecretAccessKey"]) == 40
    (listed,) = iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]
    assert set(listed) == {"UserName", "AccessKeyId", "Status", "CreateDate"}
    assert listed["AccessKeyId"] == key["AccessKeyId"]


@pytest.mark.spec("IAM-020")
def test_a_user_has_two_keys_at_most(iam, key):
    iam.create_access_key(UserName="bob")
    assert refusal(iam.create_access_key, UserName="bob") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )
    iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    iam.create_access_key(UserName="bob")


@pytest.mark.spec("IAM-018")
def test_a_key_proves_the_user_and_a_wrong_secret_does_not(cloud, key):
    identity = session_of(cloud, key).client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::000000000000:user/bob"
    assert identity["UserId"].startswith("AIDA")
    forged = session_of(cloud, {**key, "SecretAccessKey": "x" * 40})
    assert refusal(forged.client("sts").get_caller_identity)[:2] == ("SignatureDoesNotMatch", 403)


REFUSED = {
    ("sts", "get_caller_identity"): ("InvalidClientTokenId", 403),
    ("sqs", "list_queues"): ("InvalidClientTokenId", 400),
    ("s3", "list_buckets"): ("InvalidAccessKeyId", 403),
}


@pytest.mark.parametrize(("service", "operation"), REFUSED)
def test_an_inactive_key_is_refused_until_it_is_active_again(cloud, iam, key, service, operation):
    named = {"UserName": "bob", "AccessKeyId": key["AccessKeyId"]}
    sts = session_of(cloud, key).client("sts")
    sts.get_caller_identity()
    iam.update_access_key(**named, Status="Inactive")
    call = getattr(session_of(cloud, key).client(service), operation)
    assert refusal(call)[:2] == REFUSED[service, operation]
    assert iam.list_access_keys(UserName="bob")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    iam.update_access_key(**named, Status="Active")
    sts.get_caller_identity()


def test_a_deleted_key_is_refused_though_unknown_keys_are_taken_on_trust(cloud, iam, key):
    iam.delete_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"])
    assert code(session_of(cloud, key).client("sts").get_caller_identity) == "InvalidClientTokenId"
    assert iam.list_access_keys(UserName="bob")["AccessKeyMetadata"] == []
    assert refusal(iam.delete_access_key, UserName="bob", AccessKeyId=key["AccessKeyId"]) == (
        "NoSuchEntity",
        404,
        f"The Access Key with id {key['AccessKeyId']} cannot be found.",
    )


def test_a_key_of_somebody_else_cannot_be_found(iam, key):
    iam.create_user(UserName="eve")
    stolen = {"UserName": "eve", "AccessKeyId": key["AccessKeyId"]}
    assert code(iam.delete_access_key, **stolen) == "NoSuchEntity"
    assert code(iam.update_access_key, **stolen, Status="Inactive") == "NoSuchEntity"


def test_a_status_there_is_not_is_refused(aws, key):
    iam = aws.client("iam", config=UNCHECKED)
    assert code(iam.update_access_key, UserName="bob", AccessKeyId=key["AccessKeyId"], Status="On") == "ValidationError"


def test_root_has_two_keys_of_its_own(cloud, iam):
    root = iam.create_access_key()["AccessKey"]
    iam.create_access_key()
    assert code(iam.create_access_key) == "LimitExceeded"
    arn = session_of(cloud, root).client("sts").get_caller_identity()["Arn"]
    assert arn == "arn:aws:iam::000000000000:root"
    iam.delete_access_key(AccessKeyId=root["AccessKeyId"])
    assert code(session_of(cloud, root).client("sts").get_caller_identity) == "InvalidClientTokenId"


@pytest.mark.spec("IAM-035")
def test_each_key_tells_when_where_and_with_what_it_was_last_used(cloud, iam, key):
    asked = {"AccessKeyId": key["AccessKeyId"]}
    never = iam.get_access_key_last_used(**asked)
    assert never["UserName"] == "bob"
    assert never["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    session_of(cloud, key, region="eu-west-1").client("sts").get_caller_identity()
    first = iam.get_access_key_last_used(**asked)["AccessKeyLastUsed"]
    assert (first["ServiceName"], first["Region"]) == ("sts", "eu-west-1")
    cloud.turn(hours=5)
    session_of(cloud, key, region="ap-south-1").client("sts").get_caller_identity()
    then = iam.get_access_key_last_used(**asked)["AccessKeyLastUsed"]
    assert (then["ServiceName"], then["Region"]) == ("sts", "ap-south-1")
    assert (then["LastUsedDate"] - first["LastUsedDate"]).total_seconds() >= 5 * 3600


def test_a_call_with_a_wrong_secret_is_no_use(cloud, iam, key):
    forged = session_of(cloud, {**key, "SecretAccessKey": "x" * 40})
    assert code(forged.client("sts").get_caller_identity) == "SignatureDoesNotMatch"
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert used["ServiceName"] == "N/A"


def test_uses_within_a_minute_are_written_once(cloud, iam, key):
    sts = session_of(cloud, key).client("sts")
    sts.get_caller_identity()
    first = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]["LastUsedDate"]
    cloud.turn(seconds=20)
    sts.get_caller_identity()
    again = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]["LastUsedDate"]
    assert again == first
    cloud.turn(seconds=60)
    sts.get_caller_identity()
    later = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]["LastUsedDate"]
    assert later > first
