"""Keys with material of their owners'."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as der
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding


@pytest.mark.spec("KMS-038")
def test_imported_material_works_until_it_expires_and_only_the_same_comes_back(cloud, kms, make_key, imported, refused):
    key = make_key(Origin="EXTERNAL")
    until = datetime.fromtimestamp(cloud.now / 1000, UTC) + timedelta(days=30)
    made = imported(key, b"m" * 32, ValidTo=until, ExpirationModel="KEY_MATERIAL_EXPIRES")
    told = key.metadata
    assert (told["KeyState"], told["ExpirationModel"]) == ("Enabled", "KEY_MATERIAL_EXPIRES")
    assert told["CurrentKeyMaterialId"] == made["KeyMaterialId"]
    blob = key.encrypt()
    cloud.turn(days=30)
    assert key.state == "PendingImport"
    assert refused(key.decrypt, blob)[0] == "KMSInvalidStateException"
    imported.forget()
    assert refused(imported, key, b"n" * 32)[:2] == ("IncorrectKeyMaterialException", 400)
    assert refused(imported, key, b"m" * 16)[0] == "IncorrectKeyMaterialException"
    imported(key, b"m" * 32)
    assert key.decrypt(blob) == b"secret"
    kms.delete_imported_key_material(KeyId=key.id)
    assert key.state == "PendingImport"


def test_tokens_are_for_one_key_and_one_day(cloud, kms, make_key, refused):
    key, other = make_key(Origin="EXTERNAL"), make_key(Origin="EXTERNAL")
    asked = {"WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    given = kms.get_parameters_for_import(KeyId=key.id, **asked)
    sent = {
        "ImportToken": given["ImportToken"],
        "EncryptedKeyMaterial": b"x" * 300,
        "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
    }
    assert refused(kms.import_key_material, KeyId=key.id, **sent)[0] == "InvalidCiphertextException"
    assert refused(kms.import_key_material, KeyId=other.id, **sent)[0] == "InvalidImportTokenException"
    cloud.turn(days=1)
    assert refused(kms.import_key_material, KeyId=key.id, **sent)[0] == "ExpiredImportTokenException"
    del sent["ExpirationModel"]
    assert refused(kms.import_key_material, KeyId=key.id, **sent)[0] == "ValidationException"
    own = make_key()
    assert refused(kms.get_parameters_for_import, KeyId=own.id, **asked) == (
        "UnsupportedOperationException",
        400,
        f"{own.arn} origin is AWS_KMS which is not valid for this operation.",
    )


def test_a_private_key_is_imported_wrapped_twice(kms, make_key):
    key = make_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Origin="EXTERNAL")
    given = kms.get_parameters_for_import(
        KeyId=key.id, WrappingAlgorithm="RSA_AES_KEY_WRAP_SHA_256", WrappingKeySpec="RSA_2048"
    )
    private = ec.generate_private_key(ec.SECP256R1())
    plain = private.private_bytes(der.Encoding.DER, der.PrivateFormat.PKCS8, der.NoEncryption())
    inner = os.urandom(32)
    outer = der.load_der_public_key(given["PublicKey"]).encrypt(
        inner, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    )
    kms.import_key_material(
        KeyId=key.id,
        ImportToken=given["ImportToken"],
        EncryptedKeyMaterial=outer + aes_key_wrap_with_padding(inner, plain),
        ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
    )
    signature = kms.sign(KeyId=key.id, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    private.public_key().verify(signature, b"x", ec.ECDSA(hashes.SHA256()))
