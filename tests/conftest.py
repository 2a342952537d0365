"""What all tests share: none of them fails because the machine is busy, and boto3 costs them no more than it must."""

import gc

from hypothesis import HealthCheck, settings

from tests.sharing import share

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
share()


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays: the tests, and all that is imported."""
    gc.freeze()
