"""What each key spec is good for; API reference of CreateKey, and "Key spec reference" of the developer guide."""

from __future__ import annotations

from typing import NamedTuple

_RSA_SIGNING = tuple(
    f"{scheme}_SHA_{bits}" for scheme in ("RSASSA_PKCS1_V1_5", "RSASSA_PSS") for bits in (256, 384, 512)
)
_RSA_ENCRYPTION = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")


class Spec(NamedTuple):
    """The algorithms of a key spec, by what they are for; the empty ones are usages it does not have."""

    encryption: tuple[str, ...] = ()
    signing: tuple[str, ...] = ()
    mac: tuple[str, ...] = ()
    agreement: tuple[str, ...] = ()

    def algorithms(self, usage: str) -> tuple[str, ...]:
        """Return the algorithms for one usage; none when the spec does not have it."""
        return {
            "ENCRYPT_DECRYPT": self.encryption,
            "SIGN_VERIFY": self.signing,
            "GENERATE_VERIFY_MAC": self.mac,
            "KEY_AGREEMENT": self.agreement,
        }[usage]


SPECS: dict[str, Spec] = {
    "SYMMETRIC_DEFAULT": Spec(encryption=("SYMMETRIC_DEFAULT",)),
    **{f"RSA_{bits}": Spec(encryption=_RSA_ENCRYPTION, signing=_RSA_SIGNING) for bits in (2048, 3072, 4096)},
    "ECC_NIST_P256": Spec(signing=("ECDSA_SHA_256",), agreement=("ECDH",)),
    "ECC_NIST_P384": Spec(signing=("ECDSA_SHA_384",), agreement=("ECDH",)),
    "ECC_NIST_P521": Spec(signing=("ECDSA_SHA_512",), agreement=("ECDH",)),
    "ECC_SECG_P256K1": Spec(signing=("ECDSA_SHA_256",)),
    "ECC_NIST_EDWARDS25519": Spec(signing=("ED25519_SHA_512", "ED25519_PH_SHA_512")),
    **{f"HMAC_{bits}": Spec(mac=(f"HMAC_SHA_{bits}",)) for bits in (224, 256, 384, 512)},
    **{f"ML_DSA_{level}": Spec(signing=("ML_DSA_SHAKE_256",)) for level in (44, 65, 87)},
}
"""SM2 is not among them: it is for China Regions only."""

ALGORITHMS_IN = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
}
"""The member of KeyMetadata that tells a key's algorithms."""

MAC_BYTES = {"HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64}
"""Bytes of the material: as many as the hash has; developer guide, "HMAC keys in AWS KMS"."""
SYMMETRIC_BYTES = 32


def is_pair(spec: str) -> bool:
    """Return whether keys of a spec are pairs of a private and a public key."""
    return spec != "SYMMETRIC_DEFAULT" and not spec.startswith("HMAC_")


def largest_plaintext(spec: str, algorithm: str) -> int:
    """Return how many bytes an algorithm encrypts at most; API reference of Encrypt."""
    if spec == "SYMMETRIC_DEFAULT":
        return 4096
    digest = 20 if algorithm == "RSAES_OAEP_SHA_1" else 32
    return int(spec.partition("_")[2]) // 8 - 2 * digest - 2
