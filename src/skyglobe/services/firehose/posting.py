"""HTTP to the endpoints that users name."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from urllib.parse import urlsplit

ANSWERS_WITHIN = 30  # seconds of real time; AWS waits three minutes
MAX_ANSWER_BYTES = 1 << 20  # developer guide: a response body has at most 1 MiB


async def post_to(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Post ``body`` and return status and body of the answer. Raises OSError when nobody answers."""
    return await asyncio.to_thread(_post, url, headers, body)


def _trust(host: str) -> ssl.SSLContext:
    """Return whom to believe: those an authority vouches for, and on this machine everybody.

    AWS takes https only. A server that listens on the loopback interface has nobody to vouch for it.
    """
    context = ssl.create_default_context()
    if host == "localhost" or host.startswith("127.") or host == "::1":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    place = urlsplit(url)
    host = place.hostname or ""
    connection = http.client.HTTPSConnection(host, place.port, timeout=ANSWERS_WITHIN, context=_trust(host))
    try:
        target = (place.path or "/") + (f"?{place.query}" if place.query else "")
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(MAX_ANSWER_BYTES)
    except http.client.HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
