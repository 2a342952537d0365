"""The pytest plugin: fixtures ``cloud`` and ``aws``, and ``--skyglobe`` to have every test run inside a cloud."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud
from skyglobe.testing.clouds import cloud as fresh_cloud


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--skyglobe", action="store_true", help="answer all AWS calls of each test from a fresh cloud of its own"
    )


@pytest.fixture(autouse=True)
def _skyglobe_for_all(request: pytest.FixtureRequest) -> Iterator[None]:
    with fresh_cloud() if request.config.getoption("--skyglobe") else contextlib.nullcontext():
        yield


@pytest.fixture
def cloud_config() -> Config:
    """The configuration of ``cloud``; override it in a test module to run with another."""
    return Config()


@pytest.fixture
def cloud(cloud_config: Config) -> Iterator[TestCloud]:
    """A fresh cloud in memory."""
    made = TestCloud(cloud_config)
    yield made
    made.close()


@pytest.fixture
def aws(cloud: TestCloud) -> Any:
    """A boto3 session of ``cloud``: account 000000000000, region us-east-1."""
    return cloud.session()


@pytest.fixture
def endpoint(cloud: TestCloud) -> str:
    """The URL of ``cloud`` for clients that want a socket: the AWS CLI, other languages' SDKs, browsers."""
    return cloud.listen()
