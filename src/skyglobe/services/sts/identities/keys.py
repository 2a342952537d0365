"""The keys of an OpenID Connect provider, fetched from where it publishes them (OpenID Connect Discovery 1.0, 4).

A server is believed when a certificate authority of this machine vouches for it, or when its chain goes up to a
certificate whose thumbprint was registered. Runs in a thread: it blocks.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import ssl
from collections.abc import Collection
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

MAX_ANSWER_BYTES = 131_072  # discovery documents and key sets are a few kilobytes
TIMEOUT_FOR = 5  # seconds for each step; AWS names no number


class KeysUnavailable(Exception):
    """The provider's keys could not be had."""


def fetch_keys(issuer: str, thumbprints: Collection[str]) -> dict[str, Any]:
    """Return the JSON web key set of ``issuer``. Raises KeysUnavailable."""
    discovery = _get(issuer.rstrip("/") + "/.well-known/openid-configuration", thumbprints)
    if str(discovery.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise KeysUnavailable("the discovery document is another issuer's")
    return _get(str(discovery.get("jwks_uri", "")), thumbprints)


def _get(url: str, thumbprints: Collection[str]) -> dict[str, Any]:
    try:
        place = urlsplit(url)
        try:
            return _read(place, ssl.create_default_context())
        except ssl.SSLCertVerificationError:
            anchor = _find_anchor(place, thumbprints)
            if anchor is None:
                raise
            context = ssl.create_default_context(cadata=anchor)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the anchor need not be a root
            return _read(place, context)
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise KeysUnavailable(str(error)) from error


def _read(place: SplitResult, context: ssl.SSLContext) -> dict[str, Any]:
    with closing(_connection(place, context)) as connection:
        path = (place.path or "/") + (f"?{place.query}" if place.query else "")
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        body = response.read(MAX_ANSWER_BYTES + 1)
        if response.status != 200 or len(body) > MAX_ANSWER_BYTES:
            raise ValueError(f"the answer is {response.status} with {len(body)} bytes")
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("the answer is no JSON object")
    return found


def _connection(place: SplitResult, context: ssl.SSLContext) -> HTTPConnection:
    host = place.hostname or ""
    if place.scheme == "https":
        return HTTPSConnection(host, place.port, timeout=TIMEOUT_FOR, context=context)
    # AWS wants HTTPS. On this machine nobody listens in between, and a provider to try things with has no certificate.
    if place.scheme == "http" and _is_loopback(host):
        return HTTPConnection(host, place.port, timeout=TIMEOUT_FOR)
    raise ValueError(f"{place.scheme}://{host} is no place to fetch keys from")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _find_anchor(place: SplitResult, thumbprints: Collection[str]) -> bytes | None:
    """Return the certificate of the server's chain that has one of the thumbprints, or None.

    Nothing is believed yet: the caller connects again and verifies the chain up to it.
    """
    if not thumbprints:
        return None
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with closing(HTTPSConnection(place.hostname or "", place.port, timeout=TIMEOUT_FOR, context=context)) as connection:
        connection.connect()
        for certificate in _chain_of(connection.sock):
            if hashlib.sha1(certificate).hexdigest() in thumbprints:
                return certificate
    return None


def _chain_of(connected: Any) -> list[bytes]:
    if hasattr(connected, "get_unverified_chain"):
        return list(connected.get_unverified_chain())
    # Before Python 3.13 the chain is there, but has no public name.
    chain = connected._sslobj.get_unverified_chain() or ()
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in chain]
