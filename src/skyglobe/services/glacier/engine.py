"""What happens by itself: jobs end, are told of and forgotten; vaults are counted when they changed."""

from __future__ import annotations

import asyncio
import json
import logging
from functools import partial
from typing import Any, NamedTuple

import msgspec

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.glacier import glacier, keeping
from skyglobe.services.glacier.keeping import Taken, Writing
from skyglobe.services.glacier.operations.jobs import described
from skyglobe.services.glacier.operations.notifications import EVENTS
from skyglobe.services.glacier.records import Archive, Job, Vault, archives, jobs, vaults
from skyglobe.services.glacier.rules.inventories import head_of, rows_of, tail_of
from skyglobe.services.glacier.rules.retrievals import OUTPUT_FOR
from skyglobe.services.glacier.rules.tree_hashes import TreeHash, is_subtree

PAGE = 1_000  # archives read in one transaction

_log = logging.getLogger(__name__)


@glacier.timer("inventory")
def count_vault(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Take a vault's inventory: what is in it now. The next is due when something was written to it.

    Developer guide, "Downloading a vault inventory": without a change the inventory's date stays.
    """
    vault = vaults.find(scope, key)
    if vault is None:
        return
    gone = list(archives.scan_by(scope, "deleted", vault.id, True, limit=PAGE))
    for archive in gone:
        archives.delete(scope, archive)
    if len(gone) == PAGE:  # the rest at the same instant, in another turn
        set_timer(scope, "glacier", "inventory", vault.id, scope.now)
        return
    counted = msgspec.structs.replace(
        vault,
        inventoried_at=scope.now,
        inventoried_archives=vault.archives,
        inventoried_bytes=vault.size_bytes,
    )
    vaults.replace(scope, vault, counted)


@glacier.timer("job")
def end_job(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """End a job, or forget one whose output has been there for a day."""
    name, _, order = key.rpartition("/")
    vault, job = vaults.find(scope, name), jobs.find(scope, name, int(order))
    if vault is None or job is None:
        return
    if job.completed_at:
        keeping.release(scope, job.extents)
        jobs.delete(scope, job)
    elif job.action == "InventoryRetrieval" or not job.tree_hash:
        post(scope, "glacier", "output", {"vault": name, "order": job.order})
    else:
        complete(scope, vault, job)


def complete(scope: Scope, vault: Vault, job: Job) -> None:
    """Write that a job is done, and have it told."""
    done = msgspec.structs.replace(job, status="Succeeded", message="Succeeded", completed_at=scope.now)
    jobs.replace(scope, job, done)
    set_timer(scope, "glacier", "job", f"{job.vault}/{job.order}", scope.now + OUTPUT_FOR)
    topics = {job.topic} if job.topic else set()
    if vault.topic and EVENTS[job.action] in vault.events:
        topics.add(vault.topic)
    for topic in sorted(topics):
        notice = {"topic": topic, "vault": vault.arn, "text": json.dumps(described(vault, done))}
        post(scope, "glacier", "notice", notice)


@glacier.consumer("notice")
async def tell(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Publish that a job is done. A topic of another account must let the vault in; what it refuses is dropped."""
    topic = payload["topic"]
    source = payload["vault"] if parse_arn(topic).account != delivery.account else ""
    caller = ServiceCaller(delivery.kernel, "glacier", delivery.account, parse_arn(topic).region, source)
    try:
        await caller.call("sns", "Publish", {"TopicArn": topic, "Message": payload["text"]})
    except ServiceError as error:
        if error.status >= 500:
            raise
        _log.warning("the topic %s is not told of a job: %s", topic, error)


class Found(NamedTuple):
    """A page of what a job reads."""

    vault: Vault
    job: Job
    rows: list[Archive]


@glacier.consumer("output")
async def make_output(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Write an inventory, or hash a range of an archive, and complete the job. Made again, it is made anew."""
    name, order = payload["vault"], payload["order"]
    found = await delivery.transact(lambda scope: _open(scope, name, order))
    if found is None:
        return
    vault, job = found
    if job.action == "ArchiveRetrieval":
        tree_hash = await _hash_range(delivery, job)
        await delivery.transact(lambda scope: _complete(scope, name, order, tree_hash=tree_hash))
        return
    writing = Writing(delivery.kernel)
    try:
        next_marker = await _write_inventory(delivery, vault, job, writing)
        taken = await asyncio.to_thread(writing.finish)
        is_kept = await delivery.transact(
            lambda scope: _complete(scope, name, order, taken=taken, next_marker=next_marker)
        )
    except BaseException:
        writing.discard()
        raise
    if not is_kept:
        keeping.forget(delivery.kernel, taken)


def _open(scope: Scope, name: str, order: int) -> tuple[Vault, Job] | None:
    vault, job = vaults.find(scope, name), jobs.find(scope, name, order)
    return (vault, job) if vault is not None and job is not None and not job.completed_at else None


def _complete(
    scope: Scope, name: str, order: int, *, tree_hash: str = "", taken: Taken | None = None, next_marker: str = ""
) -> bool:
    found = _open(scope, name, order)
    if found is None:
        return False
    vault, job = found
    if taken is not None:
        extents = tuple(keeping.keep(scope, taken))
        job = msgspec.structs.replace(job, extents=extents, output_bytes=taken.size_bytes, next_marker=next_marker)
    complete(scope, vault, msgspec.structs.replace(job, tree_hash=tree_hash))
    return True


async def _hash_range(delivery: Delivery, job: Job) -> str:
    """Return the tree hash of the range a job fetches; empty when the archive's tree has none for it."""
    if not is_subtree(job.start, job.output_bytes, job.archive_bytes):
        return ""
    held = await delivery.transact(lambda scope: keeping.lease(scope, job.extents, job.start, job.output_bytes))

    def work() -> str:
        tree = TreeHash()
        for part in held:
            for piece in (part,) if isinstance(part, bytes) else part.pieces():
                tree.update(piece)
        return tree.hexdigest()

    return await asyncio.to_thread(work)


async def _write_inventory(delivery: Delivery, vault: Vault, job: Job, writing: Writing) -> str:
    """Write the rows of the vault's last inventory that a job asks for; return where the next job may go on."""
    await asyncio.to_thread(writing.write, (head_of(job.format, vault.arn, vault.inventoried_at),))
    past, left, last = int(job.marker or 0), job.limit or None, 0
    while True:
        page, past = await delivery.transact(partial(_page, vault=vault, job=job, past=past))
        taken = page if left is None else page[:left]
        rows = rows_of(job.format, taken, is_first=not last)
        await asyncio.to_thread(writing.write, (rows,))
        last = taken[-1].order if taken else last
        if len(taken) < len(page) or not past:
            break
        left = left - len(taken) if left is not None else None
    await asyncio.to_thread(writing.write, (tail_of(job.format),))
    return str(last) if len(taken) < len(page) else ""


def _page(scope: Scope, vault: Vault, job: Job, past: int) -> tuple[list[Archive], int]:
    """Return archives after an order that the last inventory has and the job asks for, and how far this looked.

    0 when there are no more.
    """
    found = list(archives.scan(scope, vault.id, start=(past + 1,), limit=PAGE))
    wanted = [
        archive
        for archive in found
        if archive.created_at <= vault.inventoried_at
        and archive.created_at >= job.since
        and (not job.until or archive.created_at < job.until)
    ]
    return wanted, found[-1].order if len(found) == PAGE else 0
