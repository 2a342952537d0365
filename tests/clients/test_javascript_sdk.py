"""The AWS SDK for JavaScript v3, where Node.js and npm are there to install it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clients.conftest import Server, javascript_project

PACKAGES = ("client-s3", "client-sqs", "client-sts", "lib-storage")
SCENARIO = Path(__file__).with_name("scenario.mjs")


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest) -> Path:
    return javascript_project(request, "javascript-sdk", PACKAGES, SCENARIO)


def test_a_story_in_javascript(server: Server, project: Path):
    seen = json.loads(server.run("node", SCENARIO.name, folder=project))
    assert seen == {
        "arn": "arn:aws:iam::000000000000:root",
        "body": "hello 𝔘",
        "attribute": "7",
        "error": "QueueDoesNotExist",
        "small": "small",
        "metadata": {"a": "b"},
        "same": True,
        "keys": ["large", "ä b/c+d"],
        "deleted": 2,
    }
