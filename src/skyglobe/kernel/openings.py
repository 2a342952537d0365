"""What services open again when the cloud starts: listeners of their own, which end with the cloud's process."""

from __future__ import annotations

from skyglobe.kernel.records import Record
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Table


class Opening(Record, frozen=True):
    """A service has something to open."""

    service: str


openings: Table[Opening] = Table("kernel.openings", Opening, key=("service",), reach="global")


def open_at_start(scope: Scope, service: str) -> None:
    """Have the service's ``opening`` called at every start of the cloud, and when its content was exchanged."""
    openings.put(scope, Opening(service=service))


def leave_closed(scope: Scope, service: str) -> None:
    """Have nothing opened for the service any more. Harmless when nothing was."""
    openings.drop(scope, service)
