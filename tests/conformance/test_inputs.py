"""Every operation's input, written by botocore's own client serializer, is read back to the same values.

By default a sample runs; ``SKYGLOBE_CONFORMANCE=all`` proves every operation of every service in every protocol.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel, load
from skyglobe.models.routing import router
from skyglobe.protocols.parsing import compile_parser
from tests.conformance.botocore_wire import send
from tests.conformance.carried import carried
from tests.conformance.examples import drawing
from tests.conformance.sampling import chosen_operations, chosen_services
from tests.conformance.strategies import same, values

SAME_REQUEST_AS = {
    # Deprecated, and written exactly as their successors.
    ("s3", "GetBucketLifecycle"): "GetBucketLifecycleConfiguration",
    ("s3", "GetBucketNotification"): "GetBucketNotificationConfiguration",
    ("s3", "PutBucketLifecycle"): "PutBucketLifecycleConfiguration",
    ("s3", "PutBucketNotification"): "PutBucketNotificationConfiguration",
    # Sent to another host (s3express-control), which the model of the operation does not say.
    ("s3", "ListDirectoryBuckets"): "ListBuckets",
}
"""Operations whose requests at most the host tells from those of another, which is what the router answers with."""


@pytest.mark.spec("SDK-004")
@pytest.mark.parametrize("service", chosen_services())
def test_inputs_written_by_botocore_are_read_back_to_the_same_values(
    service: str, record_property: Callable[[str, object], None]
) -> None:
    for protocol in load(service).protocols:
        operations = chosen_operations(service, protocol)
        for operation in operations:
            prove(operation, protocol)
        record_property("conformance", ["inputs", protocol, len(operations)])


def prove(operation: OperationModel, protocol: str) -> None:
    inputs = values(operation.input, protocol) if operation.input is not None else st.just({})
    # botocore cannot write milliseconds in CBOR.
    precisions = ("default",) if protocol == "smithy-rpc-v2-cbor" else ("default", "millisecond")
    parse = compile_parser(operation, protocol)

    @drawing
    @given(inputs, st.sampled_from(precisions))
    def read_back(parameters: dict[str, object], precision: str) -> None:
        request = send(operation, protocol, parameters, precision)
        parsed = parse(request, routed(operation, request) if protocol.startswith("rest") else {})
        expected = carried(operation, protocol, parameters, request, precision)
        assert same(parsed, expected), (
            f"{operation}, {protocol}:\nsent   {expected}\nparsed {parsed}\nwire {request.body!r}"
        )

    read_back()


def routed(operation: OperationModel, request: Request) -> dict[str, str]:
    """Return the labels the router finds in the request, having checked that it finds the operation."""
    found = router(operation.service).match(request.method, request.path, request.query, request.headers)
    assert found is not None, f"{request.method} {request.path}?{request.query} is no operation of {operation.service}"
    reached, labels = found
    name = SAME_REQUEST_AS.get((operation.service.name, operation.name), operation.name)
    assert reached.name == name, f"{request.method} {request.path}?{request.query} is {reached}, not {operation}"
    return labels
