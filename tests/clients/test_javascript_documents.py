"""DynamoDB's document client of the AWS SDK for JavaScript v3, where Node.js and npm are there to install it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clients.conftest import Server, javascript_project

PACKAGES = ("client-dynamodb", "client-dynamodb-streams", "lib-dynamodb")
SCENARIO = Path(__file__).with_name("documents.mjs")


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest) -> Path:
    return javascript_project(request, "javascript-documents", PACKAGES, SCENARIO)


def test_a_story_of_documents_in_javascript(server: Server, project: Path):
    seen = json.loads(server.run("node", SCENARIO.name, folder=project))
    assert seen == {
        "item": {
            "pk": "ä",
            "sk": 1.5,
            "list": [1, "x", None, {"deep": True}],
            "set": ["a", "b"],
            "bytes": [0, 255],
        },
        "failed": [True, "1.5"],
        "updated": {"list": [42]},
        "keys": list(range(24, 4, -1)),
        "cancelled": [True, ["None", "ConditionalCheckFailed"]],
        "records": 27,
    }
