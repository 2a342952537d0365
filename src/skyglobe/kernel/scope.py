"""Where work happens: an account, a region, an instant, and the write-set that collects its writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel
    from skyglobe.kernel.store import WriteSet


@mypyc_attr(allow_interpreted_subclasses=True)
class Scope:
    """What tables, timers and the outbox need to know of the work that calls them.

    A request's ``Call`` is one; timers and outbox consumers are handed a plain one.
    """

    __slots__ = ("account", "kernel", "now", "region", "writes")

    def __init__(self, kernel: Kernel, writes: WriteSet, account: str, region: str, now: int) -> None:
        self.kernel = kernel
        self.writes = writes
        self.account = account
        """Twelve digits."""
        self.region = region
        self.now = now
        """Milliseconds since the Unix epoch on the cloud's clock; one instant for the whole piece of work."""

    @property
    def partition(self) -> str:
        return partition_of(self.region)

    def within(self, account: str | None = None, region: str | None = None) -> Scope:
        """Return the same work, looking into another account or region."""
        return Scope(self.kernel, self.writes, account or self.account, region or self.region, self.now)

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Do ``effect`` once this work is committed. It is lost if the process dies in between."""
        self.writes.effects.append(effect)

    def notify(self, *topic: str) -> None:
        """Wake whoever waits for ``topic`` once this work is committed (see ``kernel.signals``)."""
        self.writes.effects.append(lambda: self.kernel.signals.fire(topic))


def partition_of(region: str) -> str:
    """Return the partition a region belongs to: ``aws``, ``aws-cn`` or ``aws-us-gov``."""
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"
