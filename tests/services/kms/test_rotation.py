"""New material for the same key: by the clock, on demand, and what was encrypted before still opens."""

import pytest

DAY = 86_400


@pytest.mark.spec("KMS-014")
def test_a_key_rotates_by_the_clock_and_still_opens_what_is_old(cloud, kms, key):
    old, first = key.encrypt(), key.metadata["CurrentKeyMaterialId"]
    assert kms.get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key.id)
    status = kms.get_key_rotation_status(KeyId=key.id)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)
    cloud.turn(days=364)
    assert key.rotations() == []
    cloud.turn(days=1)
    (rotation,) = key.rotations()
    assert (rotation["RotationType"], rotation["KeyMaterialState"]) == ("AUTOMATIC", "CURRENT")
    assert key.metadata["CurrentKeyMaterialId"] == rotation["KeyMaterialId"] != first
    assert key.decrypt(old) == key.decrypt(key.encrypt()) == b"secret"
    assert kms.decrypt(CiphertextBlob=old)["KeyMaterialId"] == first
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=90)
    cloud.turn(days=181)
    assert len(key.rotations()) == 3
    kms.disable_key_rotation(KeyId=key.id)
    cloud.turn(days=400)
    assert len(key.rotations()) == 3
    assert len(key.rotations(IncludeKeyMaterial="ALL_KEY_MATERIAL")) == 4


def test_a_disabled_key_catches_up_on_its_rotation(cloud, kms, key):
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=100)
    kms.disable_key(KeyId=key.id)
    cloud.turn(days=150)
    assert key.rotations() == []
    kms.enable_key(KeyId=key.id)
    assert len(key.rotations()) == 1


def test_rotation_on_demand_is_for_symmetric_keys_and_limited(kms, key, make_key, refused):
    blob = key.encrypt()
    for _ in range(25):
        assert kms.rotate_key_on_demand(KeyId=key.id)["KeyId"] == key.arn
    assert refused(kms.rotate_key_on_demand, KeyId=key.id)[0] == "LimitExceededException"
    pages = kms.get_paginator("list_key_rotations").paginate(KeyId=key.id, PaginationConfig={"PageSize": 10})
    assert [len(page["Rotations"]) for page in pages] == [10, 10, 5]
    assert key.decrypt(blob) == b"secret"
    pair = make_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    for operation in (kms.rotate_key_on_demand, kms.enable_key_rotation, kms.list_key_rotations):
        assert refused(operation, KeyId=pair.id)[:2] == ("UnsupportedOperationException", 400)


@pytest.mark.spec("KMS-016")
def test_imported_material_is_rotated_by_hand(kms, make_key, imported, refused):
    key = make_key(Origin="EXTERNAL")
    imported(key, b"1" * 32)
    blob = key.encrypt()
    assert refused(kms.enable_key_rotation, KeyId=key.id)[0] == "UnsupportedOperationException"
    assert refused(kms.rotate_key_on_demand, KeyId=key.id)[0] == "KMSInvalidStateException"
    forever = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE", "ImportType": "NEW_KEY_MATERIAL"}
    imported(key, b"2" * 32, **forever)
    states = [one["KeyMaterialState"] for one in key.rotations(IncludeKeyMaterial="ALL_KEY_MATERIAL")]
    assert sorted(states) == ["CURRENT", "PENDING_ROTATION"]
    kms.rotate_key_on_demand(KeyId=key.id)
    assert [one["RotationType"] for one in key.rotations()] == ["ON_DEMAND"]
    assert key.decrypt(blob) == key.decrypt(key.encrypt()) == b"secret"
