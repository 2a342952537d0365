"""How much of a session token its policies and tags take.

AWS packs them in a way it does not document and tells the share in percent. Here tags take a byte for each byte of key
and value, of 455: people who passed nine tags of 252 characters were told 498 %. Policies take what deflating leaves of
them, of 2,048.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from skyglobe.services.sts import sts
from skyglobe.services.sts.rules.session_tags import Pairs

MAX_PLAIN = 2_048  # characters of inline and managed session policies; STS API reference, AssumeRole
TAGS_ALLOTTED = 455  # bytes
POLICIES_ALLOTTED = 2_048  # bytes


def packed_size(policies: Sequence[str], tags: Pairs) -> int:
    """Return the share of the allotted space in percent, at least 1. Raises PackedPolicyTooLarge above 100."""
    if sum(map(len, policies)) > MAX_PLAIN:
        raise _too_large("session policies", max(sum(map(len, policies)) * 100 // MAX_PLAIN, 101))
    packed_policies = len(zlib.compress("".join(policies).encode(), 9)) if policies else 0
    tag_bytes = sum(len(key.encode()) + len(value.encode()) for key, value in tags)
    share = 100 * (packed_policies / POLICIES_ALLOTTED + tag_bytes / TAGS_ALLOTTED)
    if share > 100:
        what = "session policies and session tags" if policies else "session tags"
        raise _too_large(what, max(round(share), 101))
    return max(round(share), 1)


def _too_large(what: str, size: int) -> Exception:
    return sts.errors.PackedPolicyTooLargeException(f"Packed size of {what} consumes {size}% of allotted space.")
