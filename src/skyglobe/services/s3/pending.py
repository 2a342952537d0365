"""Uploads in progress, and what their requests share."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import errors
from skyglobe.services.s3.records import Upload, uploads
from skyglobe.services.s3.rules.parts import MAX_PART_NUMBER


def get_upload(scope: Scope, request: dict[str, Any]) -> Upload:
    """Return the upload a request names. Raises NoSuchUpload."""
    found = uploads.find(scope, request["Bucket"], request["Key"], request["UploadId"])
    if found is None:
        raise errors.no_such_upload(request["UploadId"])
    return found


def check_part_number(request: dict[str, Any]) -> int:
    """Return the part number of a request. Raises InvalidArgument."""
    number: int = request["PartNumber"]
    if not 1 <= number <= MAX_PART_NUMBER:
        text = f"Part number must be an integer between 1 and {MAX_PART_NUMBER}, inclusive"
        raise errors.invalid_argument(text, "partNumber", number)
    return number
