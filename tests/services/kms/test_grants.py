"""Letting one principal use a key for some operations."""

import pytest


@pytest.mark.spec("KMS-033")
def test_a_grant_opens_a_key_at_once_until_it_is_revoked_or_retired(kms, key, user, refused):
    arn, session = user()
    hers = session.client("kms")
    blob = key.encrypt()
    assert refused(hers.decrypt, CiphertextBlob=blob)[0] == "AccessDeniedException"
    grant = kms.create_grant(KeyId=key.id, GranteePrincipal=arn, Operations=["Decrypt"], RetiringPrincipal=arn)
    assert hers.decrypt(CiphertextBlob=blob, GrantTokens=[grant["GrantToken"]])["Plaintext"] == b"secret"
    assert hers.decrypt(CiphertextBlob=blob)["Plaintext"] == b"secret"
    assert refused(hers.encrypt, KeyId=key.id, Plaintext=b"x")[0] == "AccessDeniedException"
    assert refused(hers.decrypt, CiphertextBlob=blob, GrantTokens=["x"])[0] == "InvalidGrantTokenException"
    (listed,) = kms.list_grants(KeyId=key.id)["Grants"]
    assert (listed["GrantId"], listed["GranteePrincipal"], listed["Operations"]) == (grant["GrantId"], arn, ["Decrypt"])
    assert kms.list_retirable_grants(RetiringPrincipal=arn)["Grants"] == [listed]
    kms.revoke_grant(KeyId=key.id, GrantId=grant["GrantId"])
    assert refused(hers.decrypt, CiphertextBlob=blob)[0] == "AccessDeniedException"
    assert refused(kms.revoke_grant, KeyId=key.id, GrantId=grant["GrantId"])[0] == "NotFoundException"
    again = kms.create_grant(KeyId=key.id, GranteePrincipal=arn, Operations=["Decrypt"], RetiringPrincipal=arn)
    _, other = user()
    assert refused(other.client("kms").retire_grant, GrantToken=again["GrantToken"])[0] == "AccessDeniedException"
    hers.retire_grant(GrantToken=again["GrantToken"])
    assert kms.list_grants(KeyId=key.id)["Grants"] == []


def test_a_grants_constraint_binds_it_to_an_encryption_context(kms, key, user, refused):
    arn, session = user()
    hers = session.client("kms")
    kms.create_grant(
        KeyId=key.id,
        GranteePrincipal=arn,
        Operations=["Encrypt", "DescribeKey"],
        Constraints={"EncryptionContextSubset": {"tenant": "a"}},
    )
    assert hers.encrypt(KeyId=key.id, Plaintext=b"x", EncryptionContext={"tenant": "a", "more": "b"})
    for context in ({}, {"tenant": "b"}):
        asked = {"KeyId": key.id, "Plaintext": b"x", "EncryptionContext": context}
        assert refused(hers.encrypt, **asked)[0] == "AccessDeniedException"
    assert hers.describe_key(KeyId=key.id)["KeyMetadata"]["Arn"] == key.arn


def test_whoever_may_grant_by_a_grant_can_hand_on_no_more(kms, key, user, refused):
    arn, session = user()
    third, as_third = user()
    bound = {"EncryptionContextSubset": {"tenant": "a"}}
    given = {"KeyId": key.id, "GranteePrincipal": arn, "Operations": ["CreateGrant", "Encrypt"]}
    kms.create_grant(Constraints=bound, **given)
    hers = session.client("kms")
    asked = {"KeyId": key.id, "GranteePrincipal": third}
    assert refused(hers.create_grant, Operations=["Decrypt"], **asked)[0] == "AccessDeniedException"
    wider = {"EncryptionContextSubset": {"tenant": "b"}}
    assert refused(hers.create_grant, Operations=["Encrypt"], Constraints=wider, **asked)[0] == "AccessDeniedException"
    hers.create_grant(Operations=["Encrypt"], Constraints=bound, **asked)
    sealed = {"KeyId": key.id, "Plaintext": b"x", "EncryptionContext": {"tenant": "a"}}
    assert as_third.client("kms").encrypt(**sealed)["KeyId"] == key.arn


def test_the_same_name_and_content_give_the_same_grant(kms, key, user, refused):
    arn, _ = user()
    asked = {"KeyId": key.id, "GranteePrincipal": arn, "Operations": ["Decrypt"]}
    first = kms.create_grant(Name="n", **asked)
    assert kms.create_grant(Name="n", **asked)["GrantId"] == first["GrantId"]
    assert kms.create_grant(**asked)["GrantId"] != kms.create_grant(**asked)["GrantId"]
    pages = kms.get_paginator("list_grants").paginate(KeyId=key.id, PaginationConfig={"PageSize": 2})
    assert len([grant for page in pages for grant in page["Grants"]]) == 3
    by_grantee = kms.list_grants(KeyId=key.id, GranteePrincipal=arn, Limit=2)
    rest = kms.list_grants(KeyId=key.id, GranteePrincipal=arn, Marker=by_grantee["NextMarker"])
    assert len(by_grantee["Grants"] + rest["Grants"]) == 3
    assert refused(kms.create_grant, **{**asked, "Operations": ["Sign"]})[0] == "ValidationException"
    nobody = {**asked, "GranteePrincipal": "arn:aws:iam::000000000000:user/nobody"}
    assert refused(kms.create_grant, **nobody)[0] == "InvalidArnException"
    assert refused(kms.create_grant, **asked, DryRun=True)[0] == "DryRunOperationException"
