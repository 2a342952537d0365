"""What can be wrong with a body, by its kind: JSON, XML, form, CBOR, chunk framing, compression, or any bytes."""

from __future__ import annotations

import gzip
import json
import random
import re
from typing import Any
from urllib.parse import quote

import cbor2

from tests.fuzz import odd
from tests.fuzz.drafts import Draft

DEPTH = 20_000
SPRINKLES = [
    b"\0",
    b"\xff",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\r\n",
    b"<",
    b">",
    b"&",
    b'"',
    b"{",
    b"[",
    b"]]>",
    b"%",
    b"=",
    b";",
    b"\\u",
    b"\x1b",
]
DOCTYPES = [
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>',
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
    b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
    b"<!DOCTYPE a [<!ENTITY % b \"<!ENTITY c 'd'>\"> %b;]>",
    b"<!DOCTYPE a>",
]
XML_SPRINKLES = [
    b"&b;",
    b"&c;",
    b"&#0;",
    b"&#xD800;",
    b"&#99999999;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<?x y?>",
    b"&amp",
    b'<a b="c" b="d">',
]


# Any bytes.


def flip_a_byte(draft: Draft, rng: random.Random) -> None:
    if draft.body:
        at = rng.randrange(len(draft.body))
        draft.body = draft.body[:at] + bytes([rng.randrange(256)]) + draft.body[at + 1 :]


def cut_the_body(draft: Draft, rng: random.Random) -> None:
    draft.body = draft.body[: rng.randrange(len(draft.body) + 1)]


def sprinkle(draft: Draft, rng: random.Random) -> None:
    at = rng.randrange(len(draft.body) + 1)
    draft.body = draft.body[:at] + rng.choice(SPRINKLES) + draft.body[at:]


def repeat_a_piece(draft: Draft, rng: random.Random) -> None:
    start, stop = sorted(rng.randrange(len(draft.body) + 1) for _ in "ab")
    draft.body = draft.body[:stop] + draft.body[start:stop] * rng.choice([1, 2, 50]) + draft.body[stop:]


def send_another_body(draft: Draft, rng: random.Random) -> None:
    draft.body = rng.choice(
        [
            b"",
            b"null",
            b"[]",
            b"{}",
            b'"a"',
            b"1",
            b"<a/>",
            b"\0" * 100,
            b"\xff\xfe<\0a\0/\0>\0",
            b"\xa0",
            b"\xf6",
            b"a=b",
            b"x" * 300_000,
        ]
    )


def compress(draft: Draft, rng: random.Random) -> None:
    whole = gzip.compress(draft.body)
    bomb = gzip.compress(bytes(30_000_000), 9) if rng.random() < 0.05 else whole
    draft.body = rng.choice([whole, whole[:-5], whole[:12], whole + b"more", gzip.compress(whole), bomb])
    draft.put("content-encoding", rng.choice(["gzip", "gzip", "gzip,gzip", "GZIP"]))


ANY = [flip_a_byte, cut_the_body, sprinkle, repeat_a_piece, send_another_body, compress]


# Trees: JSON and CBOR.


def _spoil_tree(tree: Any, rng: random.Random) -> Any:
    """Return ``tree`` with one node replaced, dropped, renamed, repeated or nested."""
    if isinstance(tree, dict) and tree and rng.random() < 0.85:
        name = rng.choice(list(tree))
        match rng.randrange(8):
            case 0:
                return {known: kept for known, kept in tree.items() if known != name}
            case 1:
                return {(odd.text(rng) if known == name else known): kept for known, kept in tree.items()}
            case 2:
                return {**tree, odd.text(rng): odd.value(rng)}
            case 3:
                return {**tree, name: [tree[name]] * rng.choice([1, 11, 300])}
            case _:
                return {**tree, name: _spoil_tree(tree[name], rng)}
    if isinstance(tree, list) and tree and rng.random() < 0.85:
        at = rng.randrange(len(tree))
        return [*tree[:at], _spoil_tree(tree[at], rng), *tree[at:]]
    return odd.value(rng)


def spoil_json(draft: Draft, rng: random.Random) -> None:
    try:
        tree = json.loads(draft.body)
    except (ValueError, RecursionError):
        return
    draft.body = json.dumps(_spoil_tree(tree, rng), ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def spoil_a_json_number(draft: Draft, rng: random.Random) -> None:
    numbers = list(re.finditer(rb"(?<=[:\[ ])-?\d+", draft.body))
    if numbers:
        found = rng.choice(numbers)
        draft.body = draft.body[: found.start()] + odd.number(rng).encode() + draft.body[found.end() :]


def nest_json(draft: Draft, rng: random.Random) -> None:
    opening, closing = rng.choice(
        [(b"[", b"]"), (b'{"a":', b"}"), (b'{"QueueUrl":', b"}"), (b'{"MessageAttributes":', b"}")]
    )
    draft.body = opening * DEPTH + b"1" + closing * rng.choice([0, DEPTH])


JSON = [spoil_json, spoil_json, spoil_json, spoil_a_json_number, nest_json]


def spoil_cbor(draft: Draft, rng: random.Random) -> None:
    try:
        tree = cbor2.loads(draft.body)
    except Exception:  # whatever an earlier step made of it
        return
    spoilt = _spoil_tree(tree, rng)
    try:
        draft.body = cbor2.dumps(spoilt)
    except UnicodeEncodeError:
        draft.body = cbor2.dumps(repr(spoilt))


def nest_cbor(draft: Draft, rng: random.Random) -> None:
    draft.body = rng.choice([b"\x81", b"\xa1\x61a", b"\x9f", b"\xbf\x61a", b"\xc1", b"\xd8\x20"]) * DEPTH


CBOR = [spoil_cbor, spoil_cbor, nest_cbor]


# XML.


def spoil_an_element(draft: Draft, rng: random.Random) -> None:
    texts = list(re.finditer(rb">([^<]*)<", draft.body))
    if texts:
        found = rng.choice(texts)
        text = odd.text(rng).encode("utf-8", "surrogatepass")
        text = text if rng.random() < 0.3 else text.replace(b"&", b"&amp;").replace(b"<", b"&lt;")
        draft.body = draft.body[: found.start(1)] + text + draft.body[found.end(1) :]


def spoil_a_tag(draft: Draft, rng: random.Random) -> None:
    tags = list(re.finditer(rb"</?[^<>]*>", draft.body))
    if tags:
        found = rng.choice(tags)
        tag = rng.choice(
            [b"", found[0] * 2, b"<a/>", b"<a>", b"</a>", b"<a:b>", b"<" + b"a" * 70_000 + b"/>", rng.choice(tags)[0]]
        )
        draft.body = draft.body[: found.start()] + tag + draft.body[found.end() :]


def declare_entities(draft: Draft, rng: random.Random) -> None:
    sprinkle_xml(draft, rng)
    draft.body = rng.choice(DOCTYPES) + draft.body


def declare_an_encoding(draft: Draft, rng: random.Random) -> None:
    name = rng.choice(["utf-16", "utf-7", "ebcdic-cp-us", "x", "", "latin-1", "utf-32"])
    body = draft.body.decode("utf-8", "replace").encode(rng.choice(["utf-8", "utf-16", "utf-32", "latin-1"]), "replace")
    draft.body = rng.choice([f'<?xml version="1.0" encoding="{name}"?>'.encode(), b"", b'<?xml version="9"?>']) + body


def sprinkle_xml(draft: Draft, rng: random.Random) -> None:
    gaps = [found.end() for found in re.finditer(rb">", draft.body)] or [0]
    at = rng.choice(gaps)
    draft.body = draft.body[:at] + rng.choice(XML_SPRINKLES) + draft.body[at:]


def nest_xml(draft: Draft, rng: random.Random) -> None:
    name = rng.choice([b"a", b"Delete", b"Object", b"Tagging"])
    draft.body = b"<%s>" % name * DEPTH + b"</%s>" % name * rng.choice([0, DEPTH])


XML = [
    spoil_an_element,
    spoil_an_element,
    spoil_a_tag,
    spoil_a_tag,
    declare_entities,
    declare_an_encoding,
    sprinkle_xml,
    nest_xml,
]


# Forms.


def spoil_a_form(draft: Draft, rng: random.Random) -> None:
    parts = draft.body.decode("latin-1").split("&")
    at = rng.randrange(len(parts))
    name, _, value = parts[at].partition("=")
    text = rng.choice([quote(odd.text(rng).encode("utf-8", "surrogatepass")), rng.choice(odd.SEGMENTS)])
    match rng.randrange(7):
        case 0:
            del parts[at]
        case 1:
            parts.append(parts[at])
        case 2:
            parts[at] = f"{name}={text}"
        case 3:
            parts[at] = f"{rng.choice([text, f'{name}.1', f'{name}.{text}', name.lower(), ''])}={value}"
        case 4:
            parts[at] = name
        case 5:
            parts[at] = f"{re.sub(r'[0-9]+', rng.choice(['0', '-1', '99999999999', 'x', '', '1.1']), name)}={value}"
        case 6:
            parts.append(f"{rng.choice(['Action', 'Version', 'Attribute.1.Name', 'Tags.entry.1.key', 'a'])}={text}")
    draft.body = "&".join(parts).encode("latin-1", "replace")


def explode_a_form(draft: Draft, rng: random.Random) -> None:
    name = rng.choice(["a.{}", "Attribute.{}.Name", "Attribute.1.{}", "Entry.{}.Id", "Tags.member.{}.Key", "a"])
    draft.body += "".join(f"&{name.format(n)}=v" for n in range(rng.choice([50, 5000]))).encode()


def nest_a_form(draft: Draft, rng: random.Random) -> None:
    draft.body += b"&" + rng.choice([b"a.", b"Attribute.1.", b"Tags.member.1."]) * 3000 + b"a=b"


FORM = [spoil_a_form, spoil_a_form, spoil_a_form, explode_a_form, nest_a_form]


# Chunk framing.


def spoil_a_chunk_head(draft: Draft, rng: random.Random) -> None:
    heads = list(re.finditer(rb"[0-9a-f]+(?=;|\r\n)", draft.body))
    if heads:
        found = rng.choice(heads)
        size = rng.choice(
            [
                b"",
                b"0",
                b"-1",
                b"fffffffffffffffff",
                b"g",
                b"0x5",
                b"1",
                b"65",
                b" 64",
                b"64 ",
                b"64;" + b"x" * 20_000,
                b"+64",
                "٣".encode(),
            ]
        )
        draft.body = draft.body[: found.start()] + size + draft.body[found.end() :]


def spoil_a_line_end(draft: Draft, rng: random.Random) -> None:
    ends = list(re.finditer(rb"\r\n", draft.body))
    if ends:
        found = rng.choice(ends)
        draft.body = (
            draft.body[: found.start()]
            + rng.choice([b"", b"\n", b"\r", b"\r\n\r\n", b"\0"])
            + draft.body[found.end() :]
        )


def spoil_a_trailer(draft: Draft, rng: random.Random) -> None:
    trailer = rng.choice(
        [
            b"x-amz-checksum-crc32:\r\n",
            b"nothing\r\n",
            b":\r\n",
            b"host:a\r\n",
            b"x" * 20_000 + b":y\r\n",
            b"x-amz-checksum-crc32:\xff\r\n",
            b"a:b\r\n" * 500,
        ]
    )
    at = draft.body.rfind(b"\r\n", 0, -2)
    draft.body = draft.body[: at + 2] + trailer + draft.body[at + 2 :]


CHUNKS = [spoil_a_chunk_head, spoil_a_chunk_head, spoil_a_line_end, spoil_a_trailer]


KINDS = [ANY, JSON, CBOR, XML, FORM, CHUNKS]


def fitting(draft: Draft) -> list[Any]:
    """Return the mutators for the kind of body that ``draft`` has."""
    if draft.get("x-amz-content-sha256").startswith("STREAMING-"):
        return CHUNKS
    if "json" in draft.content_type:
        return JSON
    if "cbor" in draft.content_type:
        return CBOR
    if "form" in draft.content_type:
        return FORM
    return XML if draft.body.lstrip()[:1] == b"<" else ANY
