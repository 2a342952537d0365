"""Keys that are pairs, HMACs and shared secrets, held against a library of somebody else's."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as der
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils


def public_of(kms, key):
    return der.load_der_public_key(kms.get_public_key(KeyId=key.id)["PublicKey"])


@pytest.mark.spec("KMS-009")
@pytest.mark.spec("KMS-010")
@pytest.mark.spec("KMS-011")
def test_rsa_keys_encrypt_for_those_outside_and_decrypt_inside(kms, make_key, refused):
    key = make_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    told = kms.get_public_key(KeyId=key.id)
    assert told["EncryptionAlgorithms"] == ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
    outside = public_of(kms, key).encrypt(b"hello", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    algorithm = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    assert key.decrypt(outside, KeyId=key.id, **algorithm) == b"hello"
    assert key.decrypt(key.encrypt(b"x" * 190, **algorithm), KeyId=key.id, **algorithm) == b"x" * 190
    assert refused(key.encrypt, b"x" * 191, **algorithm)[0] == "ValidationException"
    assert refused(key.decrypt, outside, **algorithm)[0] == "ValidationException"
    assert refused(key.decrypt, b"x" * 256, KeyId=key.id, **algorithm)[0] == "InvalidCiphertextException"
    assert refused(key.encrypt)[0] == "InvalidKeyUsageException"
    asked = {"KeyId": key.id, "Message": b"x", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
    assert refused(kms.sign, **asked)[:2] == ("InvalidKeyUsageException", 400)


def test_rsa_keys_sign_what_openssl_verifies(kms, make_key, refused):
    key = make_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    signature = kms.sign(KeyId=key.id, Message=b"text", SigningAlgorithm="RSASSA_PSS_SHA_384")["Signature"]
    salted = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    public_of(kms, key).verify(signature, b"text", salted, hashes.SHA384())
    asked = {"KeyId": key.id, "Signature": signature, "SigningAlgorithm": "RSASSA_PSS_SHA_384"}
    digest = hashlib.sha384(b"text").digest()
    assert kms.verify(Message=digest, MessageType="DIGEST", **asked)["SignatureValid"]
    assert refused(kms.verify, Message=b"other", **asked)[0] == "KMSInvalidSignatureException"
    assert refused(kms.verify, Message=b"short", MessageType="DIGEST", **asked)[0] == "ValidationException"


@pytest.mark.parametrize(
    ("spec", "algorithm", "digest"),
    [
        ("ECC_NIST_P256", "ECDSA_SHA_256", hashes.SHA256()),
        ("ECC_NIST_P384", "ECDSA_SHA_384", hashes.SHA384()),
        ("ECC_NIST_P521", "ECDSA_SHA_512", hashes.SHA512()),
        ("ECC_SECG_P256K1", "ECDSA_SHA_256", hashes.SHA256()),
    ],
)
def test_elliptic_keys_sign_what_openssl_verifies(kms, make_key, spec, algorithm, digest):
    key = make_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    assert key.metadata["SigningAlgorithms"] == [algorithm]
    signed = hashlib.new(digest.name, b"text").digest()
    signature = kms.sign(KeyId=key.id, Message=signed, MessageType="DIGEST", SigningAlgorithm=algorithm)["Signature"]
    public_of(kms, key).verify(signature, b"text", ec.ECDSA(digest))
    public_of(kms, key).verify(signature, signed, ec.ECDSA(utils.Prehashed(digest)))


def test_edwards_keys_sign_messages_and_digests(kms, make_key, refused):
    key = make_key(KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    asked = {"KeyId": key.id, "Message": b"text", "SigningAlgorithm": "ED25519_SHA_512"}
    public_of(kms, key).verify(kms.sign(**asked)["Signature"], b"text")
    assert refused(kms.sign, **asked, MessageType="DIGEST")[0] == "ValidationException"
    digest = {**asked, "Message": hashlib.sha512(b"text").digest(), "SigningAlgorithm": "ED25519_PH_SHA_512"}
    assert refused(kms.sign, **digest)[0] == "ValidationException"
    signature = kms.sign(**digest, MessageType="DIGEST")["Signature"]
    assert kms.verify(**digest, MessageType="DIGEST", Signature=signature)["SignatureValid"]
    wrong = {**digest, "MessageType": "DIGEST", "Signature": signature[::-1]}
    assert refused(kms.verify, **wrong)[0] == "KMSInvalidSignatureException"


@pytest.mark.spec("KMS-036")
def test_lattices_hashes_and_shared_secrets_are_those_of_the_standards(kms, make_key, refused):
    lattice = make_key(KeySpec="ML_DSA_65", KeyUsage="SIGN_VERIFY")
    asked = {"KeyId": lattice.id, "Message": b"text", "SigningAlgorithm": "ML_DSA_SHAKE_256"}
    public_of(kms, lattice).verify(kms.sign(**asked)["Signature"], b"text")
    mu = {**asked, "Message": b"m" * 64, "MessageType": "EXTERNAL_MU"}
    assert kms.verify(Signature=kms.sign(**mu)["Signature"], **mu)["SignatureValid"]
    assert refused(kms.sign, **{**mu, "Message": b"m"})[0] == "ValidationException"

    mac_key = make_key(KeySpec="HMAC_384", KeyUsage="GENERATE_VERIFY_MAC")
    asked = {"KeyId": mac_key.id, "Message": b"text", "MacAlgorithm": "HMAC_SHA_384"}
    mac = kms.generate_mac(**asked)["Mac"]
    assert len(mac) == 48
    assert kms.verify_mac(Mac=mac, **asked)["MacValid"]
    assert refused(kms.verify_mac, Mac=mac[::-1], **asked)[0] == "KMSInvalidMacException"
    assert refused(kms.generate_mac, **{**asked, "MacAlgorithm": "HMAC_SHA_256"})[0] == "InvalidKeyUsageException"

    agreeing = make_key(KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT")
    other = ec.generate_private_key(ec.SECP256R1())
    told = der.Encoding.DER, der.PublicFormat.SubjectPublicKeyInfo
    asked = {"KeyId": agreeing.id, "KeyAgreementAlgorithm": "ECDH"}
    secret = kms.derive_shared_secret(PublicKey=other.public_key().public_bytes(*told), **asked)["SharedSecret"]
    assert secret == other.exchange(ec.ECDH(), public_of(kms, agreeing))
    wrong = ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(*told)
    assert refused(kms.derive_shared_secret, PublicKey=wrong, **asked)[0] == "ValidationException"


def test_an_imported_hmac_key_makes_what_the_library_makes(kms, make_key, imported):
    key = make_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC", Origin="EXTERNAL")
    imported(key, b"k" * 32)
    mac = kms.generate_mac(KeyId=key.id, Message=b"text", MacAlgorithm="HMAC_SHA_256")["Mac"]
    assert mac == hmac.digest(b"k" * 32, b"text", "sha256")


def test_data_key_pairs_come_with_their_private_key_sealed(kms, key, refused):
    made = kms.generate_data_key_pair(KeyId=key.id, KeyPairSpec="ECC_NIST_P256", EncryptionContext={"a": "b"})
    private = der.load_der_private_key(made["PrivateKeyPlaintext"], None)
    assert private.public_key() == der.load_der_public_key(made["PublicKey"])
    assert key.decrypt(made["PrivateKeyCiphertextBlob"], EncryptionContext={"a": "b"}) == made["PrivateKeyPlaintext"]
    sealed = kms.generate_data_key_pair_without_plaintext(KeyId=key.id, KeyPairSpec="ECC_NIST_EDWARDS25519")
    assert "PrivateKeyPlaintext" not in sealed
    opened = der.load_der_private_key(key.decrypt(sealed["PrivateKeyCiphertextBlob"]), None)
    assert opened.public_key() == der.load_der_public_key(sealed["PublicKey"])
    asked = {"KeyId": key.id, "KeyPairSpec": "RSA_2048", "DryRun": True}
    assert refused(kms.generate_data_key_pair, **asked)[0] == "DryRunOperationException"


def test_specs_and_usages_that_do_not_go_together_are_refused(kms, refused):
    for spec, usage in (("ECC_NIST_P256", "ENCRYPT_DECRYPT"), ("ECC_SECG_P256K1", "KEY_AGREEMENT"), ("RSA_2048", None)):
        asked = {"KeySpec": spec, **({"KeyUsage": usage} if usage else {})}
        assert refused(kms.create_key, **asked)[:2] == ("ValidationException", 400)
    assert refused(kms.create_key, KeySpec="SM2", KeyUsage="SIGN_VERIFY")[0] == "UnsupportedOperationException"
    assert refused(kms.create_key, Origin="AWS_CLOUDHSM")[0] == "ValidationException"
    assert refused(kms.create_key, CustomKeyStoreId="cks-1")[0] == "CustomKeyStoreNotFoundException"
    assert refused(kms.connect_custom_key_store, CustomKeyStoreId="cks-1")[:2] == ("NotImplemented", 501)
