"""docs/admin-api.md says what the table of routes says."""

import re
import shlex
from pathlib import Path

import pytest

from skyglobe.admin.routes import all_routes, find_routes
from skyglobe.kernel.wire import Request

PAGE = (Path(__file__).parents[2] / "docs" / "admin-api.md").read_text()


def test_the_page_lists_every_route_and_no_other():
    listed = re.findall(r"^\| `([A-Z]+) (/_\S+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert listed == [(route.method, route.path, route.summary) for route in all_routes()]


EXAMPLES = re.findall(r"^curl .+$", PAGE, re.MULTILINE)


def request_of(example):
    """Return the request curl would send."""
    words = [word for word in shlex.split(example)[1:] if word != "-N"]
    given = {words[at]: words[at + 1] for at in range(len(words) - 1) if words[at] in ("-X", "-d", "-o")}
    (url,) = [word for word in words if word.startswith("localhost")]
    path, _, query = url.removeprefix("localhost:4566").partition("?")
    method = given.get("-X", "POST" if "-d" in given else "GET")
    return Request(method, path, query, {}, given.get("-d", "").encode())


def test_the_examples_are_found():
    assert len(EXAMPLES) == 7


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_work(cloud, example):
    request = request_of(example)
    if "follow" in request.query:
        assert request.method in find_routes(request.path)[0]
        return
    if "/monday/" in request.path:
        cloud.send(request_of(next(found for found in EXAMPLES if "name" in found)))
    assert cloud.send(request).status == 200
