"""Static websites: a bucket's configuration."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import documents, errors, s3, settings
from skyglobe.services.s3.guards import document_of
from skyglobe.services.s3.rules.websites import BadWebsite, check_website


@s3.operation
def put_bucket_website(call: Call, request: dict[str, Any]) -> None:
    """Make a bucket a website, or change what it is. Raises InvalidArgument, InvalidRequest, MalformedXML."""
    home = settings.enter(call, request)
    documents.check_document(call, request)
    configuration = request.get("WebsiteConfiguration") or {}
    try:
        check_website(configuration)
    except BadWebsite as error:
        raise s3.error(error.code, error.message) if error.message else errors.malformed_xml() from error
    settings.keep_document(call, home, "website", json.dumps(configuration))
    settings.change(call, home, has_website=True)


@s3.operation
def get_bucket_website(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return what a bucket is as a website. Raises NoSuchWebsiteConfiguration."""
    home = settings.enter(call, request)
    text = document_of(call, home.name, "website")
    if not text:
        raise errors.no_such_website(home.name)
    configuration: dict[str, Any] = json.loads(text)
    return configuration


@s3.operation
def delete_bucket_website(call: Call, request: dict[str, Any]) -> None:
    """Let a bucket be no website any more."""
    home = settings.enter(call, request)
    settings.drop_document(call, home, "website")
    settings.change(call, home, has_website=False)
