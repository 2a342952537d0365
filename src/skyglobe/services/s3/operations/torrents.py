"""BitTorrent, which S3 gave up in April 2021: whoever may ask is refused."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import finding, places, s3


@s3.operation
def get_object_torrent(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Raise MethodNotAllowed for an object that is there, NoSuchKey for others. AWS documents no error of its own."""
    finding.get_object(call, places.enter_object(call, request, writes=False), request)
    text = "The specified method is not allowed against this resource."
    raise s3.error("MethodNotAllowed", text, status=405, Method="GET", ResourceType="TORRENT")
