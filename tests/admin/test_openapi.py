"""The OpenAPI document and the table that dispatches say the same."""

import json
import re

import msgspec
import pytest

from skyglobe.admin.openapi import openapi
from skyglobe.admin.routes import all_routes, find_routes
from skyglobe.kernel.wire import Request

DOCUMENT = json.loads(msgspec.json.encode(openapi()))
OPERATIONS = [
    (path, method.upper(), operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def test_every_route_is_described_and_nothing_else():
    assert {(path, method) for path, method, _ in OPERATIONS} == {(route.path, route.method) for route in all_routes()}


def test_every_description_leads_to_its_route():
    for path, method, operation in OPERATIONS:
        found, segments = find_routes(re.sub(r"\{\w+\}", "some-name", path))
        assert found[method].operation_id == operation["operationId"]
        assert segments == dict.fromkeys(re.findall(r"\{(\w+)\}", path), "some-name")


def test_every_operation_has_a_name_and_a_summary_of_its_own():
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(operation["summary"].endswith(".") for _, _, operation in OPERATIONS)


def test_every_input_is_described_once_in_its_place():
    for route in all_routes():
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        parameters = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        in_body = body.get("properties", {})
        assert sorted([*parameters, *in_body]) == sorted(field.name for field in msgspec.structs.fields(route.takes))
        assert {name for name in parameters if parameters[name]["in"] == "path"} == set(route.path_names)


def test_every_reference_leads_somewhere():
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT)))
    assert references
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in DOCUMENT["components"]["schemas"]


PLAIN = [route for route in all_routes() if route.method == "GET" and not route.path_names]


@pytest.mark.parametrize("route", PLAIN, ids=[route.path for route in PLAIN])
def test_answers_are_what_the_document_says(cloud, aws, route):
    aws.client("sts").get_caller_identity()
    response = cloud.send(Request("GET", route.path))
    assert response.status == 200
    assert response.headers["Content-Type"] == route.media
    content = msgspec.json.decode(response.body)
    msgspec.convert(content, route.gives)
    if isinstance(route.gives, type) and issubclass(route.gives, msgspec.Struct):
        assert set(content) == {field.name for field in msgspec.structs.fields(route.gives)}


def test_the_document_itself_is_served(cloud):
    response = cloud.send(Request("GET", "/_skyglobe/openapi.json"))
    assert json.loads(response.body) == DOCUMENT
    assert DOCUMENT["openapi"] == "3.1.0"
