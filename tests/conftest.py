"""What all tests share: none of them fails because the machine is busy, and boto3 costs them no more than it must."""

import gc
import itertools

from hypothesis import HealthCheck, settings

from tests.sharing import share

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
share()


PASSED_OVER_EVERY = 200  # tests
_ended = itertools.count(1)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays: the tests, and all that is imported."""
    gc.freeze()


def pytest_runtest_logfinish() -> None:
    """Let it pass over what was loaded since, too: with every service's model in memory, one look at all takes seconds.

    The collection before frees the clouds of the tests that ended.
    """
    if next(_ended) % PASSED_OVER_EVERY == 0:
        gc.collect()
        gc.freeze()
