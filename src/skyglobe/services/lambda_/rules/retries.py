"""When asynchronous invocations are tried again.

Developer guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

DEFAULT_RETRIES = 2
DEFAULT_MAX_AGE_S = 21_600  # six hours
_AFTER_FAILURES = (60_000, 120_000)  # milliseconds; "one minute ... and two minutes between the second and third"
_THROTTLED_FROM = 1_000  # milliseconds; "the retry interval increases exponentially from 1 second ...
_THROTTLED_TO = 300_000  # ... after the first attempt to a maximum of 5 minutes"


def retry_after(failures_before: int) -> int:
    """Return how many milliseconds after a failure an event is tried again."""
    return _AFTER_FAILURES[min(failures_before, len(_AFTER_FAILURES) - 1)]


def throttled_for(times_before: int) -> int:
    """Return how many milliseconds after it found no room an event is tried again."""
    return min(_THROTTLED_FROM << min(times_before, 20), _THROTTLED_TO)
