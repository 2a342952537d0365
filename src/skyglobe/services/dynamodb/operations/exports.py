"""ExportTableToPointInTime, DescribeExport, ListExports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.copying import backup_name, bare, begin_copy, hold, order_after
from skyglobe.services.dynamodb.describing import instant
from skyglobe.services.dynamodb.finding import Found, find_by_arn
from skyglobe.services.dynamodb.items import decode
from skyglobe.services.dynamodb.operations.backups import table_to_back_up
from skyglobe.services.dynamodb.operations.recovery import earliest
from skyglobe.services.dynamodb.records import ORDER_BITS, Change, DynamoTable, Transfer, changes, transfers
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.exchange import checksum, data_file, json_text, manifest_line
from skyglobe.services.dynamodb.transferring import (
    change,
    check_packages,
    digest_of,
    find_repeated,
    put_file,
    shown_times,
)

FILE_ITEMS = 5_000  # items of one data file
MIN_WINDOW, MAX_WINDOW = 900_000, 86_400_000  # milliseconds; developer guide, "Incremental export"
MAX_LISTED = 25  # API reference of ListExports
Given = dict[str, Any]


@dynamodb.operation
def export_table_to_point_in_time(
    call: Call,
    table_arn: str,
    s3_bucket: str,
    export_time: datetime | None = None,
    client_token: str | None = None,
    s3_bucket_owner: str | None = None,
    s3_prefix: str | None = None,
    s3_sse_algorithm: str | None = None,
    s3_sse_kms_key_id: str | None = None,
    export_format: str | None = None,
    export_type: str | None = None,
    incremental_export_specification: Given | None = None,
) -> dict[str, Any]:
    """Write a table as it was at some instant, or its changes between two, to S3."""
    check_packages(export_format or "")
    found = table_to_back_up(call, table_arn)
    given = {
        "S3Bucket": s3_bucket,
        "S3BucketOwner": s3_bucket_owner,
        "S3Prefix": s3_prefix,
        "S3SseAlgorithm": s3_sse_algorithm,
        "S3SseKmsKeyId": s3_sse_kms_key_id,
        "ExportFormat": export_format or "DYNAMODB_JSON",
        "ExportType": export_type or "FULL_EXPORT",
        "ClientToken": client_token,
    }
    digest = digest_of({**given, "at": export_time, "between": incremental_export_specification, "of": table_arn})
    known = find_repeated(found.scope, client_token, is_import=False)
    if known is not None:
        if known.digest != digest:
            raise dynamodb.errors.ExportConflictException("Export with this client token was given other parameters")
        return {"ExportDescription": _shown(known)}
    kept = {name: value for name, value in given.items() if value is not None}
    transfer = _begin(found, kept, digest, export_time, incremental_export_specification)
    return {"ExportDescription": _shown(transfer)}


def _begin(found: Found, given: Given, digest: bytes, at: datetime | None, between: Given | None) -> Transfer:
    scope, table = found
    if table.recovery is None:
        raise dynamodb.errors.PointInTimeRecoveryUnavailableException(
            f"Point in time recovery is not enabled for table '{table.id}'"
        )
    first = earliest(table.recovery, scope.now)
    wanted = scope.now if at is None else round(at.timestamp() * 1000)
    if given["ExportType"] == "INCREMENTAL_EXPORT":
        given["IncrementalExportSpecification"] = _window(scope, first, between or {})
    elif not first - 1000 <= wanted <= scope.now:
        raise _bad_time("ExportTime must be within the point in time recovery window")
    id_ = backup_name(scope)
    transfer = Transfer(
        arn=f"{table.arn}/export/{id_}",
        id=id_,
        owner=scope.account,
        created_at=scope.now,
        is_import=False,
        table_arn=table.arn,
        table_id=table.uid,
        token=given.get("ClientToken") or "",
        digest=digest,
        given=given,
        at=wanted,
        number=scope.kernel.next_order(),
        table=table,
    )
    transfers.insert(scope, transfer)
    if given["ExportType"] == "INCREMENTAL_EXPORT":
        post(scope, "dynamodb", "export", {"id": id_})
    else:
        hold(scope, table, 1)
        order = scope.kernel.next_order() if at is None else order_after(wanted)
        begin_copy(scope, id_, table.number, order, {"table": table.id, "export": id_})
    return transfer


def _bad_time(message: str) -> ServiceError:
    return dynamodb.errors.InvalidExportTimeException(message)


def _window(scope: Scope, first: int, between: Given) -> Given:
    """Return the window of an incremental export in milliseconds. Raises InvalidExportTimeException."""
    start, stop = between.get("ExportFromTime"), between.get("ExportToTime")
    if start is None:
        raise invalid("ExportFromTime must be specified for an incremental export")
    from_ = round(start.timestamp() * 1000)
    to = scope.now if stop is None else round(stop.timestamp() * 1000)
    if not MIN_WINDOW <= to - from_ <= MAX_WINDOW:
        raise _bad_time("The period of an incremental export must be between 15 minutes and 24 hours")
    if not (first - 1000 <= from_ and to <= scope.now):
        raise _bad_time("The period must be within the point in time recovery window")
    view = between.get("ExportViewType") or "NEW_AND_OLD_IMAGES"
    return {"ExportFromTime": from_, "ExportToTime": to, "ExportViewType": view}


@dynamodb.consumer("export")
async def export(delivery: Delivery, payload: Given) -> None:
    """Write an export's files, and then that it is complete. Run again, it writes the same files."""
    transfer = await delivery.transact(lambda scope: transfers.find(scope, payload["id"]))
    if transfer is None or transfer.status != "IN_PROGRESS":
        return
    try:
        more = await _write_files(delivery, transfer)
    except ServiceError as error:
        failure = (f"S3{error.code}", error.message or error.code)
        await delivery.transact(lambda scope: _end(scope, transfer, status="FAILED", failure=failure))
        return
    await delivery.transact(lambda scope: _end(scope, transfer, status="COMPLETED", **more))


def _end(scope: Scope, transfer: Transfer, **more: Any) -> None:
    change(scope, transfer, ended_at=scope.now, table=None, **more)
    set_timer(scope, "dynamodb", "clear", str(transfer.number), scope.now)


async def _write_files(delivery: Delivery, transfer: Transfer) -> Given:
    prefix = transfer.given.get("S3Prefix")
    base = f"{prefix.rstrip('/')}/" if prefix else ""
    folder = f"{base}AWSDynamoDB/{transfer.id}"
    is_full = transfer.given["ExportType"] == "FULL_EXPORT"
    data_folder = f"{folder}/data" if is_full else f"{base}AWSDynamoDB/data"
    await put_file(delivery, transfer, f"{folder}/_started", b"")
    form = transfer.given["ExportFormat"]
    extension = "ion" if form == "ION" else "json"
    manifest, count, size, number = b"", 0, 0, 0
    past: bytes | int | None = None
    while True:
        lines, past = await delivery.transact(_items(transfer, past) if is_full else _changes(transfer))
        if lines:
            name = f"{transfer.number:020x}{number:06x}"
            key = f"{data_folder}/{name}.{extension}.gz"
            content = data_file(lines, form)
            await put_file(delivery, transfer, key, content)
            manifest += manifest_line(key, content, len(lines))
            count, size, number = count + len(lines), size + len(content), number + 1
        if past is None:
            break
    files = f"{folder}/manifest-files.json"
    summary = f"{folder}/manifest-summary.json"
    told = json_text(_summary(transfer, files, count, size, delivery.kernel.clock.now()))
    for key, content in ((files, manifest), (summary, told)):
        await put_file(delivery, transfer, key, content)
        await put_file(delivery, transfer, key.removesuffix(".json") + ".checksum", checksum(content))
    return {"items": count, "size": size, "manifest": summary}


def _items(transfer: Transfer, past: Any) -> Any:
    """Return the work that reads the next items of the copy."""

    def read(scope: Scope) -> tuple[list[Given], bytes | None]:
        assert transfer.table is not None
        primary = copied(transfer).layout.primary
        start = past + b"\0" if past else primary.prefix
        found = list(scope.writes.scan(start, primary.stop, limit=FILE_ITEMS))
        lines = [{"Item": decode(value)[1]} for _, value in found]
        return lines, found[-1][0] if len(found) == FILE_ITEMS else None

    return read


def copied(transfer: Transfer) -> DynamoTable:
    """Return the copy an export is made of, as a table."""
    assert transfer.table is not None
    return bare(transfer.table, transfer.number)


def _changes(transfer: Transfer) -> Any:
    """Return the work that reads what an incremental export tells of each item that changed."""
    window = transfer.given["IncrementalExportSpecification"]
    has_old = window["ExportViewType"] == "NEW_AND_OLD_IMAGES"

    def read(scope: Scope) -> tuple[list[Given], None]:
        assert transfer.table is not None
        primary = transfer.table.layout.primary
        told: dict[bytes, tuple[Change, Change]] = {}
        start, stop = window["ExportFromTime"] << ORDER_BITS, window["ExportToTime"] << ORDER_BITS
        for one in changes.scan(scope, transfer.table.number, start=(start,), stop=(stop,)):
            key = primary.of_item(one.new or one.old or {})
            told[key] = (told[key][0] if key in told else one, one)
        lines = []
        for first, last in told.values():
            if first.old == last.new:
                continue  # it is as it was
            micros = str((last.order >> ORDER_BITS) * 1000)
            line: Given = {
                "Metadata": {"WriteTimestampMicros": {"N": micros}},
                "Keys": primary.key_of(last.new or last.old or {}),
            }
            if has_old and first.old is not None:
                line["OldImage"] = first.old
            if last.new is not None:
                line["NewImage"] = last.new
            lines.append(line)
        return lines, None

    return read


def _summary(transfer: Transfer, files: str, count: int, size: int, ended_at: int) -> Given:
    given = transfer.given
    window = given.get("IncrementalExportSpecification") or {}
    times = {"exportTime": _iso(transfer.at)}
    if window:
        times = {
            "exportFromTime": _iso(window["ExportFromTime"]),
            "exportToTime": _iso(window["ExportToTime"]),
            "outputView": window["ExportViewType"],
        }
    return {
        "version": "2020-06-30" if not window else "2023-08-01",
        "exportArn": transfer.arn,
        "startTime": _iso(transfer.created_at),
        "endTime": _iso(ended_at),
        "tableArn": transfer.table_arn,
        "tableId": transfer.table_id,
        **times,
        "s3Bucket": given["S3Bucket"],
        "s3Prefix": given.get("S3Prefix"),
        "s3SseAlgorithm": given.get("S3SseAlgorithm", "AES256"),
        "s3SseKmsKeyId": given.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": files,
        "billedSizeBytes": size,
        "itemCount": count,
        "outputFormat": given["ExportFormat"],
        "exportType": given["ExportType"],
    }


def _iso(at: int) -> str:
    return instant(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03}Z"


def _shown(transfer: Transfer) -> Given:
    given = {name: value for name, value in transfer.given.items() if name != "IncrementalExportSpecification"}
    shown: Given = {
        **given,
        "ExportArn": transfer.arn,
        "ExportStatus": transfer.status,
        "TableArn": transfer.table_arn,
        "TableId": transfer.table_id,
        **shown_times(transfer),
    }
    window = transfer.given.get("IncrementalExportSpecification")
    if window is not None:
        shown["IncrementalExportSpecification"] = {
            "ExportFromTime": instant(window["ExportFromTime"]),
            "ExportToTime": instant(window["ExportToTime"]),
            "ExportViewType": window["ExportViewType"],
        }
    else:
        shown["ExportTime"] = instant(transfer.at)
    if transfer.status == "COMPLETED":
        shown |= {
            "ExportManifest": transfer.manifest,
            "ItemCount": transfer.items,
            "BilledSizeBytes": transfer.size,
        }
    return shown


@dynamodb.operation
def describe_export(call: Call, export_arn: str) -> dict[str, Any]:
    """Describe an export."""
    known = find_by_arn(transfers, call, export_arn)
    if known is None or known.is_import:
        raise dynamodb.errors.ExportNotFoundException(f"Export not found: {export_arn}")
    return {"ExportDescription": _shown(known)}


@dynamodb.operation
def list_exports(
    call: Call, table_arn: str | None = None, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """List exports, oldest first."""
    limit = max_results or MAX_LISTED
    found, following = list_transfers(call, table_arn, limit, next_token, is_import=False)
    shown = [{"ExportArn": one.arn, "ExportStatus": one.status, "ExportType": one.given["ExportType"]} for one in found]
    answer: dict[str, Any] = {"ExportSummaries": shown}
    if following is not None:
        answer["NextToken"] = following
    return answer


def list_transfers(
    call: Call, table_arn: str | None, limit: int, token: str | None, *, is_import: bool
) -> tuple[list[Transfer], str | None]:
    """Return a page of exports or imports, and the token to go on with."""
    listing = f"transfers:{is_import}:{table_arn}"
    past: tuple[Any, ...] | None = None
    if token is not None:
        try:
            past = unseal(call, listing, token)
        except InvalidToken as error:
            raise invalid("Invalid NextToken") from error
    found: list[Transfer] = []
    for one in transfers.scan_by(call, "kind", is_import, past=past):
        if table_arn is None or one.table_arn == table_arn:
            found.append(one)
            if len(found) > limit:
                break
    if len(found) <= limit:
        return found, None
    return found[:limit], seal(call, listing, (found[limit - 1].id,))
