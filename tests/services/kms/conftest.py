"""What every story about keys needs: a client, keys, and users who may do only so much."""

import json
from itertools import count

import pytest

_names = count(1)


class KeyInHand:
    """A key and the client that made it."""

    def __init__(self, client, **attributes):
        self.client = client
        made = client.create_key(**attributes)["KeyMetadata"]
        self.id, self.arn = made["KeyId"], made["Arn"]

    @property
    def metadata(self):
        return self.client.describe_key(KeyId=self.id)["KeyMetadata"]

    @property
    def state(self):
        return self.metadata["KeyState"]

    def encrypt(self, plain=b"secret", **more):
        return self.client.encrypt(KeyId=self.id, Plaintext=plain, **more)["CiphertextBlob"]

    def decrypt(self, blob, **more):
        return self.client.decrypt(CiphertextBlob=blob, **more)["Plaintext"]

    def rotations(self, **more):
        return self.client.list_key_rotations(KeyId=self.id, **more)["Rotations"]


@pytest.fixture
def kms(aws):
    return aws.client("kms")


@pytest.fixture
def make_key(kms):
    """Create a key: ``make_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")``."""
    return lambda client=None, **attributes: KeyInHand(client or kms, **attributes)


@pytest.fixture
def key(make_key):
    return make_key()


@pytest.fixture
def abroad(cloud):
    """A client in another region."""
    return cloud.client("kms", region_name="eu-west-1")


@pytest.fixture
def user(cloud, aws):
    """Make a user who may do what a policy says: ``user("kms:Decrypt")``. Returns its ARN and its session."""
    iam = aws.client("iam")

    def make(*actions, condition=None):
        name = f"user-{next(_names)}"
        arn = iam.create_user(UserName=name)["User"]["Arn"]
        if actions:
            allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            if condition:
                allow["Condition"] = condition
            document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        credential = iam.create_access_key(UserName=name)["AccessKey"]
        return arn, cloud.session_with(credential)

    return make


@pytest.fixture
def policy_of():
    """Write a key policy: ``policy_of({"AWS": arn}, "kms:*")`` and further statements of that form."""

    def write(*statements):
        listed = [
            {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **(more[0] if more else {})}
            for principal, action, *more in statements
        ]
        return json.dumps({"Version": "2012-10-17", "Statement": listed})

    return write


@pytest.fixture
def imported(kms):
    """Import material into a key, wrapped under a public key that KMS gives: ``imported(key, b"…")``."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization as der
    from cryptography.hazmat.primitives.asymmetric import padding

    wrapping = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)

    parameters = {}  # good for a day, and RSA keys take long to make

    def load(key, plain, client=None, **more):
        made = client or kms
        given = parameters.get((key.id, made))
        if given is None:
            given = parameters[key.id, made] = made.get_parameters_for_import(
                KeyId=key.id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
            )
        wrapped = der.load_der_public_key(given["PublicKey"]).encrypt(plain, wrapping)
        more = more or {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        return made.import_key_material(
            KeyId=key.id, ImportToken=given["ImportToken"], EncryptedKeyMaterial=wrapped, **more
        )

    load.forget = parameters.clear
    return load
