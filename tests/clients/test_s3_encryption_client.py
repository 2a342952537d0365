"""AWS's S3 Encryption Client for Python, which encrypts objects at home under data keys of KMS."""

import io

import pytest
from botocore.exceptions import ClientError

from tests.clients.conftest import python_packages

CLIENT = "amazon-s3-encryption-client-python==4.0.0"
"""Released for an older cryptography than the project's; it works with this one."""
TEXT = b"nobody but us reads this " * 4000


@pytest.fixture
def library(request, monkeypatch):
    monkeypatch.syspath_prepend(python_packages(request, CLIENT))
    return pytest.importorskip("s3_encryption")


@pytest.fixture
def client(cloud, library):
    """Return a function that makes a client under a key of KMS, by further settings."""
    from s3_encryption.materials.kms_keyring import KmsKeyring

    def made(key, **settings):
        keyring = KmsKeyring(cloud.client("kms"), key)
        return library.S3EncryptionClient(
            cloud.client("s3"), library.S3EncryptionClientConfig(keyring=keyring, **settings)
        )

    return made


@pytest.mark.spec("S3ENC-008")
def test_the_cloud_keeps_what_it_cannot_read(cloud, client):
    from s3_encryption.exceptions import S3EncryptionClientError
    from s3_encryption.materials.materials import AlgorithmSuite, CommitmentPolicy

    kms, s3 = cloud.client("kms"), cloud.client("s3")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="vault")
    older = {
        "encryption_algorithm": AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF,
        "commitment_policy": CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT,
    }
    told = {"new": {"x-amz-c", "x-amz-3", "x-amz-d", "x-amz-i"}, "old": {"x-amz-key-v2", "x-amz-iv", "x-amz-cek-alg"}}
    for name, settings in (("new", {}), ("old", older)):
        own = client(key, **settings)
        own.put_object(Bucket="vault", Key=name, Body=TEXT, Metadata={"sort": "secret"})
        own.upload_fileobj(io.BytesIO(TEXT), "vault", f"{name} file")
        for kept in (name, f"{name} file"):
            assert own.get_object(Bucket="vault", Key=kept)["Body"].read() == TEXT
        seen = s3.get_object(Bucket="vault", Key=name)
        assert told[name] | {"sort"} <= seen["Metadata"].keys()
        sealed = seen["Body"].read()
        assert len(sealed) > len(TEXT)
        assert TEXT[:25] not in sealed

    other = kms.create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(S3EncryptionClientError):
        client(other).get_object(Bucket="vault", Key="new")["Body"].read()
    kms.disable_key(KeyId=key)
    assert s3.get_object(Bucket="vault", Key="new")["ContentLength"] > len(TEXT)
    with pytest.raises((ClientError, S3EncryptionClientError)):
        client(key).get_object(Bucket="vault", Key="new")["Body"].read()
