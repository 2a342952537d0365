"""Tables with a KMS key: a table key that KMS must open for whoever reads or writes.

Developer guide, "DynamoDB encryption at rest": the table key is decrypted once in five minutes for each caller, and a
grant lets DynamoDB itself watch the key.
"""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.data_keys import KeyUser, full_key_name
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.records import DynamoTable
from skyglobe.services.dynamodb.refusals import invalid

OPENED_FOR = 300_000  # milliseconds; same page, "Table key caching"
_ITSELF = "dynamodb.amazonaws.com"
_GRANTED = [
    *("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"),
    *("GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "DescribeKey", "RetireGrant"),
]


def _told(error: ServiceError) -> ServiceError:
    if error.code == "ThrottlingException":
        return dynamodb.error("ThrottlingException", error.message)
    return dynamodb.error("AccessDeniedException", f"KMS key access denied: {error.message}")


_kms = KeyUser("dynamodb", _told)


def with_table_key(call: Call, table: DynamoTable) -> DynamoTable:
    """Return a table with a table key under the KMS key it is to have, or without one when it has none.

    Raises ValidationException for keys that are no symmetric encryption keys, AccessDeniedException for those that
    are not there or that the caller may not use.
    """
    if not table.kms_key:
        return replace(table, table_key=b"")
    region = table.arn.split(":")[3]
    named = full_key_name(call.within(table.owner, region), table.kms_key)
    key = _kms.ask(call, "DescribeKey", {"KeyId": named}, region)["KeyMetadata"]
    if key["KeySpec"] != "SYMMETRIC_DEFAULT":
        raise invalid(f"KMS key {key['Arn']} is not a symmetric encryption key.")
    given = {"KeyId": key["Arn"], "KeySpec": "AES_256", "EncryptionContext": _context(table)}
    table_key = _kms.ask(call, "GenerateDataKeyWithoutPlaintext", given, region)["CiphertextBlob"]
    if key["KeyManager"] == "CUSTOMER":
        asked = {"KeyId": key["Arn"], "GranteePrincipal": _ITSELF, "Operations": _GRANTED, "Name": f"table/{table.uid}"}
        _kms.ask(call, "CreateGrant", asked, region)
    return replace(table, kms_key=key["Arn"], table_key=table_key)


def check_table_key(call: Call, table: DynamoTable) -> None:
    """Raise AccessDeniedException unless KMS opens the table's key for the caller, or did so lately."""
    _kms.open(call, table.table_key, _context(table), OPENED_FOR, table.arn.split(":")[3])


def is_key_usable(scope: Scope, table: DynamoTable) -> bool:
    """Return whether DynamoDB finds a table's KMS key enabled."""
    caller = ServiceCaller(scope.kernel, "dynamodb", table.owner, table.arn.split(":")[3])
    try:
        told = caller.call_within(scope, "kms", "DescribeKey", {"KeyId": table.kms_key})
    except ServiceError:
        return False
    return bool(told["KeyMetadata"]["Enabled"])


def _context(table: DynamoTable) -> dict[str, str]:
    return {"aws:dynamodb:tableName": table.id, "aws:dynamodb:subscriberId": table.owner}
