"""Responses of every protocol, compiled from the models: what an operation returned in, HTTP out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.wire import Response
from skyglobe.models import OperationModel
from skyglobe.protocols.serializing.events import encode_error_event, encode_output_event
from skyglobe.protocols.serializing.faults import UnknownMember
from skyglobe.protocols.serializing.query import compile_ec2, compile_query
from skyglobe.protocols.serializing.rest import compile_rest
from skyglobe.protocols.serializing.rpc import compile_rpc

__all__ = ["Serializer", "UnknownMember", "compile_serializer", "encode_error_event", "encode_output_event"]

Serializer = Callable[[dict[str, Any], str], Response]


def compile_serializer(operation: OperationModel, protocol: str) -> Serializer:
    """Return a function from an operation's result and the request id to the response. Compile once, call often.

    Results are in API names with the values boto3 users receive: text, numbers, booleans, bytes, aware datetimes
    (or seconds since the epoch), lists and dicts; members that are None are left out. The function raises
    ``UnknownMember`` for a name the model does not have. Raises ValueError for an unknown protocol.
    """
    match protocol:
        case "json" | "smithy-rpc-v2-cbor" | "amz-cbor":
            return compile_rpc(operation, protocol)
        case "query":
            return compile_query(operation)
        case "ec2":
            return compile_ec2(operation)
        case "rest-json" | "rest-xml":
            return compile_rest(operation, protocol)
    raise ValueError(f"no protocol is called {protocol!r}")
