"""HTTP to the endpoints that users name."""

from __future__ import annotations

import asyncio
import http.client
from urllib.parse import urlsplit

ANSWERS_WITHIN = 30  # seconds of real time; AWS waits three minutes
MAX_ANSWER_BYTES = 1 << 20  # developer guide: a response body has at most 1 MiB


async def post_to(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Post ``body`` and return status and body of the answer. Raises OSError when nobody answers."""
    return await asyncio.to_thread(_post, url, headers, body)


def _post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    place = urlsplit(url)
    made = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = made(place.hostname or "", place.port, timeout=ANSWERS_WITHIN)
    try:
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(MAX_ANSWER_BYTES)
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
