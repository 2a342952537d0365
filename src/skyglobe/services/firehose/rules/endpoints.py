"""Requests to HTTP endpoints; developer guide, "HTTP endpoint delivery request and response specifications"."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any
from urllib.parse import urlsplit


def is_url(text: str) -> bool:
    """Whether there is a host to connect to in a URL."""
    try:
        place = urlsplit(text)
        return bool(place.hostname) and (place.port is None or place.port > 0)
    except ValueError:
        return False


def delivery_request(
    destination: dict[str, Any], arn: str, request_id: str, at: int, data: list[bytes]
) -> tuple[dict[str, str], bytes]:
    """Return headers and body of the request that delivers ``data``."""
    wanted = destination.get("RequestConfiguration") or {}
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Amazon Kinesis Data Firehose Agent/1.0",
        "X-Amz-Firehose-Protocol-Version": "1.0",
        "X-Amz-Firehose-Request-Id": request_id,
        "X-Amz-Firehose-Source-Arn": arn,
    }
    if key := destination["EndpointConfiguration"].get("AccessKey"):
        headers["X-Amz-Firehose-Access-Key"] = key
    if attributes := wanted.get("CommonAttributes"):
        common = {given["AttributeName"]: given["AttributeValue"] for given in attributes}
        headers["X-Amz-Firehose-Common-Attributes"] = json.dumps({"commonAttributes": common})
    records = [{"data": base64.b64encode(one).decode("ascii")} for one in data]
    body = json.dumps({"requestId": request_id, "timestamp": at, "records": records}).encode()
    if wanted.get("ContentEncoding") == "GZIP":
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, mtime=0)
    return headers, body


def fault_of_response(status: int, body: bytes, request_id: str) -> tuple[str, str]:
    """Return code and message of why a response does not accept a delivery; two empty texts when it does."""
    if status != 200:
        return "HttpEndpoint.DestinationException", f"The endpoint answered with status {status}."
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("timestamp"), int):
        return "HttpEndpoint.ResponseFromDestinationInvalid", "The endpoint's response is not as specified."
    if answer.get("requestId") != request_id:
        return "HttpEndpoint.ResponseFromDestinationInvalid", "The endpoint's response has another requestId."
    return "", ""
