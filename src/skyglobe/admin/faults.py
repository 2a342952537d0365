"""Misbehaviour on demand: switches that services look at."""

from __future__ import annotations

import math

import msgspec

from skyglobe.admin.dispatch import Refusal
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route
from skyglobe.kernel.faults import Switch


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of misbehaviour of one service."""

    service: str
    kind: str
    value: float = 1.0
    """0 turns it off; what other values mean is the kind's affair: a probability, milliseconds."""


class Faults(msgspec.Struct, frozen=True):
    """The switches that are on."""

    faults: list[Fault]


@route("GET", "/_skyglobe/faults")
async def list_faults(admin: Admin) -> Faults:
    """List the faults that are switched on."""
    return Faults([_told(switch) for switch in admin.kernel.faults.list()])


@route("PUT", "/_skyglobe/faults/{service}/{kind}")
async def set_fault(admin: Admin, given: Fault) -> Faults:
    """Switch a fault on, or off with the value 0."""
    kernel = admin.kernel
    if given.service not in kernel.services.names():
        raise Refusal(404, f"There is no service {given.service} here. There are {', '.join(kernel.services.names())}.")
    if not math.isfinite(given.value) or given.value < 0:
        raise Refusal(400, "The value must not be negative.")
    await kernel.transact(lambda scope: kernel.faults.set(scope, given.service, given.kind, given.value))
    return await list_faults(admin)


def _told(switch: Switch) -> Fault:
    return Fault(switch.service, switch.kind, switch.value)
