"""How services tell of what happened without knowing who listens: ``emit``, in the transaction of what happened.

``emit(scope, "aws.s3", "Object Created", detail, [bucket_arn])`` is all a service does. Where nobody in the account and
region wants to hear of its source, that costs one look and nothing is written. Else a letter goes to the outbox, in
the same transaction, for the service that listens: nothing that happened is lost, and nothing is told that did not.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

_KEY = "listener"


class Listener(Record, frozen=True):
    """Who hears of what happens in an account and region."""

    key: str
    service: str
    kind: str
    """Of the service's outbox consumer; its payload has ``source``, ``detail_type``, ``detail``, ``resources``, ``at``.
    """
    sources: tuple[str, ...] | None
    """What it wants to hear of; None for everything."""


_listeners: Table[Listener] = Table("kernel.event_listeners", Listener, key=("key",), is_hot=True)


def listen(scope: Scope, service: str, kind: str, sources: tuple[str, ...] | None) -> None:
    """Have ``kind``'s consumer told of what sources emit in this account and region from now on; () ends it."""
    if sources is None or sources:
        _listeners.insert(scope, Listener(key=_KEY, service=service, kind=kind, sources=sources))
    else:
        _listeners.drop(scope, _KEY)


def is_heard(scope: Scope, source: str) -> bool:
    """Whether anybody wants to hear of a source: for those whose details are dear to make."""
    listener = _listeners.find(scope, _KEY)
    return listener is not None and (listener.sources is None or source in listener.sources)


def emit(scope: Scope, source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
    """Tell that something happened to ``resources`` (ARNs) in this account and region, if this work is kept.

    ``source`` is the service as events name it (``aws.s3``), ``detail`` what JSON can hold.
    """
    listener = _listeners.find(scope, _KEY)
    if listener is None or (listener.sources is not None and source not in listener.sources):
        return
    payload = {
        "source": source,
        "detail_type": detail_type,
        "detail": detail,
        "resources": resources,
        "at": scope.now,
    }
    post(scope, listener.service, listener.kind, payload)
