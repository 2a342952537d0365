"""What a cluster holds in memory: its caches, the tables' keys, the attribute lists, and the role it acts in."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope
from skyglobe.services.dax.caching import ClusterCache
from skyglobe.services.dax.records import AttributeList, Cluster, attribute_lists, list_counts
from skyglobe.services.dax.refusals import not_built
from skyglobe.services.dax.rules.framing import Malformed
from skyglobe.services.dax.rules.keys import KeyPart, Schema
from skyglobe.services.dax.rules.methods import EMPTY_LIST, FIRST_LIST
from skyglobe.services.dax.rules.nodes import room_of

T = TypeVar("T")

SCHEMA_FOR = 60_000  # milliseconds; clients remember the keys of tables as long
MAX_SCHEMAS = 1_000
ACTS_FOR = 45 * 60_000  # milliseconds; sessions of roles last an hour
MAX_LISTS = 100_000
"""Attribute lists of a cluster: clients keep their numbers, so that they cannot be forgotten."""


class ClusterMemory:
    """The memory of one cluster. Its replicas hold the same as its primary, so there is one for all."""

    def __init__(self, kernel: Kernel, cluster: Cluster, region: str) -> None:
        self.kernel = kernel
        self.version = cluster.memory
        self.cache = ClusterCache(room_of(cluster.node_type))
        self._account = cluster.owner
        self._region = region
        self._number = cluster.number
        self._role = cluster.role
        self._schemas: dict[str, tuple[Schema, Instant]] = {}
        self._names: dict[int, tuple[str, ...]] = {EMPTY_LIST: ()}
        self._numbers: dict[tuple[str, ...], int] = {(): EMPTY_LIST}
        self._acting: tuple[ServiceCaller, Instant] | None = None

    async def caller(self) -> ServiceCaller:
        """Return a caller in a session of the cluster's role. Raises STS's ``ServiceError``.

        In a cloud that is told to offer no IAM there are no roles: there DAX acts for itself.
        """
        now = self.kernel.clock.now()
        if self._acting is None or now >= self._acting[1]:
            own = ServiceCaller(self.kernel, "dax", self._account, self._region)
            services = self.kernel.services
            if services.find("iam") is not None and services.find("sts") is not None:
                own = await own.assuming(self._role, "dax")
            self._acting = own, now + ACTS_FOR
        return self._acting[0]

    def find_schema(self, table: str) -> Schema | None:
        """Return the key attributes a table had when it was asked for last: what is remembered of it is by these."""
        found = self._schemas.get(table)
        return found[0] if found is not None else None

    async def schema(self, table: str) -> Schema:
        """Return the key attributes of a table. Raises DynamoDB's ``ServiceError``."""
        found = self._schemas.get(table)
        if found is not None and self.kernel.clock.now() - found[1] < SCHEMA_FOR:
            return found[0]
        caller = await self.caller()
        described = (await caller.call("dynamodb", "DescribeTable", {"TableName": table}))["Table"]
        types = {one["AttributeName"]: one["AttributeType"] for one in described["AttributeDefinitions"]}
        names = sorted(described["KeySchema"], key=lambda one: one["KeyType"] != "HASH")
        schema = tuple(KeyPart(one["AttributeName"], types[one["AttributeName"]]) for one in names)
        if len(self._schemas) >= MAX_SCHEMAS:
            self._schemas.clear()
        self._schemas[table] = schema, self.kernel.clock.now()
        return schema

    def forget_schema(self, table: str) -> None:
        self._schemas.pop(table, None)

    async def names(self, number: int) -> tuple[str, ...]:
        """Return the names of an attribute list. Raises ``Malformed`` for one that nobody was told."""
        if number not in self._names:
            found = await self._transact(lambda scope: attribute_lists.find(scope, self._number, number))
            if found is None:
                raise Malformed("The attribute list is not known.")
            self._note(found)
        return self._names[number]

    def find_names(self, number: int) -> tuple[str, ...] | None:
        """As ``names``, of those that were used since the cloud started."""
        return self._names.get(number)

    async def number(self, names: tuple[str, ...]) -> int:
        """Return the number of an attribute list, which is given one if it has none."""
        if names not in self._numbers:
            self._note(await self._transact(lambda scope: self._ensure(scope, names)))
        return self._numbers[names]

    async def numbers(self, lists: set[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
        """As ``number``, of several."""
        return {names: await self.number(names) for names in lists}

    def _ensure(self, scope: Scope, names: tuple[str, ...]) -> AttributeList:
        digest = sha256("\0".join(names).encode()).digest()
        found = next(attribute_lists.scan_by(scope, "digest", self._number, digest, limit=1), None)
        if found is None:
            count = list_counts.get(scope, str(self._number))
            if count >= MAX_LISTS:
                raise not_built(f"A cluster can have at most {MAX_LISTS} different lists of attribute names.")
            number = FIRST_LIST + count
            found = AttributeList(cluster=self._number, number=number, digest=digest, names=names)
            attribute_lists.insert(scope, found)
            list_counts.set(scope, str(self._number), count + 1)
        return found

    def _note(self, found: AttributeList) -> None:
        self._names[found.number] = found.names
        self._numbers[found.names] = found.number

    async def _transact(self, work: Callable[[Scope], T]) -> T:
        return await self.kernel.transact(work, self._account, self._region)
