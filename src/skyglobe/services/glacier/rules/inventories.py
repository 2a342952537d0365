"""Inventories as jobs put them out; developer guide, "Get job output"."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from skyglobe.services.glacier.records import Archive
from skyglobe.services.glacier.rules.times import text_of

COLUMNS = ("ArchiveId", "ArchiveDescription", "CreationDate", "Size", "SHA256TreeHash")
TYPES = {"JSON": "application/json", "CSV": "text/csv"}


def head_of(form: str, vault_arn: str, inventoried_at: int) -> bytes:
    """Return what stands before the archives."""
    if form == "CSV":
        return _line(COLUMNS)
    date = text_of(inventoried_at)
    return f'{{"VaultARN":{json.dumps(vault_arn)},"InventoryDate":"{date}","ArchiveList":['.encode()


def rows_of(form: str, found: Iterable[Archive], *, is_first: bool) -> bytes:
    """Return some of the archives; ``is_first`` when there are none before."""
    rows = [(one.id, one.description, text_of(one.created_at), one.size_bytes, one.tree_hash) for one in found]
    if form == "CSV":
        return b"".join(_line(row) for row in rows)
    text = ",".join(json.dumps(dict(zip(COLUMNS, row, strict=True)), separators=(",", ":")) for row in rows)
    return (text if is_first or not text else f",{text}").encode()


def tail_of(form: str) -> bytes:
    return b"" if form == "CSV" else b"]}"


def _line(values: Iterable[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue().encode()
