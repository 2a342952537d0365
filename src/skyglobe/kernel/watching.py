"""Being told that a resource has something new, without asking again and again: streams tell those who read them.

Who watches is kept in the store. The first touch after a look posts one letter, in the same transaction as what is
new; until the watcher looks again, further touches cost nothing.
"""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.keys import pack
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table


class Watch(Record, frozen=True):
    """Somebody who is to be told."""

    arn: str
    """Of what is watched."""
    service: str
    kind: str
    """The watcher's outbox consumer; it is handed ``{"key": …}``."""
    account: str
    region: str
    key: str
    is_told: bool = False


watches: Table[Watch] = Table(
    "kernel.watches", Watch, key=("arn", "service", "kind", "account", "region", "key"), reach="global"
)


TOPIC = "kernel.watching"
"""What is fired, with the ARN, when something watched is touched: for those who are at work on it already."""


def _mark_of(arn: str) -> bytes:
    """Return the key that tells whether anything of a service was ever watched: touching costs one look at it."""
    return pack((TOPIC, arn.split(":", 3)[2]))


def watch(scope: Scope, arn: str, service: str, kind: str, key: str) -> None:
    """Have ``kind`` told, where ``scope`` stands, when ``arn`` is next touched. Idempotent."""
    scope.writes.put(_mark_of(arn), b"1")
    made = Watch(arn=arn, service=service, kind=kind, account=scope.account, region=scope.region, key=key)
    watches.insert(scope, made)


def unwatch(scope: Scope, arn: str, service: str, kind: str, key: str) -> None:
    """Take back what ``watch`` did. Nothing happens when it did nothing."""
    watches.drop(scope, arn, service, kind, scope.account, scope.region, key)


def touch(scope: Scope, arn: str) -> None:
    """Tell those who watch ``arn`` and have not been told since they looked last: call ``watch`` before looking."""
    if scope.writes.get(_mark_of(arn)) is None:
        return
    listening = list(watches.scan(scope, arn))
    if listening:
        scope.notify(TOPIC, arn)
    for found in listening:
        if not found.is_told:
            watches.insert(scope, replace(found, is_told=True))
            there = scope.within(found.account, found.region)
            post(there, found.service, found.kind, {"key": found.key}, lane=f"{found.kind}:{found.key}")


def is_watched(scope: Scope, arn: str) -> bool:
    """Whether anybody watches ``arn``: whether it is worth while to find out when it has something new."""
    if scope.writes.get(_mark_of(arn)) is None:
        return False
    return next(iter(watches.scan(scope, arn, limit=1)), None) is not None
