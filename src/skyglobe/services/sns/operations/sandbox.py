"""The SMS sandbox every account begins in: messages go to verified phone numbers only."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.captured import capture
from skyglobe.services.sns import sns
from skyglobe.services.sns.paging import page_start, paged
from skyglobe.services.sns.records import SandboxNumber, sandbox_numbers
from skyglobe.services.sns.rules.names import plain_number
from skyglobe.services.sns.texting import is_opted_out

MAX_NUMBERS = 10  # verified and pending; developer guide, "SMS sandbox"
CODE_FOR = 86_400_000  # milliseconds a code holds; ours: AWS gives no number. A new one is sent on request
MAX_TRIES = 5  # wrong codes until a new one is needed; ours
KEPT_FOR = 86_400_000  # milliseconds before a verified number can be deleted; developer guide, same page


@sns.operation(unused=("LanguageCode",))
def create_sms_sandbox_phone_number(call: Call, phone_number: str) -> None:
    """Send a one-time code to a phone number that is to be verified."""
    number = plain_number(phone_number)
    if is_opted_out(call, number):
        raise sns.errors.OptedOutException("Phone number is opted out")
    known = sandbox_numbers.find(call, number)
    if known is not None and known.is_verified:
        return
    if known is None and len(list(sandbox_numbers.scan(call, limit=MAX_NUMBERS))) == MAX_NUMBERS:
        raise sns.errors.UserErrorException(f"The sandbox can have at most {MAX_NUMBERS} phone numbers")
    code = f"{call.kernel.ids.random.randrange(1_000_000):06d}"
    sandbox_numbers.put(call, SandboxNumber(number=number, code=code, created_at=call.now))
    capture(call, "sns", "sms", number, f"Your verification code for AWS SNS is: {code}", sender="NOTICE")


@sns.operation
def verify_sms_sandbox_phone_number(call: Call, phone_number: str, one_time_password: str) -> Any:
    """Verify a phone number by the code that was sent to it."""
    known = _get(call, phone_number)
    if known.is_verified:
        return {}
    is_stale = call.now - known.created_at > CODE_FOR or known.tries >= MAX_TRIES
    if not is_stale and one_time_password == known.code:
        sandbox_numbers.put(call, replace(known, is_verified=True, created_at=call.now))
        return {}
    return _refuse(call, known)


async def _refuse(call: Call, known: SandboxNumber) -> Any:
    """Count a wrong code, which an error must not undo."""
    await call.transact(lambda now: sandbox_numbers.put(now, replace(known, tries=known.tries + 1)))
    raise sns.errors.VerificationException("The one-time password (OTP) is invalid or has expired")


@sns.operation
def list_sms_sandbox_phone_numbers(
    call: Call, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the sandbox's phone numbers and whether they are verified."""
    found = sandbox_numbers.scan(call, past=page_start(call, "sandbox", next_token))

    def show(one: SandboxNumber) -> dict[str, str]:
        return {"PhoneNumber": one.number, "Status": "Verified" if one.is_verified else "Pending"}

    return paged(call, "sandbox", "PhoneNumbers", found, lambda one: (one.number,), show, size=max_results or 100)


@sns.operation
def delete_sms_sandbox_phone_number(call: Call, phone_number: str) -> None:
    """Take a phone number from the sandbox; a verified one after a day at the earliest."""
    known = _get(call, phone_number)
    if known.is_verified and call.now - known.created_at < KEPT_FOR:
        raise sns.errors.UserErrorException("A verified phone number can be deleted after 24 hours")
    sandbox_numbers.delete(call, known)


def _get(call: Call, number: str) -> SandboxNumber:
    known = sandbox_numbers.find(call, plain_number(number))
    if known is None:
        raise sns.errors.ResourceNotFoundException("The phone number is not in the sandbox")
    return known


@sns.operation
def get_sms_sandbox_account_status(call: Call) -> dict[str, Any]:
    """Tell that the account is in the sandbox: nobody is there to let it out."""
    return {"IsInSandbox": True}
