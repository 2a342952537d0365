"""ElectroDB and DynamoDB-Toolbox, which write expressions and keys of their own, where npm is there to install them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clients.conftest import Server, javascript_project

PACKAGES = ("client-dynamodb", "lib-dynamodb", "util-dynamodb")
OTHERS = ("electrodb@3", "dynamodb-toolbox@2")
SCENARIO = Path(__file__).with_name("entities.mjs")


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest) -> Path:
    return javascript_project(request, "javascript-entities", PACKAGES, SCENARIO, OTHERS)


def test_entities_in_one_table_are_kept_queried_and_changed(server: Server, project: Path):
    seen = json.loads(server.run("node", SCENARIO.name, folder=project))
    assert seen["electrodb"] == {
        "failed": 4001,
        "pages": [3, 6, 4],
        "patched": [43, ["x", "y"], ["late"], "closed"],
        "owned": [15, ["Ann"]],
        "got": ["t01", "t02"],
        "cancelled": [True, [[False, "None"], [True, "ConditionalCheckFailed"]]],
        "left": 30,
    }
    assert seen["toolbox"] == {
        "repeated": "ConditionalCheckFailedException",
        "item": {
            "customer": "c",
            "number": 2,
            "total": 25,
            "lines": ["one", "two"],
            "tags": ["q"],
            "address": {"street": "s"},
        },
        "totals": [60, 50, 40],
    }
