"""Amazon EventBridge: event buses, rules and schedules, targets, archives and replays, API destinations.

Matching, delivery with retries and dead letters, permissions of buses, schedules by the clock and replays are real.
Partner event sources, global endpoints and targets of services that are not there answer 501.
``docs/services/eventbridge.md`` has the details.
"""

from skyglobe.kernel.service import Service

events = Service(
    "events",
    parts=(
        "operations.buses",
        "operations.permissions",
        "operations.rules",
        "operations.targets",
        "operations.putting",
        "operations.patterns",
        "operations.archives",
        "operations.replays",
        "operations.connections",
        "operations.api_destinations",
        "operations.tags",
        "engine",
        "scheduling",
        "replaying",
        "authorizing",
        "needs",
    ),
)
