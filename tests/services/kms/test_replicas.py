"""The same key in several regions."""

import pytest


@pytest.mark.spec("KMS-020")
@pytest.mark.spec("KMS-021")
@pytest.mark.spec("KMS-023")
def test_a_replica_opens_what_the_primary_closed_and_is_managed_by_itself(kms, make_key, abroad, refused):
    key = make_key(MultiRegion=True)
    assert key.id.startswith("mrk-")
    made = kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1", Description="over there")["ReplicaKeyMetadata"]
    assert (made["KeyId"], made["Arn"]) == (key.id, key.arn.replace("us-east-1", "eu-west-1"))
    regions = made["MultiRegionConfiguration"]
    assert (regions["MultiRegionKeyType"], regions["PrimaryKey"]["Region"]) == ("REPLICA", "us-east-1")
    assert [one["Region"] for one in key.metadata["MultiRegionConfiguration"]["ReplicaKeys"]] == ["eu-west-1"]
    blob = key.encrypt(EncryptionContext={"a": "b"})
    kms.disable_key(KeyId=key.id)
    answer = abroad.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})
    assert (answer["Plaintext"], answer["KeyId"]) == (b"secret", made["Arn"])
    kms.enable_key(KeyId=key.id)
    abroad.create_alias(AliasName="alias/there", TargetKeyId=key.id)
    assert kms.list_aliases()["Aliases"] == []
    assert key.metadata["Description"] == ""
    again = {"KeyId": key.id, "ReplicaRegion": "eu-west-1"}
    assert refused(kms.replicate_key, **again)[0] == "AlreadyExistsException"
    assert refused(abroad.replicate_key, KeyId=key.id, ReplicaRegion="eu-west-2")[0] == "UnsupportedOperationException"
    assert refused(kms.replicate_key, **{**again, "KeyId": make_key().id})[0] == "UnsupportedOperationException"


@pytest.mark.spec("KMS-022")
def test_the_primary_rotates_for_all(cloud, kms, make_key, abroad, refused):
    key = make_key(MultiRegion=True)
    kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=90)
    assert refused(abroad.enable_key_rotation, KeyId=key.id)[0] == "UnsupportedOperationException"
    cloud.turn(days=90)

    def shown(client):
        status = client.get_key_rotation_status(KeyId=key.id)
        rotations = client.list_key_rotations(KeyId=key.id)["Rotations"]
        return status["NextRotationDate"], [(one["KeyMaterialId"], one["RotationDate"]) for one in rotations]

    assert shown(kms) == shown(abroad)
    assert len(shown(kms)[1]) == 1
    assert abroad.decrypt(CiphertextBlob=key.encrypt())["Plaintext"] == b"secret"
    kms.update_primary_region(KeyId=key.id, PrimaryRegion="eu-west-1")
    assert key.metadata["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    cloud.turn(days=90)
    assert len(shown(abroad)[1]) == 2
    assert shown(kms) == shown(abroad)


def test_a_primary_is_deleted_after_its_replicas(cloud, kms, make_key, abroad, refused):
    key = make_key(MultiRegion=True)
    kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")
    answer = kms.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    assert (answer["KeyState"], "DeletionDate" in answer) == ("PendingReplicaDeletion", False)
    assert key.metadata["PendingDeletionWindowInDays"] == 7
    cloud.turn(days=40)
    assert key.state == "PendingReplicaDeletion"
    abroad.schedule_key_deletion(KeyId=key.id, PendingWindowInDays=10)
    cloud.turn(days=10)
    assert key.state == "PendingDeletion"
    cloud.turn(days=7)
    assert refused(kms.describe_key, KeyId=key.id)[0] == "NotFoundException"


def test_replicas_of_imported_keys_take_the_same_material(kms, make_key, abroad, imported, refused):
    key = make_key(MultiRegion=True, Origin="EXTERNAL")
    imported(key, b"m" * 32)
    there = kms.replicate_key(KeyId=key.id, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]
    assert there["KeyState"] == "PendingImport"
    assert refused(imported, key, b"n" * 32, abroad)[0] == "IncorrectKeyMaterialException"
    imported(key, b"m" * 32, abroad)
    assert abroad.decrypt(CiphertextBlob=key.encrypt())["Plaintext"] == b"secret"
    forever = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    imported(key, b"2" * 32, ImportType="NEW_KEY_MATERIAL", **forever)
    assert refused(kms.rotate_key_on_demand, KeyId=key.id)[0] == "KMSInvalidStateException"
    imported(key, b"2" * 32, abroad)
    kms.rotate_key_on_demand(KeyId=key.id)
    assert abroad.decrypt(CiphertextBlob=key.encrypt())["KeyMaterialId"] == key.metadata["CurrentKeyMaterialId"]
