"""SMS settings and opt-outs."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.sns import sns
from skyglobe.services.sns.paging import page_start, paged
from skyglobe.services.sns.records import OptOut, SmsSettings, opt_outs, sms_settings
from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.names import is_phone, plain_number
from skyglobe.services.sns.rules.sms import ATTRIBUTES, check_sms_attributes
from skyglobe.services.sns.texting import SETTINGS, is_opted_out

OPT_IN_PAUSE_FOR = 30 * 86_400_000  # milliseconds; API reference of OptInPhoneNumber


@sns.operation
def set_sms_attributes(call: Call, attributes: dict[str, str]) -> None:
    """Set some of the account's defaults for SMS."""
    check_sms_attributes(attributes)
    known = sms_settings.find(call, SETTINGS)
    merged = {**(known.attributes if known is not None else {}), **attributes}
    sms_settings.put(call, SmsSettings(key=SETTINGS, attributes=merged))


@sns.operation
def get_sms_attributes(call: Call, attributes: list[str] | None = None) -> dict[str, Any]:
    """Return the account's settings for SMS: those that are asked for, or all that were set."""
    for name in attributes or ():
        if name not in ATTRIBUTES:
            raise invalid(f"{name} is not a valid attribute")
    known = sms_settings.find(call, SETTINGS)
    found = known.attributes if known is not None else {}
    if attributes:
        found = {name: value for name, value in found.items() if name in attributes}
    return {"attributes": found}


def _number(number: str) -> str:
    if not is_phone(number):
        raise invalid("PhoneNumber", "input incorrectly formatted")
    return plain_number(number)


@sns.operation
def check_if_phone_number_is_opted_out(call: Call, phone_number: str) -> dict[str, Any]:
    """Tell whether the owner of a phone number wants no messages."""
    return {"isOptedOut": is_opted_out(call, _number(phone_number))}


@sns.operation
def list_phone_numbers_opted_out(call: Call, next_token: str | None = None) -> dict[str, Any]:
    """List the phone numbers whose owners want no messages, a hundred at a time."""
    found = (one for one in opt_outs.scan(call, past=page_start(call, "opt_outs", next_token)) if one.is_out)
    return paged(
        call,
        "opt_outs",
        "phoneNumbers",
        found,
        lambda one: (one.number,),
        lambda one: one.number,
        token_member="nextToken",  # noqa: S106 - the name of a member
    )


@sns.operation
def opt_in_phone_number(call: Call, phone_number: str) -> None:
    """Send to a phone number again whose owner had opted out. Once in thirty days. Raises InvalidParameter."""
    number = _number(phone_number)
    known = opt_outs.find(call, number)
    if known is None or not known.is_out:
        return
    if known.opted_in_at and call.now - known.opted_in_at < OPT_IN_PAUSE_FOR:
        raise invalid("PhoneNumber", "A phone number can be opted in only once every 30 days")
    opt_outs.put(call, OptOut(number=number, is_out=False, opted_in_at=call.now))
