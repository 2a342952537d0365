"""The second factor that comes with a request: serial number and code of the caller's own device."""

from __future__ import annotations

from skyglobe.kernel.call import Call
from skyglobe.kernel.mfa import MfaDevice, find_device, shows_code, take_code
from skyglobe.services.sts.refusals import half_a_proof, not_your_device, wrong_code


def check_code(call: Call, serial_number: str | None, token_code: str | None) -> bool:
    """Return whether a second factor is given, without using its code up. Raises AccessDenied for a wrong one."""
    device = _device(call, serial_number, token_code)
    if device is not None and not shows_code(call, device, token_code or ""):
        raise wrong_code()
    return device is not None


def use_code(call: Call, serial_number: str | None, token_code: str | None) -> bool:
    """As ``check_code``; the code is good for nothing from now on."""
    device = _device(call, serial_number, token_code)
    if device is not None and not take_code(call, device, token_code or ""):
        raise wrong_code()
    return device is not None


def _device(call: Call, serial_number: str | None, token_code: str | None) -> MfaDevice | None:
    if serial_number is None and token_code is None:
        return None
    if serial_number is None or token_code is None:
        raise half_a_proof()
    device = find_device(call, serial_number)
    if device is None or device.user_id != call.principal.user_id:
        raise not_your_device()
    return device
