"""Queue URLs: how they are written, and every form in which clients send them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from skyglobe.services.sqs import sqs

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_ACCOUNT = re.compile(r"\d{12}")


class Place(NamedTuple):
    """Where a queue lives. ``region`` is empty when the URL does not tell."""

    account: str
    region: str
    name: str


def queue_url(endpoint: str, account: str, name: str) -> str:
    """Return the URL by which clients know a queue."""
    return f"{endpoint}/{account}/{name}"


@lru_cache(maxsize=4096)
def parse_queue_url(url: str) -> Place:
    """Return where the queue of ``url`` lives.

    Any host will do; a region is read from ``sqs.REGION.…``, ``REGION.queue.…`` and paths ``/queue/REGION/…``.
    Raises InvalidAddress.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise _invalid(url) from error
    place = parse_queue_path(parts.path)
    if place is None or parts.scheme not in ("http", "https") or not host:
        raise _invalid(url)
    return place if place.region else place._replace(region=region_of_host(host))


def parse_queue_path(path: str) -> Place | None:
    """Return where the queue lives whose URL has this path, or None for paths of no queue."""
    fields = unquote(path).strip("/").split("/")
    region = ""
    if len(fields) == 4 and fields[0] == "queue" and _REGION.fullmatch(fields[1]):
        region = fields[1]
        fields = fields[2:]
    if len(fields) != 2 or not _ACCOUNT.fullmatch(fields[0]) or not fields[1]:
        return None
    return Place(fields[0], region, fields[1])


def region_of_host(host: str) -> str:
    """Return the region that SQS's host names carry (``sqs.eu-west-1.…``, ``eu-west-1.queue.…``), else nothing."""
    labels = host.lower().split(".")
    if len(labels) > 2:
        if labels[0] in ("sqs", "sqs-fips") and _REGION.fullmatch(labels[1]):
            return labels[1]
        if labels[1] == "queue" and _REGION.fullmatch(labels[0]):
            return labels[0]
    return ""


def _invalid(url: str) -> Exception:
    return sqs.errors.InvalidAddress(f"The address {url} is not valid for this endpoint.")
