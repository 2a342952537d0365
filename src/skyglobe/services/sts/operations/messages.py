"""DecodeAuthorizationMessage: what a denial says in full."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.sealing import AUTHORIZATION_MESSAGE, decrypted
from skyglobe.services.sts import sts


@sts.operation
def decode_authorization_message(call: Call, encoded_message: str) -> dict[str, Any]:
    """Decode what a denial of this cloud encoded. Raises InvalidAuthorizationMessageException for anything else."""
    decoded = decrypted(call.kernel, AUTHORIZATION_MESSAGE, encoded_message)
    if decoded is None:
        raise sts.errors.InvalidAuthorizationMessageException("The message passed is not a valid authorization message")
    return {"DecodedMessage": decoded}
