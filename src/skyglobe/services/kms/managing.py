"""Making keys, whoever manages them, and the keys of services, which come into being when they are first used."""

from __future__ import annotations

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.kms.materials import new_plain, sealed_material
from skyglobe.services.kms.records import Alias, Key, aliases, key_count, keys, materials
from skyglobe.services.kms.rules.policies import managed_policy

DAY = 86_400_000  # milliseconds
YEAR_DAYS = 365  # "approximately"; API reference of EnableKeyRotation
MANAGED_PREFIX = "alias/aws/"
SERVICES = frozenset(
    (
        *("acm", "backup", "codecommit", "connect", "dms", "dynamodb", "ebs", "elasticfilesystem", "es", "fsx", "glue"),
        *("kafka", "kinesis", "kinesisvideo", "lambda", "lightsail", "rds", "redshift", "s3", "secretsmanager", "ses"),
        *("sns", "sqs", "ssm", "workspaces", "xray"),
    )
)
"""Whose keys AWS manages; "AWS managed keys" in the pages of these services."""
_DESCRIPTIONS = {
    "acm": "Default key that protects my ACM private keys when no other key is defined",
    "dynamodb": "Default key that protects my DynamoDB data when no other key is defined",
    "ebs": "Default key that protects my EBS volumes when no other key is defined",
    "s3": "Default key that protects my S3 objects when no other key is defined",
}


def service_of_alias(alias: str) -> str:
    """Return the service whose managed key an alias names; empty for other aliases."""
    service = alias.removeprefix(MANAGED_PREFIX)
    return service if service != alias and service in SERVICES else ""


def ensure_managed_key(scope: Scope, service: str) -> Key:
    """Return the key AWS manages for a service in this account and region, making it if need be."""
    alias = aliases.find(scope, MANAGED_PREFIX + service)
    if alias is not None:
        known = keys.find(scope, alias.key_id)
        assert known is not None, "nobody deletes keys that AWS manages"
        return known
    made = plan_key(
        scope,
        scope.kernel.ids.uuid(),
        policy=managed_policy(scope.partition, scope.account, scope.region, service),
        spec="SYMMETRIC_DEFAULT",
        usage="ENCRYPT_DECRYPT",
        manager="AWS",
        description=_DESCRIPTIONS.get(service, f"Default key that protects my {service} data when no other is defined"),
        rotation_days=YEAR_DAYS,
        rotates_at=scope.now + YEAR_DAYS * DAY,
        aliases=(MANAGED_PREFIX + service,),
    )
    made = keep_key(scope, made, new_plain(scope, made.spec))
    assert made.rotates_at is not None
    set_timer(scope, "kms", "rotate", made.id, made.rotates_at)
    keep_alias(scope, MANAGED_PREFIX + service, made)
    return made


def plan_key(scope: Scope, key_id: str, **attributes: object) -> Key:
    """Return a key as it would be in this account and region."""
    arn = make_arn(scope, "kms", f"key/{key_id}")
    return Key(arn=arn, id=key_id, owner=scope.account, created_at=scope.now, **attributes)  # type: ignore[arg-type]


def keep_key(scope: Scope, key: Key, plain: bytes | None) -> Key:
    """Write a new key and its first material, if it has any yet; return it as it is then."""
    from msgspec.structs import replace

    if plain is not None:
        material = sealed_material(scope, key.id, plain)
        materials.insert(scope, material)
        key = replace(key, material=material.id)
    keys.insert(scope, key)
    if key.manager == "CUSTOMER":
        key_count.add(scope, "keys", 1)
    return key


def keep_alias(scope: Scope, name: str, key: Key) -> None:
    """Write a new alias; the key itself must list it already."""
    made = Alias(
        arn=make_arn(scope, "kms", name),
        id=name,
        owner=scope.account,
        created_at=scope.now,
        key_id=key.id,
        updated_at=scope.now,
    )
    aliases.insert(scope, made)
