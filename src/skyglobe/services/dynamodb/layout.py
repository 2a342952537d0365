"""Where items lie in the ordered store: the keys of a table and of its indexes, compiled once for each description.

An item's key is the table's prefix, four bytes of its partition key's hash, the partition key and the sort key, each in
order-preserving bytes. So a partition is a range in the order of sort keys, and a segment of a parallel scan is a range
of hashes. An index entry has the index's keys first and the item's own key after them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from xxhash import xxh32_digest

from skyglobe.kernel.keys import pack
from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.rules.numbers import in_order
from skyglobe.services.dynamodb.rules.values import Item, measure, text_bytes

MAX_HASH_BYTES: Final = 2048  # DynamoDB quotas, "Partition key length"
MAX_SORT_BYTES: Final = 1024  # DynamoDB quotas, "Sort key length"
HASHES: Final = 1 << 32

MISMATCH: Final = "The provided key element does not match the schema"


def _pack_text(content: str) -> bytes:
    return b"\x03" + content.encode("utf-8", "surrogatepass").replace(b"\0", b"\0\xff") + b"\0"


def _pack_binary(content: bytes) -> bytes:
    return b"\x02" + content.replace(b"\0", b"\0\xff") + b"\0"


PACKERS: Final[dict[str, Callable[[Any], bytes]]] = {"S": _pack_text, "B": _pack_binary, "N": in_order}


def successor(prefix: bytes) -> bytes:
    """Return the first key after all those that begin with ``prefix``."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes((kept[-1] + 1,))


class Attribute(NamedTuple):
    """A key attribute."""

    name: str
    kind: str
    """S, N or B."""
    pack: Callable[[Any], bytes]


def attribute(name: str, kind: str) -> Attribute:
    return Attribute(name, kind, PACKERS[kind])


def _check_length(kind: str, content: Any, is_hash: bool) -> None:
    if kind == "N":
        return
    size = text_bytes(content) if kind == "S" else len(content)
    if is_hash and size > MAX_HASH_BYTES:
        raise invalid_values(f"Size of hashkey has exceeded the maximum size limit of{MAX_HASH_BYTES} bytes")
    if not is_hash and size > MAX_SORT_BYTES:
        raise invalid_values(f"Aggregated size of all range keys has exceeded the size limit of {MAX_SORT_BYTES} bytes")


def _empty_key(part: Attribute) -> Exception:
    word = "string" if part.kind == "S" else "binary"
    return invalid(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
        f"{word} value. Key: {part.name}"
    )


class Keys:
    """A key schema over a range of the store: of a table, or of one of its indexes."""

    def __init__(self, prefix: bytes, hashes: tuple[Attribute, ...], sorts: tuple[Attribute, ...]) -> None:
        self.prefix = prefix
        self.stop = successor(prefix)
        self.hashes = hashes
        self.sorts = sorts
        self.names = tuple(part.name for part in (*hashes, *sorts))

    def partition(self, contents: list[Any]) -> bytes:
        """Return what the keys of a partition begin with."""
        packed = b"".join([part.pack(content) for part, content in zip(self.hashes, contents, strict=True)])
        return self.prefix + xxh32_digest(packed) + packed

    def segment(self, number: int, of: int) -> tuple[bytes, bytes]:
        """Return the range of one segment of a parallel scan."""
        first, last = number * HASHES // of, (number + 1) * HASHES // of
        start = self.prefix + first.to_bytes(4, "big")
        return start, self.prefix + last.to_bytes(4, "big") if last < HASHES else self.stop


class Primary(Keys):
    """The primary key of a table."""

    def __init__(self, prefix: bytes, hash_: Attribute, sort: Attribute | None) -> None:
        super().__init__(prefix, (hash_,), (sort,) if sort is not None else ())
        self.hash = hash_
        self.sort = sort
        self._count = 1 if sort is None else 2

    def of_item(self, item: Item) -> bytes:
        """Return the key of a whole item in canonical form. Raises ValidationException as PutItem does."""
        hash_, sort = self.hash, self.sort
        packed = hash_.pack(self._content(item, hash_, is_hash=True))
        tail = sort.pack(self._content(item, sort, is_hash=False)) if sort is not None else b""
        return self.prefix + xxh32_digest(packed) + packed + tail

    def _content(self, item: Item, part: Attribute, *, is_hash: bool) -> Any:
        value = item.get(part.name)
        if value is None:
            raise invalid_values(f"Missing the key {part.name} in the item")
        content = value.get(part.kind)
        if content is None:
            raise invalid_values(
                f"Type mismatch for key {part.name} expected: {part.kind} actual: {next(iter(value), '')}"
            )
        if len(content) == 0:
            raise _empty_key(part)
        if len(content) > 255:
            _check_length(part.kind, content, is_hash)
        return content

    def of_key(self, key: Item) -> bytes:
        """Return the key that a request names, checking it. Raises ValidationException as GetItem does."""
        hash_, sort = self.hash, self.sort
        if len(key) != self._count:
            for value in key.values():
                measure(value)
            raise invalid(MISMATCH)
        packed = hash_.pack(self._given(key, hash_, is_hash=True))
        tail = sort.pack(self._given(key, sort, is_hash=False)) if sort is not None else b""
        return self.prefix + xxh32_digest(packed) + packed + tail

    def _given(self, key: Item, part: Attribute, *, is_hash: bool) -> Any:
        value = key.get(part.name)
        if value is None:
            raise invalid(MISMATCH)
        kind = part.kind
        if kind == "N" or len(value) != 1 or kind not in value:
            measure(value)
        content = value.get(kind)
        if content is None:
            raise invalid(MISMATCH)
        if len(content) == 0:
            raise _empty_key(part)
        if len(content) > 255:
            _check_length(part.kind, content, is_hash)
        return content

    def key_of(self, item: Item) -> Item:
        """Return the key attributes of an item."""
        return {name: item[name] for name in self.names}


class Index(Keys):
    """A secondary index: its keys, and which attributes its entries carry."""

    def __init__(
        self,
        name: str,
        prefix: bytes,
        hashes: tuple[Attribute, ...],
        sorts: tuple[Attribute, ...],
        primary: Primary,
        projected: tuple[str, ...] | None,
        *,
        is_local: bool,
        is_filling: bool = False,
    ) -> None:
        super().__init__(prefix, hashes, sorts)
        self.name = name
        self.is_local = is_local
        self.is_filling = is_filling
        """Whether entries of items that were there before it may be missing yet."""
        self.primary = primary
        self.projected = None if projected is None else frozenset((*projected, *self.names, *primary.names))
        """Names of the attributes its entries carry; None for all."""
        self._primary_at = len(primary.prefix)

    def entry_key(self, item: Item, primary_key: bytes) -> bytes | None:
        """Return the key of an item's entry; None when the item lacks a key attribute and so is not in the index."""
        packed = b""
        for part in self.hashes:
            value = item.get(part.name)
            if value is None or (content := value.get(part.kind)) is None:
                return None
            packed += part.pack(content)
        packed = xxh32_digest(packed) + packed
        for part in self.sorts:
            value = item.get(part.name)
            if value is None or (content := value.get(part.kind)) is None:
                return None
            packed += part.pack(content)
        # What follows a key part must be less than 0xff, which the hash of the primary key may not be.
        return self.prefix + packed + b"\x01" + primary_key[self._primary_at :]

    def project(self, item: Item) -> Item:
        """Return what the index carries of an item."""
        projected = self.projected
        if projected is None:
            return item
        return {name: value for name, value in item.items() if name in projected}

    def check(self, item: Item) -> None:
        """Refuse an item whose attributes cannot be this index's keys. Raises ValidationException."""
        for parts, is_hash in ((self.hashes, True), (self.sorts, False)):
            for part in parts:
                value = item.get(part.name)
                if value is None:
                    continue
                content = value.get(part.kind)
                if content is None:
                    raise invalid_values(
                        f"Type mismatch for Index Key {part.name} Expected: {part.kind} "
                        f"Actual: {next(iter(value))} IndexName: {self.name}"
                    )
                if len(content) == 0:
                    word = "string" if part.kind == "S" else "binary"
                    raise invalid(
                        "One or more parameter values are not valid. A value specified for a secondary index key is "
                        "not supported. The AttributeValue for a key attribute cannot contain an empty "
                        f"{word} value. IndexName: {self.name}, IndexKey: {part.name}"
                    )
                if len(content) > 255:
                    _check_length(part.kind, content, is_hash)


class Layout:
    """A table's primary key and indexes."""

    def __init__(self, primary: Primary, indexes: tuple[Index, ...], described: tuple[int, ...]) -> None:
        self.primary = primary
        self.indexes = indexes
        self.described = described
        """The number of each index."""
        self.by_name = {index.name: index for index in indexes}
        self.has_local = any(index.is_local for index in indexes)
        self.key_names = frozenset(primary.names)


def place(account: str, region: str, table: int, index: int) -> bytes:
    """Return the prefix of a table's items (index 0) or of an index's entries."""
    return pack((account, region, "dynamodb.items", table, index))
