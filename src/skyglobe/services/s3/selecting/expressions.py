"""SQL of S3 Select: one SELECT over S3Object, of S3's clauses and functions and nothing else.

DuckDB parses it, and runs what is about tables; what is about documents, or about time, is evaluated row by row. S3
user guide, "SQL reference for Amazon S3 Select".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from skyglobe.services.s3 import s3
from skyglobe.services.s3.selecting.documents import Step
from skyglobe.services.s3.selecting.evaluating import Names, Plan, is_missing_mark, unsupported
from skyglobe.services.s3.selecting.paths import plain_sql, split_path
from skyglobe.services.s3.selecting.timestamps import Timestamp

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
}
_OF_TIME = {
    **{name: name for name in ("date_add", "date_diff", "to_string", "to_timestamp", "utcnow")},
    "date_part": "date_part",  # EXTRACT
}
_OF_TABLES = _FUNCTIONS | _OF_TIME
_OF_ARCHIVES = {name: own for name, own in _OF_TABLES.items() if own not in _AGGREGATES}
_TIMES = frozenset(("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "DATE"))
_TYPES = {"INTEGER": "BIGINT", "FLOAT": "DOUBLE"}
"""S3's integers and floats have 64 bits."""


class Query(NamedTuple):
    """A statement DuckDB may run, and what its columns are called; None: as the table calls them."""

    sql: str
    names: list[str] | None
    plan: Plan | None
    """How to evaluate it row by row instead; None where DuckDB does as well."""
    path: tuple[Step, ...] | None
    """Where in each document rows begin; None: each value is one."""


def query_of(
    connection: Any, expression: str, now: int, *, is_of_archive: bool = False, is_of_documents: bool = False
) -> Query:
    """Return the query an expression means; ``connection`` is DuckDB's, ``now`` what UTCNOW() says.

    Over an archive it can neither aggregate nor stop early; only documents have paths.

    Raises ParseUnexpectedToken, UnsupportedSyntax, UnsupportedFunction and their kin.
    """
    try:
        text, path = split_path(expression.strip().removesuffix(";"))
    except ValueError as error:
        raise unsupported("A path in the FROM clause must begin with S3Object[*].") from error
    if path is not None and not is_of_documents:
        raise unsupported("Paths in the FROM clause are for JSON only.")
    tree = json.loads(connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [plain_sql(text)]).fetchone()[0])
    if tree.get("error"):
        if tree.get("error_type") != "parser":
            raise unsupported("Only SELECT is supported.")
        raise s3.error("ParseUnexpectedToken", f"Unexpected token found: {tree['error_message']}")
    if len(tree["statements"]) != 1:
        raise s3.error("ParseUnexpectedToken", "Unexpected token found SEMICOLON:';'")
    node = tree["statements"][0]["node"]
    _check_clauses(node)
    functions = _OF_TABLES
    if is_of_archive:
        _name_archive(node)
        functions = _OF_ARCHIVES
    _check_table(node["from_table"])
    is_plain = _rewrite(node["select_list"], functions)
    if node["where_clause"] is not None:
        is_plain = _rewrite(node["where_clause"], functions) and is_plain
    names = _names(node["select_list"])
    if is_plain and not is_of_documents:
        sql = connection.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchone()[0]
        return Query(sql, names, None, None)
    of_row = Names(_names_of_row(node["from_table"], path, is_of_documents), is_of_documents)
    instant = Timestamp(datetime.fromtimestamp(now / 1000, UTC), "second", 3)
    return Query("", names, Plan(node, names, of_row, instant), path)


def _names_of_row(table: dict[str, Any], path: tuple[Step, ...] | None, is_of_documents: bool) -> frozenset[str]:
    """Return what a row is called: by its alias, else by the end of its path; user guide, "FROM Clause"."""
    if table["alias"]:
        return frozenset((table["alias"].lower(),))
    if path and isinstance(path[-1], str):
        return frozenset((path[-1].lower(),))
    return frozenset((_TABLE, "_1")) if is_of_documents else frozenset((_TABLE,))


def _check_clauses(node: dict[str, Any]) -> None:
    if node["type"] != "SELECT_NODE" or node["cte_map"]["map"]:
        raise unsupported("Only a single SELECT is supported.")
    if node["group_expressions"] or node["having"] or node["qualify"] or node["sample"]:
        raise unsupported("GROUP BY, HAVING and their kin are not supported.")
    for modifier in node["modifiers"]:
        if modifier["type"] != "LIMIT_MODIFIER" or modifier["offset"] is not None:
            raise unsupported("ORDER BY, DISTINCT and OFFSET are not supported.")
        limit = modifier["limit"] or {}
        if limit.get("class") != "CONSTANT" or not isinstance(limit["value"].get("value"), int):
            raise unsupported("LIMIT takes a number.")


def _check_table(table: dict[str, Any]) -> None:
    named = table["type"] == "BASE_TABLE" and table["table_name"].lower() == _TABLE
    if not named or table["schema_name"] or table["catalog_name"] or table["sample"]:
        raise unsupported("FROM must name S3Object alone.")


def _name_archive(node: dict[str, Any]) -> None:
    """Have the table called as everywhere else, and refuse what queries over archives cannot say."""
    table = node["from_table"]
    if table["type"] == "BASE_TABLE" and table["table_name"].lower() in _ARCHIVE_TABLES:
        table["alias"] = table["alias"] or table["table_name"]
        table["table_name"] = _TABLE
    if node["modifiers"]:
        raise unsupported("LIMIT is not supported.")


def _rewrite(node: Any, functions: Mapping[str, str]) -> bool:
    """Hold a tree to what S3 knows, and turn what is called otherwise.

    Returns whether DuckDB means by it what S3 does: not by what is about time, or about what is missing.
    """
    if isinstance(node, list):
        plain = [_rewrite(child, functions) for child in node]
        return all(plain)
    if not isinstance(node, dict):
        return True
    kind = node.get("class")
    if kind is not None and kind not in _CLASSES:
        raise unsupported(f"{kind.capitalize()} is not supported.")
    is_plain = True
    if kind == "FUNCTION":
        name = functions.get(node["function_name"].lower())
        if name is None or node["schema"] not in ("", "main") or node["distinct"] or node["filter"]:
            text = f"Encountered an unsupported function: {node['function_name']}"
            raise s3.error("UnsupportedFunction", text)
        node["function_name"] = name
        is_plain = name not in _OF_TIME
    if kind == "CAST":
        type_ = node["cast_type"]
        is_plain = type_["id"] not in _TIMES
        type_["id"] = _TYPES.get(type_["id"], type_["id"])
    if kind == "COMPARISON":
        is_plain = not is_missing_mark(node["right"])
    plain = [_rewrite(child, functions) for child in list(node.values())]
    return is_plain and all(plain)


def _names(listed: list[dict[str, Any]]) -> list[str] | None:
    """Return what columns are called: by their alias, the column they are, or their place."""
    if any(item["class"] == "STAR" for item in listed):
        if len(listed) > 1:
            text = "Other expressions are not allowed in the SELECT list when '*' is used without dot notation."
            raise s3.error("ParseAsteriskIsNotAloneInSelectList", text)
        return None
    names = []
    for at, item in enumerate(listed, 1):
        names.append(item["alias"] or _own_name(item) or f"_{at}")
    return names


def _own_name(item: dict[str, Any]) -> str:
    """Return the name of a column or of a field in it; empty for what has none."""
    if item["class"] == "COLUMN_REF":
        return str(item["column_names"][-1])
    if item["type"] in ("STRUCT_EXTRACT", "ARRAY_EXTRACT"):
        last = item["children"][-1].get("value") or {}
        return last["value"] if isinstance(last.get("value"), str) else ""
    return ""
