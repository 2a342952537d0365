"""How long the log of a table's changes is kept: 24 hours for streams, up to 35 days for point-in-time recovery."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import find_timer, set_timer

STREAM_KEPT_FOR = 86_400_000  # milliseconds; developer guide, "Change data capture for DynamoDB Streams"
DAY = 86_400_000  # milliseconds
TRIM_PAUSE_FOR = 3_600_000  # milliseconds between two looks


def keep_trimming(scope: Scope, number: int) -> None:
    """Have what is too old taken out of a table's log, from now on."""
    if find_timer(scope, "dynamodb", "trim", str(number)) is None:
        set_timer(scope, "dynamodb", "trim", str(number), scope.now + TRIM_PAUSE_FOR)
