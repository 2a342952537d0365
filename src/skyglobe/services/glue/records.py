"""What Glue keeps: the Data Catalog's databases, tables, versions and partitions, and the policy of the catalog."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table


class Database(Resource, frozen=True, kw_only=True):
    """A database; its id is its name in lower case."""

    number: int
    """Known to no other database, not even a later one of the same name."""
    given: dict[str, Any]
    """``DatabaseInput`` without its name."""


class CatalogTable(Resource, frozen=True, kw_only=True):
    """A table as it is now; its id is its name in lower case."""

    database: int
    database_name: str
    number: int
    """Known to no other table, not even a later one of the same name."""
    version: int
    updated_at: Instant
    created_by: str
    given: dict[str, Any]
    """``TableInput`` without its name."""

    @property
    def partition_keys(self) -> list[dict[str, str]]:
        """Name and type of each column that the table is partitioned by."""
        keys: list[dict[str, str]] = self.given.get("PartitionKeys") or []
        return keys


class TableVersion(Record, frozen=True):
    """What a table was before it was updated."""

    table: int
    version: int
    updated_at: Instant
    given: dict[str, Any]


class Partition(Record, frozen=True):
    """A partition of a table."""

    table: int
    path: str
    """Its values as one text, in the order of the table's keys; see ``rules.names.path_of``."""
    values: list[str]
    created_at: Instant
    given: dict[str, Any]
    """``PartitionInput`` without its values."""


class PartitionIndex(Record, frozen=True):
    """An index over some of a table's partition keys."""

    table: int
    name: str
    keys: list[str]
    status: str = "CREATING"


class IndexEntry(Record, frozen=True):
    """Where one partition stands in an index."""

    table: int
    index: str
    values: str
    """Those of the index's keys, as one text."""
    path: str
    """Of the partition."""


class Connection(Resource, frozen=True, kw_only=True):
    """A connection; its id is its name."""

    updated_at: Instant
    updated_by: str
    given: dict[str, Any]
    """``ConnectionInput`` without its name."""


class CatalogPolicy(Record, frozen=True):
    """The resource policy of an account's catalog in one region."""

    key: str
    document: str
    hash: str
    created_at: Instant
    updated_at: Instant


databases: ResourceTable[Database] = ResourceTable("AWS::Glue::Database", "glue.databases", Database)
tables: ResourceTable[CatalogTable] = ResourceTable(
    "AWS::Glue::Table", "glue.tables", CatalogTable, key=("database", "id")
)
versions: Table[TableVersion] = Table("glue.versions", TableVersion, key=("table", "version"))
partitions: Table[Partition] = Table("glue.partitions", Partition, key=("table", "path"))
indexes: Table[PartitionIndex] = Table("glue.indexes", PartitionIndex, key=("table", "name"))
entries: Table[IndexEntry] = Table("glue.entries", IndexEntry, key=("table", "index", "values", "path"))
connections: ResourceTable[Connection] = ResourceTable("AWS::Glue::Connection", "glue.connections", Connection)
policies: Table[CatalogPolicy] = Table("glue.policies", CatalogPolicy, key=("key",))
counts = Counter("glue.counts")
"""How many there are: ``databases``, ``connections``; by number ``tables:DATABASE``, ``partitions:TABLE`` and
``versions:TABLE``.
"""
