"""Global tables (version 2019.11.21): a table of the same name in several regions, each taking writes.

Every write is put in the outbox for each other region, in the transaction that makes it, and applied there in order.
The later write wins: an item's stamp says when and where it was written last, and an older write leaves it alone.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.creating import add_table, delay_of, with_stream
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.grouping import get_global_table, part
from skyglobe.services.dynamodb.items import decode, read_item, write_item
from skyglobe.services.dynamodb.records import DynamoTable, Stamp, stamps, tables
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.removing import remove_table
from skyglobe.services.dynamodb.strong import check_farewell, plan_strong, strengthened, weakened
from skyglobe.services.dynamodb.trimming import DAY

SEED_BATCH = 300  # items handed to a new replica in one turn
VIEW = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
"""The stream a replica needs; it is enabled by itself. Developer guide, "Global tables: how it works"."""

Given = dict[str, Any]


@dynamodb.consumer("replicate")
def replicate(scope: Scope, payload: Given) -> None:
    """Apply a write of another region, unless what is here was written later."""
    there = scope.within(region=payload["to"])
    table = tables.find(there, payload["table"])
    if table is not None:
        apply(Found(there, table), payload["key"], payload["item"], payload["size"], payload["order"], payload["from"])


def apply(found: Found, tail: bytes, item: Any, size: int, order: int, region: str) -> None:
    """Put an item as another region wrote it, if that was later than what is known of it here."""
    scope, table = found
    known = stamps.find(scope, table.number, tail)
    if known is not None and (known.order, known.region) >= (order, region):
        return
    key = table.layout.primary.prefix + tail
    old = read_item(scope, key)
    stamps.insert(scope, Stamp(table=table.number, key=tail, order=order, region=region))
    if old is not None or item is not None:
        write_item(found, key, old, item, size, is_expiry=False, is_replicated=True)


def update_regions(found: Found, table: DynamoTable, request: Given) -> DynamoTable:
    """Return a table with replicas and a witness added and removed as UpdateTable asks.

    Raises ValidationException and ResourceNotFoundException.
    """
    updates, witnesses = request.get("ReplicaUpdates") or [], request.get("GlobalTableWitnessUpdates") or []
    mode = request.get("MultiRegionConsistency")
    if table.is_legacy:
        raise invalid("Replicas of a global table of the version 2017.11.29 are changed with UpdateGlobalTable")
    if mode is not None and not any("Create" in update for update in updates):
        raise invalid("MultiRegionConsistency can only be specified together with the creation of replicas")
    if mode == "STRONG":
        replicas, witness = plan_strong(found, updates, witnesses)
        _check_own_settings(updates)
        table = strengthened(table, witness)
        for region in replicas:
            table = _create(found, table, region)
        return table
    if table.is_strong:
        check_farewell(table, updates, witnesses)
        for update in updates:
            table = _delete(found, table, update["Delete"]["RegionName"])
        return weakened(table)
    if witnesses:
        raise invalid("A witness is only supported with multi-Region strong consistency")
    return update_replicas(found, table, updates)


def _check_own_settings(updates: list[Given]) -> None:
    if any(set(given) != {"RegionName"} for update in updates for given in update.values()):
        text = "Skyglobe does not implement replicas with settings of their own yet."
        raise dynamodb.error("NotImplemented", text, status=501)


def update_replicas(found: Found, table: DynamoTable, updates: list[Given]) -> DynamoTable:
    """Return a table with replicas added and removed. Raises ValidationException and ResourceNotFoundException."""
    if len(updates) > 1:
        raise invalid("Only one replica can be created, updated or deleted in one UpdateTable request")
    for update in updates:
        if len(update) != 1 or "Update" in update:
            text = "Skyglobe does not implement changes of single replicas yet."
            raise dynamodb.error("NotImplemented", text, status=501)
        _check_own_settings([update])
        ((kind, given),) = update.items()
        region = given["RegionName"]
        table = _create(found, table, region) if kind == "Create" else _delete(found, table, region)
    return table


def _create(found: Found, table: DynamoTable, region: str) -> DynamoTable:
    scope = found.scope
    if region == scope.region or region in table.replicas:
        raise invalid(f"Failed to create a the new replica of table with name: '{table.id}' because one already exists")
    there = scope.within(region=region)
    if tables.find(there, table.id) is not None:
        raise invalid(f"Failed to create a the new replica of table with name: '{table.id}' because one already exists")
    if not table.is_streaming and not table.is_strong:
        table = with_stream(scope, table, VIEW)
    regions = tuple(sorted({*table.replicas, scope.region, region}))
    made = replace(
        table,
        arn=table.arn.replace(f":{scope.region}:", f":{region}:", 1),
        created_at=scope.now,
        number=scope.kernel.next_order(),
        uid=scope.kernel.ids.uuid(),
        status="CREATING",
        ready_at=scope.now + DAY,  # until it has everything, which sets it
        indexes=tuple(replace(index, status="ACTIVE", is_backfilling=False, insights=None) for index in table.indexes),
        stream=None,
        recovery=None,
        policy="",
        policy_revision="",
        tags={},
        copies=0,
        destinations=(),
        insights=None,
        kms_key="",
        table_key=b"",
        replicas=tuple(other for other in regions if other != region),
    )
    add_table(there, made, None if table.is_strong else VIEW)
    for other in table.replicas:
        _change(scope, other, table.id, lambda replica: replace(replica, replicas=(*replica.replicas, region)))
    payload = {"table": table.id, "region": region, "past": b""}
    set_timer(scope, "dynamodb", "seed", f"{table.number} {region}", scope.now + delay_of(scope), payload)
    return replace(table, replicas=(*table.replicas, region))


def _change(scope: Scope, region: str, name: str, change: Any) -> None:
    there = scope.within(region=region)
    replica = tables.find(there, name)
    if replica is not None:
        tables.replace(there, replica, change(replica))


def _delete(found: Found, table: DynamoTable, region: str) -> DynamoTable:
    scope = found.scope
    if region not in table.replicas:
        raise dynamodb.errors.ResourceNotFoundException(
            f"Requested resource not found: Replica of table {table.id} in {region} not found"
        )
    there = scope.within(region=region)
    replica = tables.find(there, table.id)
    if replica is not None:
        if replica.is_protected:
            raise _protected()
        remove_table(there, replica)
    leave(scope, table, region)
    return replace(table, replicas=tuple(other for other in table.replicas if other != region))


def _protected() -> ServiceError:
    return invalid(
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )


def leave(scope: Scope, table: DynamoTable, region: str) -> None:
    """Have the other replicas forget the one in ``region``."""
    if table.is_legacy:
        part(scope, get_global_table(scope, table.id), region)
        return
    for other in table.replicas:
        if other != region:
            _change(
                scope,
                other,
                table.id,
                lambda replica: replace(replica, replicas=tuple(one for one in replica.replicas if one != region)),
            )


@dynamodb.timer("seed")
def seed(scope: Scope, key: str, payload: Given) -> None:
    """Hand some items that were there before to a new replica, and come back for the rest."""
    table = tables.find(scope, payload["table"])
    there = scope.within(region=payload["region"])
    replica = tables.find(there, payload["table"])
    if table is None or replica is None:
        return
    primary = table.layout.primary
    start = payload["past"] + b"\0" if payload["past"] else primary.prefix
    # A strong table was empty when its replicas were made, and every write since went to them at once.
    found = [] if table.is_strong else list(scope.writes.scan(start, primary.stop, limit=SEED_BATCH))
    for item_key, value in found:
        size, item = decode(value)
        tail = item_key[len(primary.prefix) :]
        known = stamps.find(scope, table.number, tail)
        order, region = (known.order, known.region) if known is not None else (0, "")
        apply(Found(there, replica), tail, item, size, order, region)
    if len(found) == SEED_BATCH:
        set_timer(scope, "dynamodb", "seed", key, scope.now, {**payload, "past": found[-1][0]})
        return
    tables.replace(there, replica, replace(replica, ready_at=scope.now))


def send(found: Found, key: bytes, item: Any, size: int) -> None:
    """Stamp a write, and put it in the outbox for each other region."""
    scope, table = found
    tail = key[len(table.layout.primary.prefix) :]
    order = scope.kernel.next_order()
    stamps.insert(scope, Stamp(table=table.number, key=tail, order=order, region=scope.region))
    for region in table.replicas:
        payload = {
            "to": region,
            "from": scope.region,
            "table": table.id,
            "key": tail,
            "item": item,
            "size": size,
            "order": order,
        }
        post(scope, "dynamodb", "replicate", payload, lane=f"{table.number} {region}")
