"""Virtual MFA devices: made, enabled with two codes, resynchronized, deactivated."""

from __future__ import annotations

import base64
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.mfa import MfaDevice, find_device, mfa_devices, synchronized
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import find_user_by_id, get_user, get_user_or_caller, iam_arn
from skyglobe.services.iam.paging import page, tag_page
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.refusals import delete_conflict, no_such_entity, over_quota
from skyglobe.services.iam.rules.tags import merge_tags, shown_tags, without_tags
from skyglobe.services.iam.shapes import user_shape

MAX_DEVICES = 8  # of a user; IAM quotas
SEED_BYTES = 40  # AWS's seeds are 64 characters of base32


@iam.operation
def create_virtual_mfa_device(
    call: Call, virtual_mfa_device_name: str, path: str = "/", tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Make a device and tell its seed, this once. The QR code that AWS draws of it is left out."""
    name = f"{path}{virtual_mfa_device_name}"
    if mfa_devices.find(call, name) is not None:
        raise iam.errors.EntityAlreadyExistsException("MFADevice entity at the same path and name already exists.")
    device = MfaDevice(
        arn=iam_arn(call, "mfa", path, virtual_mfa_device_name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=merge_tags({}, tags),
        seed=call.kernel.ids.token(SEED_BYTES),
    )
    mfa_devices.insert(call, device)
    tagged = {"Tags": shown_tags(device.tags)} if device.tags else {}
    seed = base64.b32encode(device.seed)
    return {"VirtualMFADevice": {"SerialNumber": device.arn, "Base32StringSeed": seed, **tagged}}


@iam.operation
def delete_virtual_mfa_device(call: Call, serial_number: str) -> None:
    """Delete a device nobody uses. Raises DeleteConflict."""
    device = _get_device(call, serial_number)
    if device.user_id is not None:
        raise delete_conflict("Cannot delete entity, must deactivate MFA device first.")
    mfa_devices.delete(call, device)


@iam.operation
def list_virtual_mfa_devices(
    call: Call, assignment_status: str = "Any", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the account's devices: all, those somebody uses, or the others."""
    rows = (
        device
        for device in mfa_devices.scan(call)
        if assignment_status == "Any" or (device.user_id is not None) == (assignment_status == "Assigned")
    )
    shown, more = page(call, "devices:" + assignment_status, rows, lambda device: device.id, marker, max_items)
    return {"VirtualMFADevices": [_virtual_shape(call, device) for device in shown], **more}


@iam.operation
def list_mfa_devices(
    call: Call, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the devices enabled for a user; without a name for the caller."""
    if user_name is None and call.principal.is_root:
        return {"MFADevices": [], "IsTruncated": False}  # there is no operation that enables one for root
    user = get_user_or_caller(call, user_name)
    rows = mfa_devices.scan_by(call, "user", user.unique_id)
    shown, more = page(call, "devices-of:" + user.unique_id, rows, lambda device: device.id, marker, max_items)
    return {"MFADevices": [{"UserName": user.id, **_shape(device)} for device in shown], **more}


@iam.operation
def get_mfa_device(call: Call, serial_number: str, user_name: str | None = None) -> dict[str, Any]:
    """Return a device and whose it is. With a name, only if it is that user's."""
    device = _get_device(call, serial_number)
    user = find_user_by_id(call, device.user_id) if device.user_id is not None else None
    if user_name is not None and (user is None or user.name_key != user_name.lower()):
        raise _no_such_device(serial_number)
    named = {"UserName": user.id} if user is not None else {}
    return {**named, **_shape(device)}


@iam.operation
def enable_mfa_device(
    call: Call, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    """Let a user prove itself with a device from now on. The codes are two that follow each other."""
    user, device = get_user(call, user_name), _get_device(call, serial_number)
    if device.user_id is not None:
        raise iam.errors.EntityAlreadyExistsException("MFA Device is already in use.")
    if sum(1 for _ in mfa_devices.scan_by(call, "user", user.unique_id)) >= MAX_DEVICES:
        raise over_quota("MFADevicesPerUser", MAX_DEVICES)
    known = _synchronized(call, device, authentication_code1, authentication_code2)
    mfa_devices.replace(call, device, replace(known, user_id=user.unique_id, enabled_at=call.now))


@iam.operation
def resync_mfa_device(
    call: Call, user_name: str, serial_number: str, authentication_code1: str, authentication_code2: str
) -> None:
    """Learn anew from two codes that follow each other how far a device's clock is off."""
    device = _get_device_of(call, get_user(call, user_name), serial_number)
    mfa_devices.replace(call, device, _synchronized(call, device, authentication_code1, authentication_code2))


@iam.operation
def deactivate_mfa_device(call: Call, serial_number: str, user_name: str | None = None) -> None:
    """Take a device from its user. It may be enabled again, for anybody."""
    device = _get_device_of(call, get_user_or_caller(call, user_name), serial_number)
    mfa_devices.replace(call, device, replace(device, user_id=None, enabled_at=None))


@iam.operation
def tag_mfa_device(call: Call, serial_number: str, tags: list[dict[str, str]]) -> None:
    """Put tags on a device."""
    device = _get_device(call, serial_number)
    mfa_devices.replace(call, device, replace(device, tags=merge_tags(device.tags, tags)))


@iam.operation
def untag_mfa_device(call: Call, serial_number: str, tag_keys: list[str]) -> None:
    """Take tags off a device."""
    device = _get_device(call, serial_number)
    mfa_devices.replace(call, device, replace(device, tags=without_tags(device.tags, tag_keys)))


@iam.operation
def list_mfa_device_tags(
    call: Call, serial_number: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the tags of a device, by key."""
    device = _get_device(call, serial_number)
    return tag_page(call, "tags:" + device.arn, device.tags, marker, max_items)


def _synchronized(call: Call, device: MfaDevice, first: str, second: str) -> MfaDevice:
    known = synchronized(call, device, first, second)
    if known is None:
        raise iam.errors.InvalidAuthenticationCodeException("Authentication code for device is not valid.")
    return known


def _get_device(call: Call, serial_number: str) -> MfaDevice:
    device = find_device(call, serial_number)
    if device is None:
        raise _no_such_device(serial_number)
    return device


def _get_device_of(call: Call, user: User, serial_number: str) -> MfaDevice:
    device = _get_device(call, serial_number)
    if device.user_id != user.unique_id:
        raise _no_such_device(serial_number)
    return device


def _no_such_device(serial_number: str) -> Exception:
    return no_such_entity(f"MFA Device with serial number {serial_number} does not exist.")


def _shape(device: MfaDevice) -> dict[str, Any]:
    enabled = {"EnableDate": device.enabled_at // 1000} if device.enabled_at is not None else {}
    return {"SerialNumber": device.arn, **enabled}


def _virtual_shape(call: Call, device: MfaDevice) -> dict[str, Any]:
    user = find_user_by_id(call, device.user_id) if device.user_id is not None else None
    return {**_shape(device), **({"User": user_shape(user)} if user is not None else {})}
