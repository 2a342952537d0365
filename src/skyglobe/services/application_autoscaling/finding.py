"""Finding targets and what hangs on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from skyglobe.kernel.keys import Part
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Table
from skyglobe.services.application_autoscaling.records import Place, Target, targets
from skyglobe.services.application_autoscaling.refusals import no_such

R = TypeVar("R", bound=Any)


def get_target(scope: Scope, place: Place, *, verb: str = "registered") -> Target:
    """Return a target. Raises ObjectNotFoundException: ``No scalable target registered for …``."""
    target = targets.find(scope, *place)
    if target is None:
        raise no_such(f"scalable target {verb}", place)
    return target


def rows_of(
    scope: Scope,
    table: Table[R],
    namespace: str,
    resources: Iterable[str] | None,
    dimension: str | None,
    position_of: Callable[[R], tuple[Part, ...]],
) -> Callable[[tuple[Part, ...] | None], Iterator[R]]:
    """Return the rows of a namespace in their order, as ``paging.page`` wants them: all, or those of some resources."""

    def rows(past: tuple[Part, ...] | None) -> Iterator[R]:
        if resources is None:
            yield from table.scan(scope, namespace, past=past)
            return
        for resource in sorted(set(resources)):
            prefix = (namespace, resource, *((dimension,) if dimension is not None else ()))
            for row in table.scan(scope, *prefix):
                if past is None or position_of(row) > past:
                    yield row

    return rows


def key_of(place: Place, *more: str) -> str:
    """Return the key of timers and lanes about a target, or about something that hangs on it.

    The resource id may hold anything but this separator.
    """
    return "\x1f".join((*place, *more))
