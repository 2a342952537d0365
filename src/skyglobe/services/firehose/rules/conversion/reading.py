"""JSON read by a schema, as the OpenX and the Hive deserializer do; developer guide, "Choose the JSON deserializer".

OpenX makes numbers of texts, and texts of whatever is nested. Hive takes a value only for what it is. What a document
does not have is null, what the schema does not have is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from skyglobe.services.firehose.rules.conversion.instants import ReadInstant, hive_reader, read_openx
from skyglobe.services.firehose.rules.conversion.schemas import Column, Type

Row = list[Any]
Read = Callable[[Any], Any]

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_EXACT = Context(prec=76)
MAX_TEXT = 200  # characters of a value in a message


class Unparsable(ValueError):
    """A record is not made of JSON objects."""


class Mismatch(ValueError):
    """A document does not fit the schema."""


def documents_of(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a record, one after the other. Raises Unparsable."""
    try:
        text = data.decode()
        at = 0
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            document, at = _DECODER.raw_decode(text, at)
            if not isinstance(document, dict):
                raise Unparsable("A JSON document must be an object.")
            yield document
    except Unparsable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unparsable(f"Encountered malformed JSON. {str(error)[:MAX_TEXT]}") from error


def _refuse(constant: str) -> Any:
    raise Unparsable(f"Encountered malformed JSON. {constant} is no number of JSON.")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse)


class Reader:
    """Reads documents as rows of a schema, with the options of a ``Deserializer``."""

    def __init__(self, columns: list[Column], deserializer: dict[str, Any]) -> None:
        """Raises ValueError for timestamp formats that cannot be used."""
        hive = deserializer.get("HiveJsonSerDe")
        self._is_strict = hive is not None
        options = deserializer.get("OpenXJsonSerDe") or {}
        self._folds = self._is_strict or options.get("CaseInsensitive", True)
        self._undots = bool(options.get("ConvertDotsInJsonKeysToUnderscores", False))
        self._instant: ReadInstant = hive_reader(hive.get("TimestampFormats", ())) if hive is not None else read_openx
        mappings = {self._cased(name): key for name, key in (options.get("ColumnToJsonKeyMappings") or {}).items()}
        self._keys = [self._cased(mappings.get(self._cased(column.name), column.name)) for column in columns]
        self._reads = [self._reader(column.type) for column in columns]
        self._names = [column.name for column in columns]

    def row(self, document: dict[str, Any]) -> Row:
        """Return a document's values, by column. Raises Mismatch."""
        named = self._named(document)
        row: Row = []
        for key, read, name in zip(self._keys, self._reads, self._names, strict=True):
            value = named.get(key)
            try:
                row.append(None if value is None else read(value))
            except (ValueError, ArithmeticError) as error:
                raise Mismatch(f"Data does not match the schema. Column {name}: {str(error)[:MAX_TEXT]}") from error
        return row

    def _cased(self, name: str) -> str:
        return name.lower() if self._folds else name

    def _named(self, document: dict[str, Any]) -> dict[str, Any]:
        if not self._folds and not self._undots:
            return document
        return {self._cased(name.replace(".", "_") if self._undots else name): one for name, one in document.items()}

    def _reader(self, type_: Type) -> Read:
        if type_.name == "array":
            return self._array(self._reader(type_.inner[0]))
        if type_.name == "map":
            return self._map(self._reader(type_.inner[0]), self._reader(type_.inner[1]))
        if type_.name == "struct":
            return self._struct(type_)
        if type_.name in _BITS:
            return lambda value: self._integer(value, _BITS[type_.name])
        if type_.name == "decimal":
            return lambda value: self._decimal(value, type_)
        return {
            "boolean": self._boolean,
            "float": self._float,
            "double": self._float,
            "binary": self._binary,
            "date": self._date,
            "timestamp": self._timestamp,
        }.get(type_.name, self._text)

    def _array(self, read: Read) -> Read:
        def array(value: Any) -> list[Any]:
            if not isinstance(value, list):
                raise Mismatch(f"{_told(value)} is no array")
            return [None if one is None else read(one) for one in value]

        return array

    def _map(self, read_key: Read, read: Read) -> Read:
        def mapping(value: Any) -> list[tuple[Any, Any]]:
            if not isinstance(value, dict):
                raise Mismatch(f"{_told(value)} is no object")
            return [(self._key(read_key, key), None if one is None else read(one)) for key, one in value.items()]

        return mapping

    def _key(self, read: Read, key: str) -> Any:
        """Return a map's key, which JSON can only have as text."""
        try:
            return read(key)
        except Mismatch:
            return read(json.loads(key, parse_float=Decimal))

    def _struct(self, type_: Type) -> Read:
        names = [self._cased(name) for name in type_.fields]
        reads = [self._reader(inner) for inner in type_.inner]

        def struct(value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise Mismatch(f"{_told(value)} is no object")
            named = self._named(value)
            found = zip(type_.fields, reads, map(named.get, names), strict=True)
            return {field: None if one is None else read(one) for field, read, one in found}

        return struct

    def _number(self, value: Any) -> int | Decimal:
        if isinstance(value, str) and not self._is_strict:
            try:
                number = Decimal(value)
            except InvalidOperation as error:
                raise Mismatch(f"{_told(value)} is no number") from error
            value = int(number) if number.is_finite() and number == number.to_integral_value() else number
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise Mismatch(f"{_told(value)} is no number")
        return value

    def _integer(self, value: Any, bits: int) -> int:
        number = self._number(value)
        if isinstance(number, Decimal) and (not number.is_finite() or number != number.to_integral_value()):
            raise Mismatch(f"{_told(value)} is no whole number")
        whole = int(number)
        if not -(1 << bits - 1) <= whole < 1 << bits - 1:
            raise Mismatch(f"{_told(value)} is out of range")
        return whole

    def _float(self, value: Any) -> float:
        return float(self._number(value))

    def _decimal(self, value: Any, type_: Type) -> Decimal:
        number = Decimal(self._number(value)).quantize(Decimal(1).scaleb(-type_.scale), ROUND_HALF_UP, _EXACT)
        if number.adjusted() + 1 > type_.precision - type_.scale and number:
            raise Mismatch(f"{_told(value)} is out of range")
        return number

    def _boolean(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and not self._is_strict and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise Mismatch(f"{_told(value)} is no boolean")

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            text = value
        elif isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, int | Decimal):
            text = str(value)
        elif self._is_strict:
            raise Mismatch(f"{_told(value)} is no text")
        else:
            text = json.dumps(value, default=_as_float, ensure_ascii=False, separators=(",", ":"))
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Mismatch("the text holds half of a character") from error
        return text

    def _binary(self, value: Any) -> bytes:
        if self._is_strict or not isinstance(value, str):
            raise Mismatch(f"{_told(value)} cannot be binary")
        return self._text(value).encode()

    def _date(self, value: Any) -> date:
        if not isinstance(value, str) or len(value) != 10:
            raise Mismatch(f"{_told(value)} is no date")
        return date.fromisoformat(value)

    def _timestamp(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise Mismatch(f"{_told(value)} is no timestamp")
        return self._instant(value)


def _as_float(value: Any) -> float:
    return float(value)


def _told(value: Any) -> str:
    return repr(value)[:100] if not isinstance(value, Decimal) else str(value)[:100]
