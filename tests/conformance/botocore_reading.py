"""Responses as botocore's own client reads them."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.eventstream import EventStream
from botocore.handlers import parse_get_bucket_location
from botocore.model import Shape as BotocoreShape
from botocore.parsers import create_parser
from botocore.response import StreamingBody

from skyglobe.kernel.wire import Response
from skyglobe.models import OperationModel
from tests.conformance.botocore_wire import botocore_model


class Raw(BytesIO):
    """A response body that is still to be read, as urllib3 gives it to botocore."""

    def stream(self) -> Iterator[bytes]:
        """Yield the body in pieces that cut messages apart."""
        while piece := self.read(37):
            yield piece


def read(operation: OperationModel, protocol: str, response: Response) -> dict[str, Any]:
    """Return what a boto3 user gets for ``response``: blobs read, event streams as lists, without ResponseMetadata.

    The metadata is checked here: its RequestId and status must be those of the response.
    """
    model = botocore_model(operation.service, protocol).operation_model(operation.name)
    assert isinstance(response.body, bytes)
    body: Any = response.body
    if model.has_event_stream_output:
        body = Raw(response.body)
    elif model.has_streaming_output:
        body = StreamingBody(Raw(response.body), len(response.body))
    parsed = create_parser(protocol).parse(as_dict(operation, response, body), model.output_shape)
    metadata = parsed.pop("ResponseMetadata")
    assert metadata["HTTPStatusCode"] == response.status
    # botocore's CBOR parser looks for no request id where there is no output.
    assert "RequestId" in metadata or (protocol == "smithy-rpc-v2-cbor" and operation.output is None)
    if operation.service.name == "s3" and operation.name == "GetBucketLocation":
        read_bucket_location(parsed, response.body)
    return {name: _whole(value) for name, value in parsed.items()}


def read_error(operation: OperationModel, protocol: str, response: Response) -> dict[str, Any]:
    """Return botocore's parsed error: ``Error`` and, where the error is modelled, its members beside it."""
    model = botocore_model(operation.service, protocol)
    parser = create_parser(protocol)
    whole = as_dict(operation, response, response.body)
    parsed: dict[str, Any] = parser.parse(whole, model.operation_model(operation.name).output_shape)
    shape: BotocoreShape | None = model.shape_for_error_code(parsed["Error"]["Code"])
    if shape is not None:
        parsed.update(parser.parse(whole, shape))
    return parsed


def as_dict(operation: OperationModel, response: Response, body: Any) -> dict[str, Any]:
    """Return the response as botocore's endpoint hands it to its parsers."""
    return {
        "headers": HeadersDict(response.headers),
        "status_code": response.status,
        "context": {"operation_name": operation.name},
        "body": body,
    }


def read_bucket_location(parsed: dict[str, Any], body: bytes) -> None:
    """Let botocore's handler read what its model cannot say: the root's own text."""

    class Answer:
        raw = content = body

    parse_get_bucket_location(parsed, Answer)
    if parsed["LocationConstraint"] is None:
        del parsed["LocationConstraint"]


def _whole(value: Any) -> Any:
    if isinstance(value, StreamingBody):
        return value.read()
    return list(value) if isinstance(value, EventStream) else value
