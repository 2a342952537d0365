"""Every operation's output, written by our serializers, is read by botocore's own parsers to the same values.

By default a sample runs; ``SKYGLOBE_CONFORMANCE=all`` proves every operation of every service in every protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.models import OperationModel, Shape, load
from skyglobe.protocols.serializing import compile_serializer
from tests.conformance.botocore_reading import read
from tests.conformance.examples import drawing
from tests.conformance.received import received
from tests.conformance.sampling import chosen_operations, chosen_services
from tests.conformance.strategies import same, values

NOT_IN_HEADERS = re.compile(r"[^ -~]")
REQUEST_ID = "0b2b8f5e-6f0c-5d3e-9b39-d2a1c3e5f701"

CANNOT_BE_READ = {
    (
        "s3",
        "GetBucketNotification",
        "rest-xml",
    ): "the deprecated member Event and the list Events are one element, Event",
}
"""(service, operation, protocol): why botocore itself cannot read it."""


@pytest.mark.spec("SDK-004")
@pytest.mark.parametrize("service", chosen_services())
def test_outputs_written_by_us_are_read_by_botocore_to_the_same_values(
    service: str, record_property: Callable[[str, object], None]
) -> None:
    for protocol in load(service).protocols:
        left_out = [name for name in load(service).operation_names if (service, name, protocol) in CANNOT_BE_READ]
        operations = chosen_operations(service, protocol, left_out)
        for operation in operations:
            prove(operation, protocol)
        record_property("conformance", ["outputs", protocol, len(operations)])


def prove(operation: OperationModel, protocol: str) -> None:
    serialize = compile_serializer(operation, protocol)

    @drawing
    @given(outputs(operation, protocol))
    def read_back(result: dict[str, Any]) -> None:
        response = serialize(result, REQUEST_ID)
        parsed = read(operation, protocol, response)
        expected = received(operation, protocol, result, response)
        assert same(parsed, expected), (
            f"{operation}, {protocol}:\nwritten {expected}\nread    {parsed}\nwire {response.headers} {response.body!r}"
        )

    read_back()


@st.composite
def outputs(draw: st.DrawFn, operation: OperationModel, protocol: str) -> dict[str, Any]:
    """Draw a result of ``operation``, with a few events where it has a stream of them."""
    shape = operation.output
    if shape is None:
        return {}
    result: dict[str, Any] = draw(values(shape, protocol))
    for name, member in shape.members.items():
        if member.is_event_stream:
            result[name] = draw(st.lists(events(member, protocol), max_size=3))
        elif member.location == "headers" and name in result:
            # What headers do to other characters is told in tests of its own.
            result[name] = {key: NOT_IN_HEADERS.sub("", text).strip() for key, text in result[name].items()}
    return result


def events(stream: Shape, protocol: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw one event of a stream; errors among its members have tests of their own."""
    names = [name for name, member in stream.members.items() if not member.is_exception]
    return st.sampled_from(names).flatmap(
        lambda name: values(stream.members[name], protocol).map(lambda value: {name: value})
    )
