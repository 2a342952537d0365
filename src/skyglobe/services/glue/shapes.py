"""Records as the API shows them."""

from __future__ import annotations

from typing import Any

from skyglobe.services.glue.records import CatalogTable, Database, Partition, TableVersion

OPEN_TO_IAM = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
"""What AWS puts where nothing is said: IAM alone decides, not Lake Formation."""


def database_shape(database: Database) -> dict[str, Any]:
    """Return a ``Database``."""
    return {
        "CreateTableDefaultPermissions": OPEN_TO_IAM,
        **database.given,
        "Name": database.id,
        "CreateTime": database.created_at / 1000,
        "CatalogId": database.owner,
    }


def table_shape(table: CatalogTable, version: TableVersion | None = None) -> dict[str, Any]:
    """Return a ``Table`` as it is, or as it was in a version."""
    given, number, updated_at = table.given, table.version, table.updated_at
    if version is not None:
        given, number, updated_at = version.given, version.version, version.updated_at
    return {
        "Retention": 0,
        "PartitionKeys": [],
        **given,
        "Name": table.id,
        "DatabaseName": table.database_name,
        "CreateTime": table.created_at / 1000,
        "UpdateTime": updated_at / 1000,
        "CreatedBy": table.created_by,
        "IsRegisteredWithLakeFormation": False,
        "CatalogId": table.owner,
        "VersionId": str(number),
    }


def partition_shape(table: CatalogTable, partition: Partition, *, excludes_columns: bool = False) -> dict[str, Any]:
    """Return a ``Partition``, without its columns where they are not wanted."""
    given = partition.given
    if excludes_columns and "StorageDescriptor" in given:
        storage = {name: value for name, value in given["StorageDescriptor"].items() if name != "Columns"}
        given = {**given, "StorageDescriptor": storage}
    return {
        **given,
        "Values": partition.values,
        "DatabaseName": table.database_name,
        "TableName": table.id,
        "CreationTime": partition.created_at / 1000,
        "CatalogId": table.owner,
    }
