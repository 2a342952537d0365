"""What Glacier's stories share: a client, a vault, and a way to fetch what jobs put out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from skyglobe.testing import TestCloud

ONCE = ClientConfig(retries={"total_max_attempts": 1})
MIB = 1024 * 1024


@pytest.fixture
def glacier(aws: Any) -> Any:
    """A client in us-east-1 that takes the first answer."""
    return aws.client("glacier", config=ONCE)


@pytest.fixture
def vault(glacier: Any) -> str:
    """A vault."""
    glacier.create_vault(vaultName="ice")
    return "ice"


@pytest.fixture
def refused() -> Callable[..., Any]:
    """Return a context manager that expects an error of a code and status, and yields the whole answer."""

    @contextlib.contextmanager
    def expecting(code: str, status: int = 400) -> Iterator[dict[str, Any]]:
        answer: dict[str, Any] = {}
        with pytest.raises(ClientError) as caught:
            yield answer
        answer.update(caught.value.response)
        assert answer["Error"]["Code"] == code, answer
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, answer

    return expecting


@pytest.fixture
def fetch(cloud: TestCloud, glacier: Any, vault: str) -> Callable[..., dict[str, Any]]:
    """Return a function that begins a job, turns the clock past its end and returns its output."""

    def fetched(**parameters: Any) -> dict[str, Any]:
        job = glacier.initiate_job(vaultName=vault, jobParameters=parameters)["jobId"]
        cloud.turn(hours=12)
        answer: dict[str, Any] = glacier.get_job_output(vaultName=vault, jobId=job)
        return answer

    return fetched
