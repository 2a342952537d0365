"""What tests of commands need."""

import pytest

from tests.cli.shells import a_free_port


@pytest.fixture
def free_port(worker_id):
    return a_free_port(worker_id)
