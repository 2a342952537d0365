"""In quota mode, calls beyond AWS's rates are throttled."""

import pytest

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud
from tests.services.logs.conftest import ONCE


@pytest.fixture
def still_cloud():
    """A cloud in quota mode whose clock moves only when it is turned."""
    made = TestCloud(Config(quotas=True), clock=Clock(wall=lambda: 1_800_000_000_000))
    yield made
    made.close()


def test_ten_groups_are_created_in_a_second(still_cloud, refused):
    logs = still_cloud.client("logs", config=ONCE)
    for number in range(10):
        logs.create_log_group(logGroupName=f"g{number}")
    code, status, text = refused(logs.create_log_group, logGroupName="more")
    assert (code, status, text) == ("ThrottlingException", 400, "Rate exceeded")
    still_cloud.turn(1)
    logs.create_log_group(logGroupName="more")


def test_nothing_is_limited_without_quotas(logs):
    for number in range(30):
        logs.create_log_group(logGroupName=f"g{number}")
