"""Tags of streams and consumers."""

from __future__ import annotations

from skyglobe.kernel.resources import MAX_TAGS, check_tags
from skyglobe.services.kinesis.refusals import invalid


def check_stream_tags(name: str, account: str, tags: dict[str, str]) -> None:
    """Raise InvalidArgumentException for tags that AWS does not take on a stream or consumer."""
    check_tags(
        tags,
        invalid,
        lambda _: invalid(
            f"Failed to add tags to stream {name} under account {account} because a given stream cannot have more "
            f"than {MAX_TAGS} tags associated with it."
        ),
    )
