"""Requests to host names that are a resource's own, such as function URLs: no operation of any model is called."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skyglobe.kernel.call import Call
    from skyglobe.kernel.kernel import Kernel
    from skyglobe.kernel.principals import Principal
    from skyglobe.kernel.store import WriteSet
    from skyglobe.kernel.wire import Request


class Visit(ABC):
    """One such request, with what a service may ask the gateway about it."""

    kernel: Kernel
    request: Request
    """Its body is whole."""
    name: str
    """What stands before the label that says whose host names these are."""
    region: str
    request_id: str

    @abstractmethod
    def identify(self, writes: WriteSet) -> Principal:
        """Return who signed the request; ``ANONYMOUS`` when nobody did. Raises ``ServiceError`` for a bad signature."""

    @abstractmethod
    def begin(self, writes: WriteSet, principal: Principal, account: str) -> Call:
        """Return the call that permissions are asked for: of ``principal``, in the account of the resource."""
