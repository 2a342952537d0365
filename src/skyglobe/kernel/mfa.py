"""Virtual MFA devices: whose they are, and whether a code is right (RFC 6238).

IAM registers them; whatever asks for a code verifies it here.
"""

from __future__ import annotations

import hashlib
import hmac

from msgspec.structs import replace

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.scope import Scope

STEP_FOR = 30_000  # milliseconds a code lasts; RFC 6238, 5.2
DIGITS = 6
LENIENCE = 1  # steps a code may be early or late; RFC 6238, 5.2, recommends one for the way
SEARCHED = 20  # steps looked through for two consecutive codes: a device may be ten minutes off
REMEMBERED = 2 * (2 * LENIENCE + 1)  # steps of codes already taken: all that could come again, near either clock


class MfaDevice(Resource, frozen=True, kw_only=True):
    """A virtual device; ``arn`` is its serial number, ``id`` its path and name."""

    seed: bytes
    user_id: str | None = None
    """Unique id of the user it is enabled for."""
    enabled_at: Instant | None = None
    drift: int = 0
    """Steps its clock was ahead when it was last synchronized."""
    taken: tuple[int, ...] = ()
    """Steps whose codes were taken: each code is good once."""


mfa_devices: ResourceTable[MfaDevice] = ResourceTable(
    "AWS::IAM::VirtualMFADevice",
    "kernel.mfa_devices",
    MfaDevice,
    indexes={"user": ("user_id",)},
    reach="account",
)


def code_at(seed: bytes, step: int) -> str:
    """Return the code of a 30-second step since the epoch (RFC 4226, 5.3, over RFC 6238, 4.2)."""
    digest = hmac.new(seed, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def take_code(scope: Scope, device: MfaDevice, code: str) -> bool:
    """Return whether ``code`` is the device's now, and was not used before; from now on it is used.

    Phones show the time of the machine, tests the cloud's, which may have been turned: a code of either is right.
    """
    step = _step_of(scope, device, code)
    if step is None:
        return False
    mfa_devices.replace(scope, device, replace(device, taken=(step, *device.taken)[:REMEMBERED]))
    return True


def shows_code(scope: Scope, device: MfaDevice, code: str) -> bool:
    """As ``take_code``, without using the code up."""
    return _step_of(scope, device, code) is not None


def _step_of(scope: Scope, device: MfaDevice, code: str) -> int | None:
    for now in _steps_now(scope):
        for step in range(now + device.drift - LENIENCE, now + device.drift + LENIENCE + 1):
            if step not in device.taken and hmac.compare_digest(code_at(device.seed, step).encode(), code.encode()):
                return step
    return None


def synchronized(scope: Scope, device: MfaDevice, first: str, second: str) -> MfaDevice | None:
    """Return the device with its clock's drift told by two consecutive codes, or None when they are not such."""
    for now in _steps_now(scope):
        for drift in sorted(range(-SEARCHED, SEARCHED + 1), key=abs):
            step = now + drift
            if code_at(device.seed, step) == first and code_at(device.seed, step + 1) == second:
                return replace(device, drift=_drift(drift), taken=(step + 1, step))
    return None


def _drift(steps: int) -> int:
    """Forget a drift that lenience covers anyway: the two codes may have been typed in some seconds late."""
    return 0 if abs(steps) <= LENIENCE + 1 else steps


def _steps_now(scope: Scope) -> list[int]:
    cloud, wall = scope.now // STEP_FOR, scope.kernel.clock.wall() // STEP_FOR
    return [cloud] if cloud == wall else [cloud, wall]


def find_device(scope: Scope, serial_number: str) -> MfaDevice | None:
    """Return the account's device with that serial number, or None."""
    prefix, _, name = serial_number.partition(":mfa")
    found = mfa_devices.find(scope, name) if prefix and name else None
    return found if found is not None and found.arn == serial_number else None
