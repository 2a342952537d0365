"""Key schemas, attribute definitions and index definitions: what CreateTable and UpdateTable take, in AWS's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyglobe.services.dynamodb.records import KeyElement, OnDemand, SecondaryIndex, Throughput
from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.rules.names import check_index_name

MAX_LOCAL = 5  # DynamoDB quotas, "Secondary indexes per table"
MAX_GLOBAL = 20  # same page
MAX_KEYS_OF_A_ROLE = 4  # developer guide, "Multi-attribute keys" of global secondary indexes
MAX_PROJECTED = 100  # attributes over all indexes; DynamoDB quotas, "Projected secondary index attributes per table"
MAX_INCLUDED = 20  # of one index; API reference of Projection

Given = dict[str, Any]


def plan_attributes(definitions: list[Given]) -> dict[str, str]:
    """Return the types of attributes. Raises ValidationException for a name defined twice."""
    types: dict[str, str] = {}
    for definition in definitions:
        if definition["AttributeName"] in types:
            raise invalid_values(f"Duplicate AttributeName in AttributeDefinitions: {definition['AttributeName']}")
        types[definition["AttributeName"]] = definition["AttributeType"]
    return types


def plan_keys(schema: list[Given], *, of_index: bool = False) -> tuple[KeyElement, ...]:
    """Return a key schema. ``of_index``: of a global index, which may have up to four attributes in each role."""
    keys = tuple(KeyElement(element["AttributeName"], element["KeyType"]) for element in schema)
    hashes = [key for key in keys if key.role == "HASH"]
    if not keys or keys[0].role != "HASH":
        raise invalid_values("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if not of_index and len(keys) > 2:
        raise invalid(
            f"1 validation error detected: Value '{_shown(keys)}' at 'keySchema' failed to satisfy constraint: "
            "Member must have length less than or equal to 2"
        )
    if not of_index and len(keys) == 2 and keys[1].role != "RANGE":
        raise invalid_values("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    if len({key.name for key in keys}) < len(keys):
        raise invalid_values("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    if max(len(hashes), len(keys) - len(hashes)) > MAX_KEYS_OF_A_ROLE or keys != (*hashes, *keys[len(hashes) :]):
        raise invalid_values("Invalid KeySchema: at most four HASH keys may be followed by at most four RANGE keys")
    return keys


def _shown(keys: tuple[KeyElement, ...]) -> str:
    return "[" + ", ".join(f"KeySchemaElement(attributeName={k.name}, keyType={k.role})" for k in keys) + "]"


def check_attributes_used(types: dict[str, str], schemas: Iterable[tuple[KeyElement, ...]]) -> None:
    """Raise ValidationException when keys are not defined, or definitions not used."""
    used = {key.name for keys in schemas for key in keys}
    missing = used - types.keys()
    if missing:
        raise invalid_values(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(sorted(missing))}], AttributeDefinitions: [{', '.join(types)}]"
        )
    if len(types) > len(used):
        raise invalid_values(
            "Some AttributeDefinitions are not used. "
            f"AttributeDefinitions: [{', '.join(types)}], keys used: [{', '.join(sorted(used))}]"
        )


def check_table_keys_defined(types: dict[str, str], keys: tuple[KeyElement, ...]) -> None:
    """Raise ValidationException when the table's own keys are not defined."""
    if any(key.name not in types for key in keys):
        shown = ", ".join(key.name for key in keys)
        raise invalid(
            "One or more parameter values were invalid: Some index key attributes are not defined in "
            f"AttributeDefinitions. Keys: [{shown}], AttributeDefinitions: [{', '.join(types)}]"
        )


def plan_local(given: list[Given], table_keys: tuple[KeyElement, ...], first_number: int) -> list[SecondaryIndex]:
    """Return a new table's local indexes."""
    if not given:
        raise invalid_values("List of LocalSecondaryIndexes is empty")
    if len(table_keys) < 2:
        raise invalid_values(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    if len(given) > MAX_LOCAL:
        raise invalid_values(f"Number of LocalSecondaryIndexes exceeds per-table limit of {MAX_LOCAL}")
    planned = []
    for number, index in enumerate(given, first_number):
        keys = plan_keys(index["KeySchema"])
        name = index["IndexName"]
        check_index_name(name, f"localSecondaryIndexes.{number - first_number + 1}.member.indexName")
        if len(keys) < 2:
            raise invalid_values(f"Index KeySchema does not have a range key for index: {name}")
        if keys[0].name != table_keys[0].name:
            raise invalid_values(
                f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
                f"index hash key: {keys[0].name}, table hash key: {table_keys[0].name}"
            )
        projection, extra = plan_projection(index.get("Projection"))
        planned.append(
            SecondaryIndex(name=name, number=number, keys=keys, projection=projection, extra=extra, is_local=True)
        )
    return planned


def plan_global(
    given: Given, number: int, *, is_provisioned: bool, status: str = "ACTIVE", path: str = "globalSecondaryIndexes"
) -> SecondaryIndex:
    """Return a global index."""
    name = given["IndexName"]
    check_index_name(name, f"{path}.indexName")
    keys = plan_keys(given["KeySchema"], of_index=True)
    projection, extra = plan_projection(given.get("Projection"))
    throughput = given.get("ProvisionedThroughput")
    if is_provisioned and throughput is None:
        raise invalid_values(f"ProvisionedThroughput is not specified for index: {name}")
    if not is_provisioned and throughput is not None:
        raise invalid_values(
            f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        )
    return SecondaryIndex(
        name=name,
        number=number,
        keys=keys,
        projection=projection,
        extra=extra,
        status=status,
        throughput=plan_throughput(throughput),
        on_demand=plan_on_demand(given.get("OnDemandThroughput")),
        warm=plan_warm(given.get("WarmThroughput")),
    )


def plan_projection(given: Given | None) -> tuple[str, tuple[str, ...]]:
    """Return a projection's type and its non-key attributes."""
    if not given or not given.get("ProjectionType"):
        raise invalid_values("Unknown ProjectionType: null")
    kind, extra = given["ProjectionType"], given.get("NonKeyAttributes")
    if kind != "INCLUDE" and extra is not None:
        raise invalid_values(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    if kind == "INCLUDE" and not extra:
        raise invalid_values("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if extra and len(set(extra)) < len(extra):
        raise invalid_values("NonKeyAttributes contains duplicates")
    return kind, tuple(extra or ())


def check_indexes(indexes: Iterable[SecondaryIndex]) -> None:
    """Raise ValidationException for two indexes of one name, or for more than DynamoDB takes."""
    indexes = list(indexes)
    seen: set[str] = set()
    for index in indexes:
        if index.name in seen:
            raise invalid_values(f"Duplicate index name: {index.name}")
        seen.add(index.name)
    if sum(not index.is_local for index in indexes) > MAX_GLOBAL:
        raise invalid_values(f"GlobalSecondaryIndex count exceeds the per-table limit of {MAX_GLOBAL}")
    if sum(len(index.extra) for index in indexes) > MAX_PROJECTED:
        raise invalid_values(f"Number of projected attributes exceeds the limit of {MAX_PROJECTED} over all indexes")


def plan_throughput(given: Given | None) -> Throughput:
    """Return provisioned throughput; none when on demand."""
    if given is None:
        return Throughput()
    return Throughput(given["ReadCapacityUnits"], given["WriteCapacityUnits"])


def plan_on_demand(given: Given | None) -> OnDemand | None:
    if not given:
        return None
    return OnDemand(given.get("MaxReadRequestUnits", -1), given.get("MaxWriteRequestUnits", -1))


def plan_warm(given: Given | None) -> tuple[int, int] | None:
    if not given:
        return None
    return given.get("ReadUnitsPerSecond", 12_000), given.get("WriteUnitsPerSecond", 4_000)
