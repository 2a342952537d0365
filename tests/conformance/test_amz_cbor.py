"""``application/x-amz-cbor-1.1``, which AWS's Java SDKs speak to Kinesis: JSON's names, bytes, milliseconds.

botocore does not speak it; what Java's SDKs write and read is written and read here, from the models.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel, Shape, load
from skyglobe.protocols.errors import serialize_error
from skyglobe.protocols.parsing import compile_parser
from skyglobe.protocols.serializing import compile_serializer
from tests.conformance.examples import drawing
from tests.conformance.strategies import same, values

PROTOCOL = "amz-cbor"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
REQUEST_ID = "0b2b8f5e-6f0c-5d3e-9b39-d2a1c3e5f701"
KINESIS = load("kinesis")
OPERATIONS = [KINESIS.operation(name) for name in KINESIS.operation_names]
STREAMING = {"SubscribeToShard"}


def written(shape: Shape, value: Any) -> Any:
    """Return a value as Java's SDKs hand it to their CBOR generator: instants as tag 1 with milliseconds."""
    if shape.type == "structure":
        return {
            (shape.members[name].location_name or name): written(shape.members[name], item)
            for name, item in value.items()
        }
    if shape.type == "list":
        return [written(shape.element, item) for item in value]
    if shape.type == "map":
        return {key: written(shape.value, item) for key, item in value.items()}
    if shape.type == "timestamp":
        return cbor2.CBORTag(1, (value - EPOCH) // MILLISECOND)
    return value


def read(shape: Shape, value: Any) -> Any:
    """Return what Java's SDKs make of a decoded body."""
    if shape.type == "structure":
        by_wire_name = {member.location_name or name: (name, member) for name, member in shape.members.items()}
        return {by_wire_name[key][0]: read(by_wire_name[key][1], item) for key, item in value.items()}
    if shape.type == "list":
        return [read(shape.element, item) for item in value]
    if shape.type == "map":
        return {key: read(shape.value, item) for key, item in value.items()}
    if shape.type == "timestamp":
        assert isinstance(value, int)
        return EPOCH + value * MILLISECOND
    return value


def cut(shape: Shape, value: Any) -> Any:
    """Return a value with instants cut to milliseconds."""
    if shape.type == "structure":
        return {name: cut(shape.members[name], item) for name, item in value.items()}
    if shape.type == "list":
        return [cut(shape.element, item) for item in value]
    if shape.type == "timestamp":
        return EPOCH + (value - EPOCH) // MILLISECOND * MILLISECOND
    return value


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_inputs_are_read_back_to_the_same_values(operation: OperationModel) -> None:
    if operation.input is None:
        return
    shape, parse = operation.input, compile_parser(operation, PROTOCOL)

    @drawing
    @given(values(shape, "json"))
    def read_back(parameters: dict[str, Any]) -> None:
        body = cbor2.dumps(written(shape, parameters))
        assert same(parse(Request("POST", "/", body=body), {}), cut(shape, parameters))

    read_back()


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.name not in STREAMING], ids=str)
def test_outputs_are_read_to_the_same_values(operation: OperationModel) -> None:
    if operation.output is None:
        return
    shape, serialize = operation.output, compile_serializer(operation, PROTOCOL)

    @drawing
    @given(values(shape, "json"))
    def read_back(result: dict[str, Any]) -> None:
        response = serialize(result, REQUEST_ID)
        assert response.headers["Content-Type"] == "application/x-amz-cbor-1.1"
        assert same(read(shape, cbor2.loads(response.body)), cut(shape, result))

    read_back()


def test_errors_tell_their_code_in_header_and_body() -> None:
    error = ServiceError("Stream s not found.", code="ResourceNotFoundException")
    response = serialize_error(error, KINESIS, PROTOCOL, REQUEST_ID)
    assert response.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"
    assert cbor2.loads(response.body) == {"__type": "ResourceNotFoundException", "message": "Stream s not found."}


@given(st.binary(max_size=200))
def test_any_bytes_are_an_input_or_are_refused(body: bytes) -> None:
    parse = compile_parser(KINESIS.operation("PutRecords"), PROTOCOL)
    with contextlib.suppress(ServiceError):
        parse(Request("POST", "/", body=body), {})
