"""Who may use a key: its policy first, then everybody else's."""

import json

import pytest


@pytest.mark.spec("KMS-002")
@pytest.mark.spec("KMS-018")
def test_by_default_the_account_decides_by_its_own_policies(kms, key, user, refused):
    policy = json.loads(kms.get_key_policy(KeyId=key.id, PolicyName="default")["Policy"])
    assert policy["Statement"] == [
        {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    blob = key.encrypt()
    _, stranger = user("kms:Encrypt")
    code, status, text = refused(stranger.client("kms").decrypt, CiphertextBlob=blob)
    assert (code, status) == ("AccessDeniedException", 400)
    assert f"is not authorized to perform: kms:Decrypt on resource: {key.arn}" in text
    _, reader = user("kms:Decrypt")
    assert reader.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"secret"
    assert kms.list_key_policies(KeyId=key.id)["PolicyNames"] == ["default"]
    assert refused(kms.get_key_policy, KeyId=key.id, PolicyName="other")[0] == "NotFoundException"


@pytest.mark.spec("KMS-017")
def test_whom_the_key_policy_does_not_name_nobody_can_let_in(kms, make_key, user, policy_of, refused):
    alice, as_alice = user()
    _, as_bob = user("*")
    key = make_key(
        Policy=policy_of(({"AWS": alice}, "kms:*")),
        BypassPolicyLockoutSafetyCheck=True,
    )
    blob = as_alice.client("kms").encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert refused(as_bob.client("kms").decrypt, CiphertextBlob=blob)[0] == "AccessDeniedException"
    code, _, text = refused(kms.decrypt, CiphertextBlob=blob)
    assert code == "AccessDeniedException"
    assert "because no resource-based policy allows the kms:Decrypt action" in text


@pytest.mark.spec("KMS-035")
def test_a_policy_that_locks_its_writer_out_is_refused(kms, key, user, policy_of, refused):
    alice, as_alice = user("kms:PutKeyPolicy", "kms:GetKeyPolicy")
    locking = policy_of(({"AWS": alice}, "kms:Encrypt"))
    assert refused(kms.put_key_policy, KeyId=key.id, Policy=locking) == (
        "MalformedPolicyDocumentException",
        400,
        "The new key policy will not allow you to update the key policy in the future.",
    )
    assert refused(kms.create_key, Policy=locking)[0] == "MalformedPolicyDocumentException"
    ghost = policy_of(({"AWS": "arn:aws:iam::000000000000:user/nobody"}, "kms:*"))
    for wrong in ("{}", "nonsense", ghost):
        asked = {"KeyId": key.id, "Policy": wrong, "BypassPolicyLockoutSafetyCheck": True}
        assert refused(kms.put_key_policy, **asked)[:2] == ("MalformedPolicyDocumentException", 400)
    hers = policy_of(({"AWS": alice}, "kms:*"))
    as_alice.client("kms").put_key_policy(KeyId=key.id, PolicyName="default", Policy=hers)
    assert as_alice.client("kms").get_key_policy(KeyId=key.id)["Policy"] == hers
    assert refused(kms.get_key_policy, KeyId=key.id)[0] == "AccessDeniedException"


@pytest.mark.spec("KMS-019")
def test_another_account_needs_the_key_policy_and_its_own(cloud, kms, make_key, policy_of, refused):
    iam = cloud.session("111122223333").client("iam")
    iam.create_user(UserName="ann")
    credential = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = cloud.session_with(credential).client("kms")
    key = make_key()
    blob = key.encrypt()
    shared = policy_of(
        ({"AWS": "arn:aws:iam::000000000000:root"}, "kms:*"), ({"AWS": "arn:aws:iam::111122223333:root"}, "kms:Decrypt")
    )
    kms.put_key_policy(KeyId=key.id, Policy=shared)
    assert refused(ann.decrypt, CiphertextBlob=blob)[0] == "AccessDeniedException"
    allow = {"Effect": "Allow", "Action": "kms:*", "Resource": key.arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": allow})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    assert ann.decrypt(CiphertextBlob=blob)["KeyId"] == key.arn
    assert refused(ann.encrypt, KeyId=key.arn, Plaintext=b"x")[0] == "AccessDeniedException"
    assert refused(ann.disable_key, KeyId=key.arn)[0] == "AccessDeniedException"
    kms.put_key_policy(KeyId=key.id, Policy=policy_of(({"AWS": "arn:aws:iam::000000000000:root"}, "kms:*")))
    assert refused(ann.decrypt, CiphertextBlob=blob)[0] == "AccessDeniedException"


def test_policies_can_ask_for_context_alias_algorithm_and_spec(kms, key, user, refused):
    kms.create_alias(AliasName="alias/mail", TargetKeyId=key.id)

    def may(condition, **more):
        _, session = user("kms:Encrypt", condition=condition)
        asked = {"KeyId": key.id, "Plaintext": b"x", **more}
        try:
            session.client("kms").encrypt(**asked)
        except kms.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException"  # noqa: PT017
            return False
        return True

    tenant = {"StringEquals": {"kms:EncryptionContext:tenant": "a"}}
    assert may(tenant, EncryptionContext={"tenant": "a"})
    assert not may(tenant, EncryptionContext={"tenant": "b"})
    only = {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["tenant"]}}
    assert not may(only, EncryptionContext={"tenant": "a", "other": "b"})
    by_alias = {"StringEquals": {"kms:RequestAlias": "alias/mail"}}
    assert may(by_alias, KeyId="alias/mail")
    assert not may(by_alias)
    assert may({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/mail"}})
    assert may({"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:KeyUsage": "ENCRYPT_DECRYPT"}})
    assert may({"Bool": {"kms:MultiRegion": "false"}})
    assert not may({"StringEquals": {"kms:KeyOrigin": "EXTERNAL"}})
    assert may({"StringEquals": {"kms:CallerAccount": "000000000000"}})
    assert not may({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})


@pytest.mark.spec("KMS-039")
def test_tags_label_keys_and_policies_ask_for_them(kms, make_key, user, refused):
    key = make_key(Tags=[{"TagKey": "team", "TagValue": "blue"}])
    _, session = user("kms:DescribeKey", condition={"StringEquals": {"aws:ResourceTag/team": "red"}})
    assert refused(session.client("kms").describe_key, KeyId=key.id)[0] == "AccessDeniedException"
    kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": "team", "TagValue": "red"}, {"TagKey": "a", "TagValue": ""}])
    assert session.client("kms").describe_key(KeyId=key.id)["KeyMetadata"]["Arn"] == key.arn
    kms.untag_resource(KeyId=key.id, TagKeys=["a", "unknown"])
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == [{"TagKey": "team", "TagValue": "red"}]
    many = [{"TagKey": f"k{n}", "TagValue": ""} for n in range(50)]
    assert refused(kms.tag_resource, KeyId=key.id, Tags=many)[0] == "LimitExceededException"
    assert refused(kms.tag_resource, KeyId=key.id, Tags=[{"TagKey": "aws:x", "TagValue": ""}])[0] == "TagException"
