"""Signature Version 4: canonical requests and HMAC signatures, as a verifier needs them.

Follows "Create a signed AWS API request" in the IAM user guide. Everything here is pure: the request, the secret and
the date are parameters. Header values and paths are latin-1 text on this side of the wire, so encoding them back to
latin-1 restores the bytes that the client signed, whatever they were.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes

from skyglobe.gateway.scope import TERMINATOR, Scope
from skyglobe.kernel.wire import Request

EMPTY_SHA256 = sha256(b"").hexdigest()

_SIGNERS = 4096
_BLOCK_BYTES = 64  # of SHA-256
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class Signer:
    """Signs with one key of at most 64 bytes: HMAC (RFC 2104) with the key's own blocks hashed once for all texts.

    A third of what ``hmac.digest`` costs, which looks its digest up and hashes these blocks every time.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha256(block.translate(_INNER))
        self._outer = sha256(block.translate(_OUTER))

    def sign(self, text: bytes) -> str:
        """Return the signature over ``text`` in hexadecimal."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.hexdigest()

    def is_valid(self, text: bytes, signature: str) -> bool:
        """Whether ``signature`` (hexadecimal) is this key's over ``text``."""
        return signature.isascii() and hmac.compare_digest(self.sign(text), signature)


@lru_cache(maxsize=_SIGNERS)
def signer_for(secret: str, date: str, region: str, service: str) -> Signer:
    """Derive the key that signs for one day, region and service."""
    key = hmac.digest(b"AWS4" + secret.encode(), date.encode("latin-1"), "sha256")
    for part in (region, service, TERMINATOR):
        key = hmac.digest(key, part.encode("latin-1"), "sha256")
    return Signer(key)


@lru_cache(maxsize=1024)
def signed_names(signed_headers: str) -> tuple[tuple[str, ...], str, frozenset[str]]:
    """Return the names in ``SignedHeaders`` sorted, the same joined by ``;`` and as a set.

    Clients must write them in lower case; one that does not is told that its signature does not match.
    """
    names = tuple(sorted(signed_headers.split(";")))
    return names, ";".join(names), frozenset(names)


class Canonical:
    """A request in canonical form, and the signature it should carry."""

    __slots__ = ("request", "string_to_sign")

    def __init__(self, request: str, string_to_sign: str) -> None:
        self.request = request
        self.string_to_sign = string_to_sign


def matches(
    request: Request, scope: Scope, secret: str, instant: str, payload_hash: str, *, is_s3: bool
) -> Canonical | None:
    """Return None when the signature in ``scope`` is right for ``request``, else what should have been signed.

    The path and query are first taken as they were sent, which is how SDKs sign them; only when that does not match
    are they decoded and encoded again as AWS does, which makes a difference for hand-made requests.
    """
    signer = signer_for(secret, scope.date, scope.region, scope.service)
    return find_wrong(request, scope, instant, payload_hash, signer.is_valid, is_s3=is_s3)


def find_wrong(
    request: Request,
    scope: Scope,
    instant: str,
    payload_hash: str,
    is_valid: Callable[[bytes, str], bool],
    *,
    is_s3: bool,
) -> Canonical | None:
    """Return None when ``is_valid`` takes the signature for one over some form of the request, else AWS's own form."""
    last = sent = sent_form(request, scope, instant, payload_hash, is_s3=is_s3)
    if is_valid(sent.string_to_sign.encode("latin-1"), scope.signature):
        return None
    for last in other_forms(request, scope, instant, payload_hash, sent, is_s3=is_s3):
        if is_valid(last.string_to_sign.encode("latin-1"), scope.signature):
            return None
    return last


def sent_form(request: Request, scope: Scope, instant: str, payload_hash: str, *, is_s3: bool) -> Canonical:
    """Return the canonical form with path and query as they were sent, which is what SDKs sign."""
    tail, prefix = _around(request, scope, instant, payload_hash)
    query = _signed_query(request, scope)
    path = request.path if is_s3 or request.path == "/" else _quote_twice(request.path)
    return _canonical(request.method, path, sorted_query(query) if query else "", tail, prefix)


def other_forms(
    request: Request, scope: Scope, instant: str, payload_hash: str, sent: Canonical, *, is_s3: bool
) -> Iterator[Canonical]:
    """Yield the other canonical forms a correct client may have signed, AWS's own last."""
    tail, prefix = _around(request, scope, instant, payload_hash)
    seen = {sent.request}
    for path, query in _other_targets(request.path, _signed_query(request, scope), is_s3=is_s3):
        form = _canonical(request.method, path, query, tail, prefix)
        if form.request not in seen:
            seen.add(form.request)
            yield form


def _around(request: Request, scope: Scope, instant: str, payload_hash: str) -> tuple[str, str]:
    """Return what follows a canonical request's query, and what a string to sign begins with."""
    names, signed, _ = signed_names(scope.signed_headers)
    tail = f"{canonical_headers(request.headers, names)}\n{signed}\n{payload_hash}"
    return tail, f"{scope.algorithm}\n{instant}\n{scope.credential_scope}\n"


def _signed_query(request: Request, scope: Scope) -> str:
    query = request.query
    if scope.parameters is None:
        return query
    return "&".join(piece for piece in query.split("&") if not piece.startswith("X-Amz-Signature="))


def _canonical(method: str, path: str, query: str, tail: str, prefix: str) -> Canonical:
    text = f"{method}\n{path}\n{query}\n{tail}"
    return Canonical(text, prefix + sha256(text.encode("latin-1")).hexdigest())


def canonical_headers(headers: dict[str, str], names: tuple[str, ...]) -> str:
    """Return ``name:value`` lines for ``names``, runs of blanks folded to one space; absent headers are empty."""
    lines = "".join([f"{name}:{headers.get(name, '')}\n" for name in names])
    if "  " in lines or "\t" in lines:
        return "".join([f"{name}:{_folded(headers.get(name, ''))}\n" for name in names])
    return lines


def _folded(value: str) -> str:
    return " ".join(filter(None, value.replace("\t", " ").split(" ")))


def _other_targets(path: str, query: str, *, is_s3: bool) -> Iterator[tuple[str, str]]:
    """Yield the path and query as a client may have signed them, other than as they were sent."""
    sent, encoded = (sorted_query(query), sorted_query(_encoded_again(query))) if query else ("", "")
    for candidate in _s3_paths(path) if is_s3 else _normalised_paths(path):
        yield candidate, sent
        yield candidate, encoded


def _s3_paths(path: str) -> Iterator[str]:
    yield path
    yield quote(unquote_to_bytes(path.encode("latin-1")), safe="/~")


def _normalised_paths(path: str) -> Iterator[str]:
    yield _quote_twice(path)
    yield _quote_twice(without_dot_segments(path))


def _quote_twice(path: str) -> str:
    """Encode a path that is already percent-encoded once more, as every service but S3 asks."""
    return quote(path.encode("latin-1"), safe="/~")


def without_dot_segments(path: str) -> str:
    """Remove ``.``, ``..`` and empty segments from a path, as SDKs do before they sign (RFC 3986, section 6.2.2.3)."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment and segment != ".":
            kept.append(segment)
    trailing = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + trailing


def sorted_query(query: str) -> str:
    """Sort a percent-encoded query by name, then value; ``a`` without a value becomes ``a=``."""
    if "&" not in query:
        return query if "=" in query else f"{query}="
    pairs = [piece.partition("=") for piece in query.split("&") if piece]
    pairs.sort(key=lambda pair: (pair[0], pair[2]))
    return "&".join(f"{name}={value}" for name, _, value in pairs)


def _encoded_again(query: str) -> str:
    pairs = (piece.partition("=") for piece in query.split("&") if piece)
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, _, value in pairs)


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="~")
