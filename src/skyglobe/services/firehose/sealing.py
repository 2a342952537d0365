"""Delivery streams with a customer's KMS key: Firehose uses it by a grant, which whoever gives the key makes.

Developer guide, "Data protection in Amazon Data Firehose". The objects it delivers are S3's matter.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.data_keys import KeyUser
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import service_principal
from skyglobe.services.firehose.records import DeliveryStream

REUSE_FOR = 300_000  # milliseconds; AWS does not tell
_ITSELF = "firehose.amazonaws.com"


def _told(error: ServiceError) -> ServiceError:
    return ServiceError(
        f"Firehose could not use the KMS key: {error.message}",
        code="InvalidKMSResourceException",
        status=400,
        fields={"code": error.code},
    )


_kms = KeyUser("firehose", _told)


def grant_itself(call: Call, stream: DeliveryStream) -> None:
    """Have the caller let Firehose use a stream's key. Raises InvalidKMSResourceException."""
    if stream.key_arn:
        grant = {
            "KeyId": stream.key_arn,
            "GranteePrincipal": _ITSELF,
            "Operations": ["GenerateDataKey", "Decrypt"],
            "Name": f"deliverystream/{stream.number}",
        }
        _kms.ask(call, "CreateGrant", grant)


def check_key(call: Call, stream: DeliveryStream) -> None:
    """Raise InvalidKMSResourceException when a stream takes records under a key that Firehose cannot use any more."""
    if stream.encryption == "ENABLED" and stream.key_arn:
        itself = call.as_principal(service_principal(_ITSELF, stream.owner))
        _kms.issue(itself, stream.key_arn, {"aws:firehose:arn": stream.arn}, REUSE_FOR)


def encryption_of(part: dict[str, Any]) -> dict[str, str]:
    """Return what S3 is told of how to encrypt the objects of a destination."""
    wanted = (part.get("EncryptionConfiguration") or {}).get("KMSEncryptionConfig")
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": wanted["AWSKMSKeyARN"]} if wanted else {}
