"""What keys go through: disabled, enabled, on their way out, gone."""

import pytest


@pytest.mark.spec("KMS-029")
def test_a_key_that_is_not_enabled_cannot_be_used(kms, key, make_key, refused):
    blob = key.encrypt()
    kms.disable_key(KeyId=key.id)
    assert (key.state, key.metadata["Enabled"]) == ("Disabled", False)
    assert refused(key.decrypt, blob) == ("DisabledException", 400, f"{key.arn} is disabled.")
    assert refused(kms.generate_data_key, KeyId=key.id, KeySpec="AES_256")[0] == "DisabledException"
    kms.enable_key(KeyId=key.id)
    assert key.decrypt(blob) == b"secret"
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    assert refused(key.decrypt, blob) == ("KMSInvalidStateException", 400, f"{key.arn} is pending deletion.")
    assert refused(kms.enable_key, KeyId=key.id)[0] == "KMSInvalidStateException"
    waiting = make_key(Origin="EXTERNAL")
    assert waiting.state == "PendingImport"
    assert refused(waiting.encrypt) == ("KMSInvalidStateException", 400, f"{waiting.arn} is pending import.")


@pytest.mark.spec("KMS-030")
def test_deletion_waits_and_can_be_called_off(cloud, kms, key, refused):
    for days in (6, 31):
        asked = {"KeyId": key.id, "PendingWindowInDays": days}
        assert refused(kms.schedule_key_deletion, **asked)[:2] == ("ValidationException", 400)
    answer = kms.schedule_key_deletion(KeyId=key.id)
    assert (answer["KeyState"], answer["PendingWindowInDays"]) == ("PendingDeletion", 30)
    assert key.metadata["DeletionDate"] == answer["DeletionDate"]
    assert kms.cancel_key_deletion(KeyId=key.id)["KeyId"] == key.arn
    assert key.state == "Disabled"
    assert refused(kms.cancel_key_deletion, KeyId=key.id)[2] == f"{key.arn} is not pending deletion."
    cloud.turn(days=31)
    assert key.state == "Disabled"
    kms.create_alias(AliasName="alias/gone", TargetKeyId=key.id)
    kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    cloud.turn(days=6)
    assert key.state == "PendingDeletion"
    cloud.turn(days=1)
    text = f"Key '{key.arn}' does not exist"
    assert refused(kms.describe_key, KeyId=key.id) == ("NotFoundException", 400, text)
    assert refused(kms.describe_key, KeyId="alias/gone")[0] == "NotFoundException"


def test_keys_are_listed_page_by_page(kms, make_key, refused):
    made = {make_key().arn for _ in range(5)}
    pages = kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2})
    assert {key["KeyArn"] for page in pages for key in page["Keys"]} == made
    assert refused(kms.list_keys, Marker="nonsense")[:2] == ("InvalidMarkerException", 400)


def test_descriptions_and_last_uses_are_told(kms, key, cloud):
    assert "KeyLastUsage" not in kms.get_key_last_usage(KeyId=key.id)
    blob = key.encrypt()
    cloud.turn(hours=2)
    key.decrypt(blob)
    used = kms.get_key_last_usage(KeyId=key.id)
    assert used["KeyLastUsage"]["Operation"] == "Decrypt"
    assert used["KeyLastUsage"]["Timestamp"] > used["KeyCreationDate"]
    kms.update_key_description(KeyId=key.id, Description="for letters")
    assert key.metadata["Description"] == "for letters"


def test_a_clouds_keys_survive_its_restart(tmp_path):
    from skyglobe.kernel.config import Config
    from skyglobe.testing.clouds import TestCloud

    cloud = TestCloud(Config(folder=tmp_path))
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"kept")["CiphertextBlob"]
    cloud.close()
    again = TestCloud(Config(folder=tmp_path))
    assert again.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"] == b"kept"
    again.close()
