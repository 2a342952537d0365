"""Global tables with multi-region strong consistency (MRSC): three regions that are the same at every moment.

A write goes to all replicas in the transaction that makes it. Developer guide, "How DynamoDB global tables work",
"Multi-Region strong consistency (MRSC)": exactly three replicas, or two and a witness, of one set of regions; the table
is empty when it becomes one; no transactions, no time to live, no local indexes; all replicas are given up at once.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.items import read_item, tally_of, write_item
from skyglobe.services.dynamodb.records import DynamoTable, tables
from skyglobe.services.dynamodb.refusals import invalid

REGION_SETS = (
    frozenset(("us-east-1", "us-east-2", "us-west-2")),
    frozenset(("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1")),
    frozenset(("ap-northeast-1", "ap-northeast-2", "ap-northeast-3")),
)
"""API reference, "CreateGlobalTableWitnessGroupMemberAction"."""
REGIONS = 3
NOT_IN_TRANSACTIONS = "Transactions are not supported on global tables with multi-Region strong consistency"

Given = dict[str, Any]


def plan_strong(found: Found, updates: list[Given], witnesses: list[Given]) -> tuple[list[str], str]:
    """Return the regions of the new replicas and of the witness. Raises ValidationException."""
    table, here = found.table, found.scope.region
    if table.replicas:
        raise invalid("The consistency mode of a global table cannot be changed after it was created")
    replicas = [update["Create"]["RegionName"] for update in updates if "Create" in update]
    chosen = [update["Create"]["RegionName"] for update in witnesses if "Create" in update]
    regions = {here, *replicas, *chosen}
    given = 1 + len(updates) + len(witnesses)
    if len(regions) != REGIONS or given != REGIONS:
        raise invalid(
            "A global table with multi-Region strong consistency must have exactly three replicas, or two replicas and "
            "a witness, each in a Region of its own"
        )
    if not any(regions <= one for one in REGION_SETS):
        raise invalid(
            "The Regions of a global table with multi-Region strong consistency must be of the same Region set: "
            + ", ".join(sorted(regions))
        )
    if tally_of(found.scope, table).items:
        raise invalid("A table must be empty to be made a global table with multi-Region strong consistency")
    if table.ttl is not None and table.ttl.is_enabled:
        raise no_expiry()
    if table.layout.has_local:
        raise invalid("Local secondary indexes are not supported with multi-Region strong consistency")
    return replicas, chosen[0] if chosen else ""


def check_farewell(table: DynamoTable, updates: list[Given], witnesses: list[Given]) -> None:
    """Refuse changes of a strong table's regions that do not give up all others at once."""
    gone = {update["Delete"]["RegionName"] for update in updates if "Delete" in update}
    unwatched = {update["Delete"]["RegionName"] for update in witnesses if "Delete" in update}
    others = {table.witness} if table.witness else set()
    is_all = len(gone) == len(updates) and gone == set(table.replicas)
    if not (is_all and unwatched == others and len(unwatched) == len(witnesses)):
        raise invalid(
            "A global table with multi-Region strong consistency has three Regions: all other replicas and the witness "
            "must be deleted in one request"
        )


def no_expiry() -> ServiceError:
    """Return what time to live on a strong table is answered with."""
    return invalid("Time to Live is not supported with multi-Region strong consistency")


def conflicts(found: Found) -> bool:
    """Whether a write is to meet another region's: ``shake dynamodb conflicts SHARE`` makes a share of them do so.

    By itself none does, since one write is over before the next begins.
    """
    kernel = found.scope.kernel
    share = kernel.faults.get("dynamodb", "conflicts")
    return bool(share) and kernel.ids.random.random() < share


def spread(found: Found, key: bytes, item: Any, size: int) -> None:
    """Write an item in all other regions. Raises ReplicatedWriteConflictException."""
    scope, table = found
    if conflicts(found):
        raise dynamodb.errors.ReplicatedWriteConflictException(
            "The request was rejected because one or more items in the request are being modified by a request in "
            "another Region."
        )
    tail = key[len(table.layout.primary.prefix) :]
    for region in table.replicas:
        there = scope.within(region=region)
        replica = tables.find(there, table.id)
        if replica is not None:
            place = replica.layout.primary.prefix + tail
            write_item(Found(there, replica), place, read_item(there, place), item, size, is_replicated=True)


def strengthened(table: DynamoTable, witness: str) -> DynamoTable:
    """Return a table as a strong global table has it."""
    return replace(table, is_strong=True, witness=witness)


def weakened(table: DynamoTable) -> DynamoTable:
    """Return a table that is a strong global table no more."""
    return replace(table, is_strong=False, witness="")
