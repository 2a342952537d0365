"""DynamoDB's document client of the AWS SDK for JavaScript v3, where Node.js and npm are there to install it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import PATIENCE, Server

PACKAGES = ("client-dynamodb", "client-dynamodb-streams", "lib-dynamodb")
SCENARIO = Path(__file__).with_name("documents.mjs")


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest) -> Path:
    """A folder in pytest's cache with the SDK installed; the next run finds it there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed")
    folder = request.config.cache.mkdir("javascript-documents")
    if not all((folder / "node_modules" / "@aws-sdk" / name).is_dir() for name in PACKAGES):
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        names = [f"@aws-sdk/{name}@3" for name in PACKAGES]
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *names]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("npm took too long to install the SDK")
        if done.returncode != 0:
            pytest.skip(f"npm cannot install the SDK: {done.stderr.strip()[-200:]}")
    shutil.copy(SCENARIO, folder / SCENARIO.name)
    return folder


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
