"""Encrypting with keys that nobody ever sees."""

import base64
import json

import pytest


@pytest.mark.spec("KMS-005")
@pytest.mark.spec("KMS-007")
def test_what_is_encrypted_names_its_key_and_differs_each_time(kms, key, refused):
    first, second = key.encrypt(b"x" * 4096), key.encrypt(b"x" * 4096)
    assert first != second
    answer = kms.decrypt(CiphertextBlob=first)
    assert (answer["Plaintext"], answer["KeyId"]) == (b"x" * 4096, key.arn)
    assert answer["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert answer["KeyMaterialId"] == key.metadata["CurrentKeyMaterialId"]
    assert refused(key.encrypt, b"x" * 4097)[:2] == ("ValidationException", 400)
    assert (key.metadata["KeySpec"], key.metadata["KeyUsage"]) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")


@pytest.mark.spec("KMS-006")
def test_a_key_is_described_in_todays_words_and_in_those_of_old(key):
    told = key.metadata
    assert told["KeySpec"] == told["CustomerMasterKeySpec"] == "SYMMETRIC_DEFAULT"
    assert (told["KeyState"], told["Enabled"], told["KeyManager"]) == ("Enabled", True, "CUSTOMER")
    assert (told["Origin"], told["MultiRegion"]) == ("AWS_KMS", False)


@pytest.mark.spec("KMS-031")
def test_the_encryption_context_is_bound_to_what_it_was_encrypted_in(key, refused):
    blob = key.encrypt(EncryptionContext={"tenant": "a", "purpose": "mail"})
    assert key.decrypt(blob, EncryptionContext={"purpose": "mail", "tenant": "a"}) == b"secret"
    for other in ({}, {"tenant": "a"}, {"tenant": "b", "purpose": "mail"}):
        assert refused(key.decrypt, blob, EncryptionContext=other)[:2] == ("InvalidCiphertextException", 400)


def test_an_altered_ciphertext_is_refused(key, refused):
    blob = key.encrypt()
    for place in range(len(blob)):
        altered = blob[:place] + bytes((blob[place] ^ 1,)) + blob[place + 1 :]
        assert refused(key.decrypt, altered)[0] in ("InvalidCiphertextException", "AccessDeniedException")
    for other in (b"x", b"x" * 200, blob[:-1], blob + b"x"):
        assert refused(key.decrypt, other)[0] == "InvalidCiphertextException"


@pytest.mark.spec("KMS-040")
def test_naming_another_key_than_the_ciphertexts_is_refused(kms, key, make_key, refused):
    blob = key.encrypt()
    assert refused(kms.decrypt, CiphertextBlob=blob, KeyId=make_key().id) == (
        "IncorrectKeyException",
        400,
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )
    assert key.decrypt(blob, KeyId=key.arn) == b"secret"


@pytest.mark.spec("KMS-024")
def test_a_key_of_one_region_decrypts_nothing_in_another(key, abroad, refused):
    blob = key.encrypt()
    assert refused(abroad.decrypt, CiphertextBlob=blob, KeyId=key.id)[0] == "NotFoundException"
    assert refused(abroad.describe_key, KeyId=key.arn) == ("NotFoundException", 400, "Invalid arn us-east-1")
    code, _, text = refused(abroad.decrypt, CiphertextBlob=blob)
    assert code == "AccessDeniedException"
    assert "does not exist in this region" in text


@pytest.mark.spec("KMS-027")
def test_a_data_key_comes_open_and_sealed(kms, key, refused):
    made = kms.generate_data_key(KeyId=key.id, KeySpec="AES_256", EncryptionContext={"file": "1"})
    assert (len(made["Plaintext"]), made["KeyId"]) == (32, key.arn)
    assert key.decrypt(made["CiphertextBlob"], EncryptionContext={"file": "1"}) == made["Plaintext"]
    sealed = kms.generate_data_key_without_plaintext(KeyId=key.id, NumberOfBytes=64)
    assert "Plaintext" not in sealed
    assert len(key.decrypt(sealed["CiphertextBlob"])) == 64
    assert refused(kms.generate_data_key, KeyId=key.id)[0] == "ValidationException"
    assert refused(kms.generate_data_key, KeyId=key.id, KeySpec="AES_128", NumberOfBytes=16)[0] == "ValidationException"


@pytest.mark.spec("KMS-037")
def test_ciphertexts_move_to_another_key_unread_and_dry_runs_do_nothing(kms, key, make_key, refused):
    other = make_key()
    blob = key.encrypt(EncryptionContext={"a": "1"})
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=other.id,
        DestinationEncryptionContext={"b": "2"},
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (key.arn, other.arn)
    assert other.decrypt(moved["CiphertextBlob"], EncryptionContext={"b": "2"}) == b"secret"
    assert len(kms.generate_random(NumberOfBytes=1024)["Plaintext"]) == 1024
    assert refused(kms.encrypt, KeyId=key.id, Plaintext=b"x", DryRun=True)[0] == "DryRunOperationException"
    assert refused(kms.decrypt, CiphertextBlob=blob, DryRun=True)[0] == "InvalidCiphertextException"
    asked = {"KeyId": key.id, "KeySpec": "AES_256", "DryRun": True}
    assert refused(kms.generate_data_key, **asked)[0] == "DryRunOperationException"


def test_a_ciphertext_decrypts_by_permission_without_one_at_hand(kms, key, refused):
    asked = {"KeyId": key.id, "DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    assert refused(kms.decrypt, **asked)[0] == "DryRunOperationException"
    assert refused(kms.decrypt, KeyId=key.id)[0] == "ValidationException"


@pytest.mark.spec("KMS-001")
def test_key_material_is_in_no_answer_and_not_in_the_store_as_it_is(cloud, kms, key, refused):
    assert refused(kms.get_public_key, KeyId=key.id)[0] == "UnsupportedOperationException"
    told = json.dumps([key.metadata, key.rotations(IncludeKeyMaterial="ALL_KEY_MATERIAL")], default=str)

    def opened(scope):
        from skyglobe.services.kms.materials import current_material, secret_of
        from skyglobe.services.kms.records import keys

        material = current_material(scope, keys.find(scope, key.id))
        return material.sealed, secret_of(scope, material)

    sealed, plain = cloud.run(cloud.kernel.transact(opened, "000000000000", "us-east-1"))
    assert len(plain) == 32
    assert plain not in sealed
    assert base64.b64encode(plain).decode() not in told
    assert plain.hex() not in told


def test_too_many_requests_in_a_second_are_throttled(make_throttled, refused):
    cloud, kms = make_throttled
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    asked = {"KeyId": key, "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"}
    cloud.kernel.quotas.take("kms", "000000000000", "us-east-1", "ECC", rate=1000, amount=999.5)
    assert refused(kms.sign, **asked) == (
        "ThrottlingException",
        400,
        "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
    )
    cloud.turn(1)
    assert kms.sign(**asked)["Signature"]


@pytest.fixture
def make_throttled():
    from botocore.config import Config as ClientConfig

    from skyglobe.kernel.clock import Clock
    from skyglobe.kernel.config import Config
    from skyglobe.testing.clouds import TestCloud

    clock = Clock()
    clock.stand_at(clock.now())
    cloud = TestCloud(Config(quotas=True), clock=clock)
    yield cloud, cloud.client("kms", config=ClientConfig(retries={"total_max_attempts": 1}))
    cloud.close()
