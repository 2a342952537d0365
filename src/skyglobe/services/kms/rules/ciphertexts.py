"""How a symmetric ciphertext is written: it names its key and material, and nobody else needs to know how."""

from __future__ import annotations

import json

from skyglobe.services.kms.records import Ciphertext

_START = b"\x01\x02\x02\x00x"
_ACCOUNT_BYTES = 5  # twelve digits
_KEY_BYTES = 16
_MATERIAL_BYTES = 32
_HEAD_BYTES = len(_START) + 1 + _ACCOUNT_BYTES + _KEY_BYTES + _MATERIAL_BYTES
_TAIL_BYTES = 12 + 16  # nonce and tag of AES-GCM


def head_of(account: str, key_id: str, material: str) -> bytes:
    """Return what a ciphertext begins with. The same in all regions of a multi-Region key."""
    is_multi = key_id.startswith("mrk-")
    identity = key_id.removeprefix("mrk-").replace("-", "")
    number = int(account).to_bytes(_ACCOUNT_BYTES, "big")
    return b"".join((_START, bytes((is_multi,)), number, bytes.fromhex(identity), bytes.fromhex(material)))


def parse_ciphertext(blob: bytes) -> Ciphertext | None:
    """Return what a ciphertext says of itself; None when it is no ciphertext of a symmetric key."""
    if len(blob) <= _HEAD_BYTES + _TAIL_BYTES or not blob.startswith(_START) or blob[len(_START)] > 1:
        return None
    place = len(_START) + 1
    account = int.from_bytes(blob[place : place + _ACCOUNT_BYTES], "big")
    place += _ACCOUNT_BYTES
    identity = blob[place : place + _KEY_BYTES].hex()
    place += _KEY_BYTES
    material = blob[place:_HEAD_BYTES].hex()
    key_id = f"mrk-{identity}" if blob[len(_START)] else _uuid(identity)
    return Ciphertext(f"{account:012d}", key_id, material, blob[:_HEAD_BYTES], blob[_HEAD_BYTES:])


def _uuid(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def bound(head: bytes, context: dict[str, str] | None) -> bytes:
    """Return what a ciphertext is bound to: its own beginning and the encryption context, in whichever order given."""
    return head + json.dumps(context or {}, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")
