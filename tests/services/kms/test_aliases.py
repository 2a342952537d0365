"""Other names of keys, and the keys of services."""

import pytest


@pytest.mark.spec("KMS-032")
def test_an_alias_stands_for_its_key_and_can_change_it(kms, key, make_key, refused):
    kms.create_alias(AliasName="alias/letters", TargetKeyId=key.arn)
    blob = kms.encrypt(KeyId="alias/letters", Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob, KeyId="alias/letters")["KeyId"] == key.arn
    arn = key.arn.replace(f"key/{key.id}", "alias/letters")
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyId"] == key.id
    again = {"AliasName": "alias/letters", "TargetKeyId": make_key().id}
    assert refused(kms.create_alias, **again) == (
        "AlreadyExistsException",
        400,
        f"An alias with the name {arn} already exists",
    )
    kms.update_alias(**again)
    assert kms.describe_key(KeyId="alias/letters")["KeyMetadata"]["KeyId"] == again["TargetKeyId"]
    kms.delete_alias(AliasName="alias/letters")
    assert refused(kms.describe_key, KeyId="alias/letters")[2] == f"Alias {arn} is not found."
    for name in ("alias/aws/mine", "letters", "alias/"):
        wrong = {"AliasName": name, "TargetKeyId": key.id}
        assert refused(kms.create_alias, **wrong)[:2] == ("InvalidAliasNameException", 400)
    signing = make_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    kms.create_alias(AliasName="alias/b", TargetKeyId=key.id)
    assert refused(kms.update_alias, AliasName="alias/b", TargetKeyId=signing.id)[0] == "ValidationException"


def test_aliases_are_listed_by_name_and_by_key(kms, key, make_key, refused):
    other = make_key()
    for number in range(4):
        kms.create_alias(AliasName=f"alias/n{number}", TargetKeyId=key.id if number % 2 else other.id)
    pages = kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 3})
    assert [one["AliasName"] for page in pages for one in page["Aliases"]] == [f"alias/n{n}" for n in range(4)]
    listed = kms.list_aliases(KeyId=key.id, Limit=1)
    rest = kms.list_aliases(KeyId=key.id, Marker=listed["NextMarker"])
    assert [one["AliasName"] for one in listed["Aliases"] + rest["Aliases"]] == ["alias/n1", "alias/n3"]
    assert listed["Aliases"][0]["TargetKeyId"] == key.id
    for number in range(48):
        kms.create_alias(AliasName=f"alias/x{number}", TargetKeyId=key.id)
    assert refused(kms.create_alias, AliasName="alias/y", TargetKeyId=key.id)[0] == "LimitExceededException"


@pytest.mark.spec("KMS-013")
def test_the_keys_of_services_are_aws_own_to_change_and_rotate(cloud, kms, refused):
    made = kms.describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]
    assert (made["KeyManager"], made["KeyState"]) == ("AWS", "Enabled")
    assert kms.describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]["KeyId"] == made["KeyId"]
    key = {"KeyId": made["KeyId"]}
    for change in (kms.schedule_key_deletion, kms.disable_key, kms.enable_key_rotation, kms.rotate_key_on_demand):
        assert refused(change, **key)[0] == "AccessDeniedException"
    assert refused(kms.put_key_policy, **key, Policy=kms.get_key_policy(**key)["Policy"])[0] == "AccessDeniedException"
    assert refused(kms.encrypt, **key, Plaintext=b"x")[0] == "AccessDeniedException"
    assert refused(kms.describe_key, KeyId="alias/aws/nobody")[0] == "NotFoundException"
    assert kms.get_key_rotation_status(**key)["KeyRotationEnabled"]
    cloud.turn(days=366)
    assert [one["RotationType"] for one in kms.list_key_rotations(**key)["Rotations"]] == ["AUTOMATIC"]
