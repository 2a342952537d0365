"""ImportTable, DescribeImport, ListImports."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.copying import backup_name
from skyglobe.services.dynamodb.creating import add_table, plan_table
from skyglobe.services.dynamodb.finding import Found, find_by_arn
from skyglobe.services.dynamodb.items import check_new, read_item, write_item
from skyglobe.services.dynamodb.operations.exports import list_transfers
from skyglobe.services.dynamodb.records import DynamoTable, Transfer, tables, transfers
from skyglobe.services.dynamodb.removing import remove_table
from skyglobe.services.dynamodb.rules.exchange import decompressed, read_items
from skyglobe.services.dynamodb.rules.names import check_table_name
from skyglobe.services.dynamodb.rules.values import Item, measure_item
from skyglobe.services.dynamodb.sealing import with_table_key
from skyglobe.services.dynamodb.transferring import (
    caller_of,
    change,
    check_packages,
    digest_of,
    find_repeated,
    get_file,
    shown_times,
)
from skyglobe.services.dynamodb.trimming import DAY

BATCH = 200  # items written in one transaction
MAX_LISTED = 25  # API reference of ListImports
Given = dict[str, Any]


@dynamodb.operation
def import_table(
    call: Call,
    s3_bucket_source: Given,
    input_format: str,
    table_creation_parameters: Given,
    client_token: str | None = None,
    input_format_options: Given | None = None,
    input_compression_type: str | None = None,
) -> dict[str, Any]:
    """Make a new table of files in S3."""
    check_packages(input_format, input_compression_type or "")
    given = {
        "S3BucketSource": s3_bucket_source,
        "InputFormat": input_format,
        "InputFormatOptions": input_format_options,
        "InputCompressionType": input_compression_type or "NONE",
        "TableCreationParameters": table_creation_parameters,
        "ClientToken": client_token,
    }
    known = find_repeated(call, client_token, is_import=True)
    if known is not None:
        if known.digest != digest_of(given):
            raise dynamodb.errors.ImportConflictException("Import with this client token was given other parameters")
        return {"ImportTableDescription": _shown(known)}
    name = table_creation_parameters["TableName"]
    check_table_name(name)
    planned = with_table_key(call, plan_table(call, name, table_creation_parameters, {}))
    table = add_table(call, replace(planned, ready_at=call.now + DAY))  # until the import ends, which sets it
    id_ = backup_name(call)
    transfer = Transfer(
        arn=f"{table.arn}/import/{id_}",
        id=id_,
        owner=call.account,
        created_at=call.now,
        is_import=True,
        table_arn=table.arn,
        table_id=table.uid,
        token=client_token or "",
        digest=digest_of(given),
        given={name: value for name, value in given.items() if value is not None},
        number=table.number,
    )
    transfers.insert(call, transfer)
    post(call, "dynamodb", "import", {"id": id_, "table": name})
    return {"ImportTableDescription": _shown(transfer)}


@dynamodb.consumer("import")
async def import_(delivery: Delivery, payload: Given) -> None:
    """Read an import's files into its table. Run again, it puts the same items."""
    transfer = await delivery.transact(lambda scope: transfers.find(scope, payload["id"]))
    if transfer is None or transfer.status != "IN_PROGRESS":
        return
    counts = {"processed": 0, "items": 0, "errors": 0, "size": 0}
    try:
        for key in await _list_files(delivery, transfer):
            await _read_file(delivery, transfer, payload["table"], key, counts)
    except ServiceError as error:
        failure = (f"S3{error.code}", error.message or error.code)
        await delivery.transact(lambda scope: _fail(scope, transfer, payload["table"], failure))
        return
    await delivery.transact(lambda scope: _end(scope, transfer, payload["table"], counts))


async def _list_files(delivery: Delivery, transfer: Transfer) -> list[str]:
    source = transfer.given["S3BucketSource"]
    keys: list[str] = []
    more: Given = {}
    while True:
        page = await caller_of(delivery).s3.list_objects_v2(
            Bucket=source["S3Bucket"], Prefix=source.get("S3KeyPrefix", ""), **more
        )
        keys += [found["Key"] for found in page.get("Contents") or ()]
        if not page.get("IsTruncated"):
            return keys
        more = {"ContinuationToken": page["NextContinuationToken"]}


async def _read_file(delivery: Delivery, transfer: Transfer, name: str, key: str, counts: dict[str, int]) -> None:
    file = await get_file(delivery, transfer.given["S3BucketSource"]["S3Bucket"], key)
    counts["size"] += len(file)
    content = decompressed(file, transfer.given["InputCompressionType"])
    if content is None:
        counts["errors"] += 1
        return
    table = await delivery.transact(lambda scope: tables.find(scope, name))
    if table is None:
        return
    options = transfer.given.get("InputFormatOptions") or {}
    batch: list[Item | None] = []
    for item in read_items(content, transfer.given["InputFormat"], table.attributes, options):
        batch.append(item)
        if len(batch) == BATCH:
            await _put_batch(delivery, name, batch, counts)
            batch = []
    await _put_batch(delivery, name, batch, counts)


async def _put_batch(delivery: Delivery, name: str, batch: list[Item | None], counts: dict[str, int]) -> None:
    def put(scope: Scope) -> tuple[int, int]:
        table = tables.find(scope, name)
        assert table is not None, "a table is not deleted while it is being imported"
        good = sum(_put(scope, table, item) for item in batch if item is not None)
        return good, len(batch) - good

    good, bad = await delivery.transact(put)
    counts["processed"] += len(batch)
    counts["items"] += good
    counts["errors"] += bad


def _put(scope: Scope, table: DynamoTable, item: Item) -> bool:
    """Put one item; return whether it is one."""
    try:
        size = measure_item(item)
        key = table.layout.primary.of_item(item)
        check_new(table.layout, item, size, "Item size has exceeded the maximum allowed size")
    except ServiceError:
        return False
    write_item(Found(scope, table), key, read_item(scope, key), item, size, is_expiry=True)
    return True


def _end(scope: Scope, transfer: Transfer, name: str, counts: dict[str, int]) -> None:
    table = tables.find(scope, name)
    if table is not None:
        tables.replace(scope, table, replace(table, ready_at=scope.now))
    change(scope, transfer, status="COMPLETED", ended_at=scope.now, **counts)


def _fail(scope: Scope, transfer: Transfer, name: str, failure: tuple[str, str]) -> None:
    table = tables.find(scope, name)
    if table is not None and table.number == transfer.number:
        remove_table(scope, table)
    change(scope, transfer, status="FAILED", ended_at=scope.now, failure=failure)


def _shown(transfer: Transfer) -> Given:
    return {
        **transfer.given,
        "ImportArn": transfer.arn,
        "ImportStatus": transfer.status,
        "TableArn": transfer.table_arn,
        "TableId": transfer.table_id,
        "ErrorCount": transfer.errors,
        "ProcessedSizeBytes": transfer.size,
        "ProcessedItemCount": transfer.processed,
        "ImportedItemCount": transfer.items,
        **shown_times(transfer),
    }


@dynamodb.operation
def describe_import(call: Call, import_arn: str) -> dict[str, Any]:
    """Describe an import."""
    known = find_by_arn(transfers, call, import_arn)
    if known is None or not known.is_import:
        raise dynamodb.errors.ImportNotFoundException(f"Import not found: {import_arn}")
    return {"ImportTableDescription": _shown(known)}


@dynamodb.operation
def list_imports(
    call: Call, table_arn: str | None = None, page_size: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """List imports, oldest first."""
    found, following = list_transfers(call, table_arn, page_size or MAX_LISTED, next_token, is_import=True)
    kept = ("ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "InputFormat", "StartTime", "EndTime")
    shown = [{name: told[name] for name in kept if name in told} for told in map(_shown, found)]
    answer: dict[str, Any] = {"ImportSummaryList": shown}
    if following is not None:
        answer["NextToken"] = following
    return answer
