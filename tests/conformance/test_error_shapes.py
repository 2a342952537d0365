"""Every modelled error, written by us in each protocol, is read by botocore to the same code, message and members.

By default a sample of services runs; ``SKYGLOBE_CONFORMANCE=all`` proves every error of every service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import EventStreamError
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.models import OperationModel, Shape, load, service_names
from skyglobe.models.errors import ErrorShape, error_shapes
from skyglobe.protocols.errors import serialize_error
from skyglobe.protocols.serializing import compile_serializer, encode_error_event
from tests.conformance.botocore_reading import read, read_error
from tests.conformance.examples import drawing
from tests.conformance.received import XML, received_members
from tests.conformance.sampling import WHOLE, chosen_services
from tests.conformance.strategies import same, values

SAMPLED_ERRORS = 6  # of each service and protocol
REQUEST_ID = "6a0d1d0b-7b63-5d4f-8f1d-52f3c3a0e9c4"


def errors_of(service: str) -> Iterator[tuple[OperationModel, ErrorShape]]:
    """Yield each error that operations of ``service`` name, with the first operation that does."""
    model = load(service)
    seen = set()
    for operation in map(model.operation, model.operation_names):
        for shape in operation.errors:
            if shape.name not in seen:
                seen.add(shape.name)
                yield operation, error_shapes(model)[shape.name]


@pytest.mark.parametrize("service", chosen_services())
def test_errors_written_by_us_are_read_by_botocore_to_the_same_code_message_and_members(
    service: str, record_property: Callable[[str, object], None]
) -> None:
    for protocol in load(service).protocols:
        chosen = list(errors_of(service))[: None if WHOLE else SAMPLED_ERRORS]
        for operation, known in chosen:
            prove(operation, known, protocol)
        record_property("conformance", ["errors", protocol, len(chosen)])


def prove(operation: OperationModel, known: ErrorShape, protocol: str) -> None:
    @drawing
    @given(values(known.shape, protocol), st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=9))
    def read_back(members: dict[str, Any], message: str) -> None:
        fields = {name: item for name, item in members.items() if name.lower() != "message"}
        say_type(known, fields)
        error = ServiceError(message, code=known.code, status=known.status, fields=fields)
        response = serialize_error(error, operation.service, protocol, REQUEST_ID)
        parsed = read_error(operation, protocol, response)
        assert response.status == known.status
        assert parsed["ResponseMetadata"]["RequestId"] == REQUEST_ID
        is_query = protocol == "query" or (operation.service.is_query_compatible and not protocol.startswith("rest"))
        assert parsed["Error"]["Code"] == (known.query_code if is_query else known.code)
        assert (parsed["Error"]["Message"] or "") == message
        expected = received_members(known.shape, protocol, fields) | said_by_all(known, protocol, message)
        found = {name: item for name, item in parsed.items() if name not in ("Error", "ResponseMetadata")}
        assert same(found, expected), f"{known}, {protocol}:\nwritten {expected}\nread {found}\nwire {response.body!r}"

    read_back()


def say_type(known: ErrorShape, fields: dict[str, Any]) -> None:
    """Let a member that is the header with the error's type say the error's type."""
    for name, member in known.shape.members.items():
        if member.location == "header" and (member.location_name or name).lower() == "x-amzn-errortype":
            fields[name] = known.code


def said_by_all(known: ErrorShape, protocol: str, message: str) -> dict[str, str]:
    """Return the error's own members for what every error says, as far as botocore finds them.

    XML has one element for each, ``Code`` and ``Message``, whatever the members are called; botocore finds only what it
    is called.
    """
    said = {}
    for name, member in known.shape.members.items():
        if name.lower() == "message" and (protocol not in XML or (member.location_name or name) == "Message"):
            said[name] = message
        elif name == "Code" and protocol in XML:
            said[name] = known.query_code
    return said


def streams() -> Iterator[Any]:
    """Yield every event stream a response can have, with its protocol."""
    for service in service_names() if WHOLE else ("bedrock-runtime", "kinesis", "lambda", "s3"):
        model = load(service)
        for operation in map(model.operation, model.operation_names):
            for name, member in operation.output.members.items() if operation.output else ():
                if member.is_event_stream:
                    yield pytest.param(operation, name, member, id=f"{service}-{operation.name}")


@pytest.mark.parametrize(("operation", "name", "stream"), list(streams()))
def test_errors_in_mid_stream_reach_the_client_with_code_and_message(
    operation: OperationModel, name: str, stream: Shape
) -> None:
    protocol = operation.service.protocols[0]
    codes = [member for member, shape in stream.members.items() if shape.is_exception]
    for code in [*codes, "NeverModelled"]:
        message = encode_error_event(stream, ServiceError("it broke", code=code), protocol)
        response = compile_serializer(operation, protocol)({name: [message]}, REQUEST_ID)
        with pytest.raises(EventStreamError) as raised:
            read(operation, protocol, response)
        assert raised.value.response["Error"] == {"Code": code, "Message": "it broke"}
