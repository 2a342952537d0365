"""Every REST operation of every service, as botocore's own client writes it, is recognised as itself."""

from __future__ import annotations

import datetime as dt
import sys
from functools import cache
from typing import Any

import pytest
from botocore.awsrequest import prepare_request_dict
from botocore.model import OperationModel as ClientOperation
from botocore.model import ServiceModel as ClientModel
from botocore.model import Shape as ClientShape
from botocore.serialize import create_serializer

from skyglobe.models import load, service_names
from skyglobe.models.loading import read_model, versions
from skyglobe.models.routing import router

TRICKY = "a/b+c %é~:@"
PLAIN = "plain-1"

SUPERSEDED = "deprecated; its successor has the same method, path and query, and reads every body the old one wrote"
INDISTINGUISHABLE = {
    ("s3", "GetBucketLifecycle"): ("GetBucketLifecycleConfiguration", SUPERSEDED),
    ("s3", "GetBucketNotification"): ("GetBucketNotificationConfiguration", SUPERSEDED),
    ("s3", "PutBucketLifecycle"): ("PutBucketLifecycleConfiguration", SUPERSEDED),
    ("s3", "PutBucketNotification"): ("PutBucketNotificationConfiguration", SUPERSEDED),
    ("s3", "ListDirectoryBuckets"): ("ListBuckets", "the same request, told apart by the host s3express-control alone"),
}
"""(service, operation): the operation that answers in its place, and why nothing the router sees could tell."""


def rest_services() -> list[str]:
    return [name for name in service_names() if any(p.startswith("rest") for p in load(name).protocols)]


@cache
def client_model(name: str) -> ClientModel:
    return ClientModel(read_model(name, versions(name)[-1]), name)


def minimal(shape: ClientShape, text: str, depth: int = 0) -> Any:
    """Return the smallest value with all required members."""
    if shape.type_name == "structure":
        required = shape.metadata.get("required", [])
        return {name: minimal(shape.members[name], text, depth + 1) for name in required} if depth < 8 else {}
    if shape.type_name == "list":
        return [minimal(shape.member, text, depth + 1)] if depth < 8 else []
    if shape.type_name == "map":
        return {}
    scalars = {"integer": 1, "long": 1, "float": 1.5, "double": 1.5, "boolean": True, "blob": b"b"}
    if shape.type_name == "timestamp":
        return dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    return scalars.get(shape.type_name, text)


def beside_the_body(operation: ClientOperation) -> dict[str, Any]:
    """Return a value for every member, required or not, that is written in the query or a header."""
    members = operation.input_shape.members.items() if operation.input_shape else ()
    placed = {
        name: shape for name, shape in members if shape.serialization.get("location") in ("querystring", "header")
    }
    return {name: minimal(shape, PLAIN) for name, shape in placed.items()}


def written(
    operation: ClientOperation, text: str, options: dict[str, Any]
) -> tuple[str, str, str, dict[str, str], dict[str, Any]]:
    """Return method, path, query, headers and input as botocore's serializer writes them."""
    given = options | (minimal(operation.input_shape, PLAIN) if operation.input_shape else {})
    for name, shape in operation.input_shape.members.items() if operation.input_shape else ():
        if shape.serialization.get("location") == "uri" and shape.type_name == "string":
            given[name] = text
    protocol = operation.service_model.metadata["protocol"]
    request = create_serializer(protocol, False).serialize_to_request(given, operation)
    request.pop("host_prefix", None)
    prepare_request_dict(request, "http://localhost")
    path, _, query = request["url"].removeprefix("http://localhost").partition("?")
    return request["method"], path, query, {key.lower(): value for key, value in request["headers"].items()}, given


@pytest.mark.parametrize(("text", "is_full"), [(PLAIN, False), (TRICKY, False), (PLAIN, True)])
def test_what_botocore_writes_is_recognised(text: str, is_full: bool) -> None:
    count, surprises = 0, {}
    for name in rest_services():
        for operation_name in load(name).operation_names:
            operation = client_model(name).operation_model(operation_name)
            method, path, query, headers, given = written(
                operation, text, beside_the_body(operation) if is_full else {}
            )
            found = router(load(name)).match(method, path, query, headers)
            count += 1
            if found is None or found[0].name != operation_name:
                surprises[name, operation_name] = found and found[0].name
                continue
            for member, shape in operation.input_shape.members.items() if operation.input_shape else ():
                if shape.serialization.get("location") == "uri":
                    label = found[1][shape.serialization.get("name", member)]
                    assert label == str(given[member]), (name, operation_name, path)
    sys.stdout.write(
        f"\n{count} REST operations of {len(rest_services())} services, {len(surprises)} indistinguishable\n"
    )
    assert surprises == {key: instead for key, (instead, _) in INDISTINGUISHABLE.items()}
    assert count > 9000
