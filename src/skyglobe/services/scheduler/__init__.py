"""Amazon EventBridge Scheduler: schedules that call targets, once or again and again, in a role.

Time zones, flexible windows, retries, dead letters, groups and universal targets are real.
``docs/services/scheduler.md`` has the details.
"""

from skyglobe.kernel.service import Service

scheduler = Service(
    "scheduler",
    parts=("operations.schedules", "operations.groups", "operations.tags", "engine", "needs"),
)
