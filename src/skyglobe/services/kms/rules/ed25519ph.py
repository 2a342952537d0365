"""Ed25519ph, which signs the hash of a message: RFC 8032, 5.1. ``cryptography`` has Ed25519 only.

Its own arithmetic, and so not hardened against whoever measures its time.
"""

from __future__ import annotations

from hashlib import sha512

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)  # of -1
_DOMAIN = b"SigEd25519 no Ed25519 collisions\x01\x00"  # prehashed, without context

Point = tuple[int, int, int, int]
"""X, Y, Z and T of extended coordinates: x = X/Z, y = Y/Z, xy = T/Z."""


def _recovered(y: int, sign: int) -> int | None:
    """Return the x of a point's y; None when there is none. RFC 8032, 5.1.3."""
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    return _P - x if x & 1 != sign else x


def _base() -> Point:
    y = 4 * pow(5, -1, _P) % _P
    x = _recovered(y, 0)
    assert x is not None, "the base point is on the curve"
    return x, y, 1, x * y % _P


_BASE = _base()


def _added(one: Point, other: Point) -> Point:
    """RFC 8032, 5.1.4."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _added(result, point)
        point = _added(point, point)
        number >>= 1
    return result


def _written(point: Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _read(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _recovered(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % _P)


def _hashed(*parts: bytes) -> int:
    return int.from_bytes(sha512(_DOMAIN + b"".join(parts)).digest(), "little") % _ORDER


def sign(private: bytes, public: bytes, message: bytes) -> bytes:
    """Return the signature of the hash of ``message``; keys are 32 bytes each, as the RFC writes them."""
    seed = sha512(private).digest()
    scalar = int.from_bytes(seed[:32], "little") & (1 << 254) - 8 | 1 << 254
    prehash = sha512(message).digest()
    nonce = _hashed(seed[32:], prehash)
    commitment = _written(_times(nonce, _BASE))
    answer = (nonce + _hashed(commitment, public, prehash) * scalar) % _ORDER
    return commitment + answer.to_bytes(32, "little")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a signature is one of the hash of ``message`` by the key."""
    key, commitment = _read(public), _read(signature[:32])
    answer = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or commitment is None or answer >= _ORDER:
        return False
    challenge = _hashed(signature[:32], public, sha512(message).digest())
    return _written(_times(answer, _BASE)) == _written(_added(commitment, _times(challenge, key)))
