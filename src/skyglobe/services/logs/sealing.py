"""Log groups with a KMS key: CloudWatch Logs itself must be allowed to use it, by the key's policy.

User guide, "Encrypt log data in CloudWatch Logs using AWS Key Management Service".
"""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.data_keys import KeyUser
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import service_principal
from skyglobe.services.logs import logs
from skyglobe.services.logs.records import LogGroup
from skyglobe.services.logs.refusals import invalid

OPENED_FOR = 300_000  # milliseconds; same page: a change of the key takes effect within five minutes


def _told(error: ServiceError) -> ServiceError:
    return logs.errors.AccessDeniedException(f"The KMS key of the log group cannot be used. {error.message}")


_kms = KeyUser("logs", _told)


def with_key(call: Call, group: LogGroup, key_arn: str) -> LogGroup:
    """Return a group with a key. Raises InvalidParameterException when Logs cannot use it for this group."""
    given = {"KeyId": key_arn, "KeySpec": "AES_256", "EncryptionContext": _context(group)}
    try:
        answer = _kms.ask(_as_itself(call, group), "GenerateDataKeyWithoutPlaintext", given)
    except ServiceError as error:
        raise invalid(
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{group.arn}'"
        ) from error
    return replace(group, kms_key=key_arn, data_key=answer["CiphertextBlob"])


def check_key(call: Call, group: LogGroup) -> None:
    """Raise AccessDeniedException when a group has a key that Logs cannot use any more."""
    if group.data_key:
        _kms.open(_as_itself(call, group), group.data_key, _context(group), OPENED_FOR)


def _as_itself(call: Call, group: LogGroup) -> Call:
    return call.as_principal(service_principal(f"logs.{call.region}.amazonaws.com", group.owner))


def _context(group: LogGroup) -> dict[str, str]:
    return {"aws:logs:arn": group.arn}
