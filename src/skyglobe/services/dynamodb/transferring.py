"""What exports and imports share: how they are begun once for a token, shown, and carried through S3."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.wire import whole_body
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.describing import instant
from skyglobe.services.dynamodb.records import Transfer, transfers
from skyglobe.services.dynamodb.rules.exchange import missing_package

Given = dict[str, Any]


def digest_of(given: Given) -> bytes:
    """Return what stands for the content of a request."""
    return hashlib.blake2b(repr(sorted(given.items())).encode(), digest_size=16).digest()


def check_packages(form: str, compression: str = "") -> None:
    """Refuse (501) a form of files or a compression whose package is not installed."""
    missing = missing_package(form, compression)
    if missing:
        text = f"This needs the package {missing}: pip install 'skyglobe[dynamodb]'."
        raise dynamodb.error("NotImplemented", text, status=501)


def find_repeated(scope: Scope, token: str | None, *, is_import: bool) -> Transfer | None:
    """Return the transfer that was begun with a token, or None."""
    if not token:
        return None
    return next(transfers.scan_by(scope, "token", is_import, token, limit=1), None)


def change(scope: Scope, transfer: Transfer, **more: Any) -> None:
    """Write a transfer with some fields changed."""
    transfers.replace(scope, transfer, msgspec.structs.replace(transfer, **more))


def caller_of(delivery: Delivery) -> ServiceCaller:
    """Return who moves the files: DynamoDB, for the account that asked."""
    return ServiceCaller(delivery.kernel, "dynamodb", delivery.account, delivery.region)


async def put_file(delivery: Delivery, transfer: Transfer, key: str, content: bytes) -> None:
    """Write one file of an export. Raises S3's errors."""
    await caller_of(delivery).s3.put_object(Bucket=transfer.given["S3Bucket"], Key=key, Body=content)


async def get_file(delivery: Delivery, bucket: str, key: str) -> bytes:
    """Return one file of an import. Raises S3's errors."""
    answer = await caller_of(delivery).s3.get_object(Bucket=bucket, Key=key)
    return await whole_body(answer["Body"])


def shown_times(transfer: Transfer) -> Given:
    """Return the instants of a transfer, and how it failed, as both kinds show them."""
    shown: Given = {"StartTime": instant(transfer.created_at)}
    if transfer.ended_at is not None:
        shown["EndTime"] = instant(transfer.ended_at)
    if transfer.failure is not None:
        shown["FailureCode"], shown["FailureMessage"] = transfer.failure
    return shown
