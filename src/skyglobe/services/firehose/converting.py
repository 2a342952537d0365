"""Records converted to Parquet or ORC by the schema of a table of the Data Catalog, read in the schema's role."""

from __future__ import annotations

from typing import Any, NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.services.firehose.refusals import invalid
from skyglobe.services.firehose.roles import acting_as, check_role
from skyglobe.services.firehose.rules.conversion.configuring import LATEST, conversion_of
from skyglobe.services.firehose.rules.conversion.reading import Mismatch, Reader, Row, Unparsable, documents_of
from skyglobe.services.firehose.rules.conversion.schemas import BadSchema, Column, columns_of
from skyglobe.services.firehose.rules.conversion.writing import EXTENSIONS, file_of, form_of
from skyglobe.services.firehose.rules.processing import Failed, Record


class Conversion(NamedTuple):
    """How records become a file."""

    columns: list[Column]
    fault: str
    """Why the columns cannot be those of a file; then no record can be converted."""
    deserializer: dict[str, Any]
    serializer: dict[str, Any]
    catalog_table: dict[str, Any]
    """The ``dataCatalogTable`` of error records."""

    @property
    def extension(self) -> str:
        return EXTENSIONS[form_of(self.serializer)]

    def convert(self, records: list[Record]) -> tuple[bytes | None, list[Failed]]:
        """Return the file that records make, None where none of them makes a row, and those that do not fit."""
        if self.fault:
            return None, [Failed(record, "DataFormatConversion.InvalidSchema", self.fault) for record in records]
        reader = Reader(self.columns, self.deserializer)
        rows: list[Row] = []
        failed: list[Failed] = []
        for record in records:
            try:
                rows += [reader.row(document) for document in documents_of(record.data)]
            except Unparsable as error:
                failed.append(Failed(record, "DataFormatConversion.ParseError", str(error)))
            except Mismatch as error:
                failed.append(Failed(record, "DataFormatConversion.MalformedData", str(error)))
        return (file_of(self.columns, rows, self.serializer) if rows else None), failed


async def find_conversion(kernel: Kernel, account: str, region: str, destination: dict[str, Any]) -> Conversion | None:
    """Return how a destination's records are converted, by the table as it is now; None where they are not.

    Raises Glue's and STS's ``ServiceError`` when the role may not read the table, or the table is not there.
    """
    given = conversion_of(destination)
    if given is None:
        return None
    schema = given["SchemaConfiguration"]
    place = schema.get("Region", region)
    caller = await acting_as(kernel, account, place, schema["RoleARN"])
    named = {"DatabaseName": schema["DatabaseName"], "TableName": schema["TableName"]}
    if "CatalogId" in schema:
        named["CatalogId"] = schema["CatalogId"]
    if schema.get("VersionId", LATEST) == LATEST:
        version = (await caller.call("glue", "GetTableVersions", {**named, "MaxResults": 1}))["TableVersions"][0]
    else:
        answer = await caller.call("glue", "GetTableVersion", {**named, "VersionId": schema["VersionId"]})
        version = answer["TableVersion"]
    columns, fault = _columns(version["Table"])
    table = {
        "catalogId": schema.get("CatalogId", account),
        "databaseName": schema["DatabaseName"],
        "tableName": schema["TableName"],
        "region": place,
        "versionId": schema.get("VersionId", LATEST),
    }
    deserializer = given["InputFormatConfiguration"]["Deserializer"]
    return Conversion(columns, fault, deserializer, given["OutputFormatConfiguration"]["Serializer"], table)


def _columns(table: dict[str, Any]) -> tuple[list[Column], str]:
    try:
        return columns_of((table.get("StorageDescriptor") or {}).get("Columns") or []), ""
    except BadSchema as error:
        return [], str(error)


async def check_schema(kernel: Kernel, account: str, region: str, destination: dict[str, Any]) -> None:
    """Raise InvalidArgumentException unless a destination's schema can be read in its role."""
    given = conversion_of(destination)
    if given is None:
        return
    await check_role(kernel, account, region, given["SchemaConfiguration"]["RoleARN"])
    try:
        await find_conversion(kernel, account, region, destination)
    except ServiceError as error:
        if error.code == "AccessDeniedException":
            raise invalid(
                "Access was denied when calling Glue. Please ensure that the role specified in the data format "
                "conversion configuration has the necessary permissions."
            ) from error
        raise invalid(f"The schema of the data format conversion cannot be read: {error.message}") from error
