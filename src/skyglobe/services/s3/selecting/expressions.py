"""SQL of S3 Select, as DuckDB may run it: one SELECT over S3Object, of S3's clauses and functions and nothing else.

S3 user guide, "SQL reference for Amazon S3 Select".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import s3

_TABLE = "s3object"
_ARCHIVE_TABLES = frozenset((_TABLE, "object", "archive"))
"""What queries over archived objects call them; S3 user guide and Glacier developer guide, "Querying archives"."""
_AGGREGATES = frozenset(("count", "count_star", "sum", "avg", "min", "max"))
"""Of S3 Select, not of queries over archives."""
_CLASSES = frozenset(
    ("CONSTANT", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "FUNCTION", "CAST", "OPERATOR", "CASE", "BETWEEN", "STAR")
)
_FUNCTIONS = {
    # As S3 has them; renamed where DuckDB calls them otherwise.
    **{name: name for name in _AGGREGATES},
    **{name: name for name in ("lower", "upper", "substring", "trim", "ltrim", "rtrim", "nullif")},
    **{name: name for name in ("~~", "!~~", "like_escape", "not_like_escape", "+", "-", "*", "/", "%", "||")},
    "char_length": "length",
    "character_length": "length",
    "utcnow": "utcnow",
}
_OF_ARCHIVES = {name: own for name, own in _FUNCTIONS.items() if own not in _AGGREGATES}
_TYPES = {"INTEGER": "BIGINT", "FLOAT": "DOUBLE"}
"""S3's integers and floats have 64 bits."""
_QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")""")
_WHOLE = re.compile(r"\bS3Object\s*\[\s*\*\s*\]", re.IGNORECASE)
_PATHS = re.compile(r"\bS3Object\s*(?:\[[^]]*\])?\s*[.\[]\s*[\w*\"]", re.IGNORECASE)


class Query(NamedTuple):
    """A statement DuckDB may run, and what its columns are called; None: as the table calls them."""

    sql: str
    names: list[str] | None


def query_of(connection: Any, expression: str, now: int, *, is_of_archive: bool = False) -> Query:
    """Return the query an expression means; ``connection`` is DuckDB's, ``now`` what UTCNOW() says.

    Over an archive it can neither aggregate nor stop early.

    Raises ParseUnexpectedToken, UnsupportedSyntax, UnsupportedFunction and their kin.
    """
    pieces = _QUOTED.split(expression.strip().removesuffix(";"))
    plain = pieces[::2]
    pieces[::2] = [_WHOLE.sub("S3Object", piece) for piece in plain]
    if any(re.search(r"\bfrom\s+" + _PATHS.pattern[2:], piece, re.IGNORECASE) for piece in pieces[::2]):
        raise _unsupported("Paths into the document in the FROM clause are not supported here.")
    text = "".join(pieces)
    tree = json.loads(connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchone()[0])
    if tree.get("error"):
        if tree.get("error_type") != "parser":
            raise _unsupported("Only SELECT is supported.")
        raise s3.error("ParseUnexpectedToken", f"Unexpected token found: {tree['error_message']}")
    if len(tree["statements"]) != 1:
        raise s3.error("ParseUnexpectedToken", "Unexpected token found SEMICOLON:';'")
    node = tree["statements"][0]["node"]
    _check_clauses(node)
    functions = _FUNCTIONS
    if is_of_archive:
        _name_archive(node)
        functions = _OF_ARCHIVES
    _check_table(node["from_table"])
    _rewrite(node["select_list"], now, functions)
    if node["where_clause"] is not None:
        _rewrite(node["where_clause"], now, functions)
    sql = connection.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchone()[0]
    return Query(sql, _names(node["select_list"]))


def _check_clauses(node: dict[str, Any]) -> None:
    if node["type"] != "SELECT_NODE" or node["cte_map"]["map"]:
        raise _unsupported("Only a single SELECT is supported.")
    if node["group_expressions"] or node["having"] or node["qualify"] or node["sample"]:
        raise _unsupported("GROUP BY, HAVING and their kin are not supported.")
    for modifier in node["modifiers"]:
        if modifier["type"] != "LIMIT_MODIFIER" or modifier["offset"] is not None:
            raise _unsupported("ORDER BY, DISTINCT and OFFSET are not supported.")
        if (modifier["limit"] or {}).get("class") != "CONSTANT":
            raise _unsupported("LIMIT takes a number.")


def _check_table(table: dict[str, Any]) -> None:
    named = table["type"] == "BASE_TABLE" and table["table_name"].lower() == _TABLE
    if not named or table["schema_name"] or table["catalog_name"] or table["sample"]:
        raise _unsupported("FROM must name S3Object alone.")


def _name_archive(node: dict[str, Any]) -> None:
    """Have the table called as everywhere else, and refuse what queries over archives cannot say."""
    table = node["from_table"]
    if table["type"] == "BASE_TABLE" and table["table_name"].lower() in _ARCHIVE_TABLES:
        table["alias"] = table["alias"] or table["table_name"]
        table["table_name"] = _TABLE
    if node["modifiers"]:
        raise _unsupported("LIMIT is not supported.")


def _rewrite(node: Any, now: int, functions: Mapping[str, str]) -> None:
    """Hold a tree to what S3 knows, and turn what is called otherwise."""
    if isinstance(node, list):
        for child in node:
            _rewrite(child, now, functions)
        return
    if not isinstance(node, dict):
        return
    kind = node.get("class")
    if kind is not None and kind not in _CLASSES:
        raise _unsupported(f"{kind.capitalize()} is not supported.")
    if kind == "FUNCTION":
        name = functions.get(node["function_name"].lower())
        if name is None or node["schema"] not in ("", "main") or node["distinct"] or node["filter"]:
            text = f"Encountered an unsupported function: {node['function_name']}"
            raise s3.error("UnsupportedFunction", text)
        if name == "utcnow":
            _become_instant(node, now)
            return
        node["function_name"] = name
    if kind == "CAST":
        type_ = node["cast_type"]
        type_["id"] = _TYPES.get(type_["id"], type_["id"])
    for child in list(node.values()):
        _rewrite(child, now, functions)


def _become_instant(node: dict[str, Any], now: int) -> None:
    text = f"{datetime.fromtimestamp(now / 1000, UTC):%Y-%m-%d %H:%M:%S.%f}"
    alias, at = node["alias"], node["query_location"]
    value = {"type": {"id": "VARCHAR", "type_info": None}, "is_null": False, "value": text}
    constant = {"class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location": at, "value": value}
    node.clear()
    type_ = {"id": "TIMESTAMP", "type_info": None}
    cast = {"class": "CAST", "type": "OPERATOR_CAST", "alias": alias, "query_location": at, "child": constant}
    node.update({**cast, "cast_type": type_, "try_cast": False})


def _names(listed: list[dict[str, Any]]) -> list[str] | None:
    """Return what columns are called: by their alias, the column they are, or their place."""
    if any(item["class"] == "STAR" for item in listed):
        if len(listed) > 1:
            text = "Other expressions are not allowed in the SELECT list when '*' is used without dot notation."
            raise s3.error("ParseAsteriskIsNotAloneInSelectList", text)
        return None
    names = []
    for at, item in enumerate(listed, 1):
        own = item["column_names"][-1] if item["class"] == "COLUMN_REF" else f"_{at}"
        names.append(item["alias"] or own)
    return names


def _unsupported(text: str) -> ServiceError:
    return s3.error("UnsupportedSyntax", f"Encountered invalid syntax. {text}")
