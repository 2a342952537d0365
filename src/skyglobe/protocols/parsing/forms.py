"""Form fields and query strings: percent-decoding, and the tree that dotted names spell."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote_to_bytes

from skyglobe.protocols.parsing.failures import MAX_DEPTH, malformed_input

MAX_PARAMETERS: Final = 100_000
"""A request's parameters. Far above any real one (1,000 CloudWatch metrics have 60,000), to bound the work."""

Tree = dict[str, Any]
"""Dotted names unfolded: ``Tag.1.Key=a`` is ``{"Tag": {"1": {"Key": "a"}}}``."""


def unquote(text: str) -> str:
    """Decode percent-escapes and ``+``. Raises ValueError when the result is not UTF-8."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" in text:
        return unquote_to_bytes(text).decode()
    return text


def as_text(target: str) -> str:
    """Return a part of the target as text. Raises UnicodeError when bytes that a client left unescaped are not UTF-8.

    The transport decodes the target as latin-1, which keeps every byte.
    """
    return target if target.isascii() else target.encode("latin-1").decode()


def form_tree(encoded: str, tree: Tree) -> None:
    """Add the parameters of a form to ``tree``. Of repeated names the last counts.

    Raises ServiceError ``MalformedInput`` when there are too many or their names are too deep, UnicodeError
    when something is not UTF-8.
    """
    pairs = encoded.split("&")
    if len(pairs) > MAX_PARAMETERS:
        raise malformed_input(f"The request has more than {MAX_PARAMETERS} parameters")
    for pair in pairs:
        name, _, value = pair.partition("=")
        if "%" in value or "+" in value:
            value = unquote(value)
        if "%" in name or "+" in name:
            name = unquote(name)
        if "." in name:
            _plant(tree, name.split("."), value)
        elif not isinstance(tree.get(name), dict):
            tree[name] = value


def _plant(tree: Tree, path: list[str], value: str) -> None:
    """Set the leaf at ``path``; where a name is both leaf and branch, the branch stays."""
    if len(path) > MAX_DEPTH:
        raise malformed_input(f"A parameter's name has more than {MAX_DEPTH} parts")
    for part in path[:-1]:
        branch = tree.get(part)
        if not isinstance(branch, dict):
            branch = tree[part] = {}
        tree = branch
    if not isinstance(tree.get(path[-1]), dict):
        tree[path[-1]] = value


def query_parameters(encoded: str) -> dict[str, list[str]]:
    """Return the values of each parameter of a query string, in order; one without ``=`` has the value ``""``.

    Raises ValueError when the decoded text is not UTF-8.
    """
    found: dict[str, list[str]] = {}
    for pair in as_text(encoded).split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.setdefault(unquote(name), []).append(unquote(value))
    return found
