"""What functions of Object Lambda return for HeadObject and listings, in the form of the operation's answer."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

_HEADERS = {
    "accept-ranges": "AcceptRanges",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-length": "ContentLength",
    "content-type": "ContentType",
    "etag": "ETag",
    "last-modified": "LastModified",
    "x-amz-expiration": "Expiration",
    "x-amz-restore": "Restore",
    "x-amz-storage-class": "StorageClass",
    "x-amz-version-id": "VersionId",
}
_META = "x-amz-meta-"


class BadAnswer(ValueError):
    """A function returned what cannot be told to the caller."""


class Answer(NamedTuple):
    """What a function returned."""

    status: int
    code: str
    message: str
    members: dict[str, Any]


def members_of(operation: str, text: bytes, output: Any) -> Answer:
    """Return the members a function's JSON tells; ``output`` is the operation's output shape of botocore's model.

    S3 user guide, "Working with HeadObject requests in Lambda" and "Working with List requests in Lambda". Raises
    ``BadAnswer``.
    """
    try:
        answer = json.loads(text)
        status = int(answer.get("statusCode", 200))
        code, message = str(answer.get("errorCode", "")), str(answer.get("errorMessage", ""))
        if status >= 300:
            return Answer(status, code, message, {})
        if operation == "HeadObject":
            return Answer(status, code, message, _head(answer.get("headers") or {}))
        if "listResultXml" in answer:
            return Answer(status, code, message, _listing(answer["listResultXml"], output))
        return Answer(status, code, message, _plain_listing(answer["listBucketResult"]))
    except BadAnswer:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadAnswer(str(error)) from error


def _head(headers: dict[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower.startswith(_META):
            metadata[lower.removeprefix(_META)] = str(value)
        elif lower in _HEADERS:
            members[_HEADERS[lower]] = value
    if "ContentLength" in members:
        members["ContentLength"] = int(members["ContentLength"])
    if "LastModified" in members:
        members["LastModified"] = parsedate_to_datetime(members["LastModified"]).timestamp()
    return members | ({"Metadata": metadata} if metadata else {})


def _listing(xml: str, output: Any) -> dict[str, Any]:
    from botocore.parsers import create_parser

    answer = {"body": xml.encode(), "headers": {}, "status_code": 200}
    parsed: dict[str, Any] = create_parser("rest-xml").parse(answer, output)
    parsed.pop("ResponseMetadata", None)
    return parsed


def _plain_listing(listed: dict[str, Any]) -> dict[str, Any]:
    from datetime import datetime

    members = {name[:1].upper() + name[1:]: value for name, value in listed.items()}
    contents = []
    for entry in members.get("Contents") or []:
        told = {name[:1].upper() + name[1:]: value for name, value in entry.items()}
        if "Etag" in told:
            told["ETag"] = told.pop("Etag")
        if isinstance(told.get("LastModified"), str):
            told["LastModified"] = datetime.fromisoformat(told["LastModified"]).timestamp()
        contents.append(told)
    return {**members, "Contents": contents}
