"""The grammar of statements, by recursive descent."""

from __future__ import annotations

from typing import Any

from skyglobe.services.dynamodb.expressions.trees import (
    Assignment,
    Between,
    Comparison,
    Condition,
    Invocation,
    Junction,
    Membership,
    Negation,
    Operand,
    Path,
    Placeholder,
    Sum,
)
from skyglobe.services.dynamodb.partiql.statements import Statement
from skyglobe.services.dynamodb.partiql.tokens import Tokens, malformed
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.values import Item, Value, measure

MAX_NESTING = 60
_COMPARATORS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_TESTS = frozenset(("begins_with", "contains", "attribute_type", "attribute_exists", "attribute_not_exists"))
_FUNCTIONS = _TESTS | {"size", "list_append", "if_not_exists", "set_add", "set_delete"}
_SET_KINDS = {"S": "SS", "N": "NS", "B": "BS"}
_CONDITIONS = (Comparison, Between, Membership, Junction, Negation)


def parse_statement(text: str, parameters: list[Value]) -> Statement:
    """Return a statement with its parameters filled in. Raises ValidationException."""
    return _Parser(text, parameters).statement()


class _Parser:
    def __init__(self, text: str, parameters: list[Value]) -> None:
        self._tokens = Tokens(text)
        self._parameters = parameters
        self._used = 0
        self._names: dict[str, str] = {}
        self._values: dict[str, Value] = {}
        self._depth = 0

    def statement(self) -> Statement:
        tokens = self._tokens
        if tokens.now.kind != "word":
            raise tokens.unexpected()
        verb = tokens.take().text.upper()
        if verb == "EXISTS":
            tokens.expect("(")
            tokens.expect_word("SELECT")
            made = self._select()._replace(verb="EXISTS")
            tokens.expect(")")
        elif verb == "SELECT":
            made = self._select()
        elif verb == "INSERT":
            made = self._insert()
        elif verb == "UPDATE":
            made = self._update()
        elif verb == "DELETE":
            made = self._delete()
        else:
            raise malformed(f"Unexpected token: {verb}")
        tokens.take_if(";")
        tokens.expect("end")
        if self._used != len(self._parameters):
            raise invalid("Number of parameters in request and statement don't match.")
        return made

    def _made(self, verb: str, target: tuple[str, str | None], **more: Any) -> Statement:
        return Statement(verb, target[0], target[1], self._names, self._values, **more)

    def _select(self) -> Statement:
        tokens = self._tokens
        paths: list[Path] | None = None
        if not tokens.take_if("*"):
            paths = [self._path()]
            while tokens.take_if(","):
                paths.append(self._path())
        tokens.expect_word("FROM")
        target = self._target()
        where = self._where() if tokens.take_word("WHERE") else None
        order: list[tuple[str, bool]] = []
        if tokens.take_word("ORDER"):
            tokens.expect_word("BY")
            order.append(self._ordering())
            while tokens.take_if(","):
                order.append(self._ordering())
        chosen = tuple(paths) if paths is not None else None
        return self._made("SELECT", target, where=where, paths=chosen, order=tuple(order))

    def _ordering(self) -> tuple[str, bool]:
        name = self._name()
        if self._tokens.take_word("DESC"):
            return name, True
        self._tokens.take_word("ASC")
        return name, False

    def _insert(self) -> Statement:
        self._tokens.expect_word("INTO")
        target = self._target()
        self._tokens.expect_word("VALUE")
        if self._tokens.take_if("?"):
            value = self._parameter()
        else:
            value = self._map()
        if "M" not in value:
            raise malformed("Unsupported: VALUE must be a map")
        item: Item = value["M"]
        return self._made("INSERT", target, item=item)

    def _update(self) -> Statement:
        tokens = self._tokens
        target = self._target()
        actions: list[Assignment] = []
        while tokens.is_word("SET", "REMOVE"):
            section = tokens.take().text.upper()
            actions.append(self._action(section))
            while tokens.take_if(","):
                actions.append(self._action(section))
        if not actions:
            raise tokens.unexpected()
        tokens.expect_word("WHERE")
        where = self._where()
        return self._made("UPDATE", target, where=where, actions=tuple(actions), returning=self._returning())

    def _action(self, section: str) -> Assignment:
        path = self._path()
        if section == "REMOVE":
            return Assignment("REMOVE", path, None)
        self._tokens.expect("=")
        value = self._sum()
        if isinstance(value, Invocation) and value.function in ("set_add", "set_delete"):
            if len(value.arguments) != 2 or value.arguments[0] != path:
                raise malformed(f"{value.function} must be given the path that is set")
            return Assignment("ADD" if value.function == "set_add" else "DELETE", path, value.arguments[1])
        return Assignment("SET", path, value)

    def _delete(self) -> Statement:
        self._tokens.expect_word("FROM")
        target = self._target()
        self._tokens.expect_word("WHERE")
        where = self._where()
        return self._made("DELETE", target, where=where, returning=self._returning())

    def _returning(self) -> str | None:
        tokens = self._tokens
        if not tokens.take_word("RETURNING"):
            return None
        if not tokens.is_word("ALL", "MODIFIED"):
            raise tokens.unexpected()
        which = tokens.take().text.upper()
        if not tokens.is_word("OLD", "NEW"):
            raise tokens.unexpected()
        when = tokens.take().text.upper()
        tokens.expect("*")
        return f"{which} {when}"

    def _target(self) -> tuple[str, str | None]:
        table = self._name()
        return table, self._name() if self._tokens.take_if(".") else None

    def _name(self) -> str:
        if self._tokens.now.kind not in ("word", "quoted"):
            raise self._tokens.unexpected()
        return self._tokens.take().text

    def _alias(self, name: str) -> str:
        alias = f"#{len(self._names)}"
        for known, real in self._names.items():
            if real == name:
                return known
        self._names[alias] = name
        return alias

    def _path(self) -> Path:
        tokens = self._tokens
        steps: list[str | int] = [self._alias(self._name())]
        while True:
            if tokens.take_if("."):
                steps.append(self._alias(self._name()))
            elif tokens.take_if("["):
                index = tokens.expect("number").text
                tokens.expect("]")
                if not index.isdecimal() or len(index) > 9:
                    raise malformed(f"Invalid list index: {index}")
                steps.append(int(index))
            else:
                return Path(tuple(steps))

    def _where(self) -> Condition:
        tree = self._or()
        if not _is_condition(tree):
            raise self._tokens.unexpected()
        return tree  # type: ignore[no-any-return]

    def _or(self) -> Any:
        parts = [self._and()]
        while self._tokens.take_word("OR"):
            parts.append(self._and())
        return _joined("OR", parts)

    def _and(self) -> Any:
        parts = [self._not()]
        while self._tokens.take_word("AND"):
            parts.append(self._not())
        return _joined("AND", parts)

    def _not(self) -> Any:
        if self._tokens.take_word("NOT"):
            self._enter()
            part = self._not()
            self._depth -= 1
            return Negation(part)
        return self._comparison()

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise malformed(f"Nested deeper than {MAX_NESTING} levels")

    def _comparison(self) -> Any:
        tokens = self._tokens
        if tokens.take_if("("):
            self._enter()
            left = self._or()
            tokens.expect(")")
            self._depth -= 1
            if isinstance(left, _CONDITIONS):
                return left
        else:
            left = self._sum()
        if tokens.now.kind in _COMPARATORS:
            sign = _COMPARATORS[tokens.take().kind]
            return Comparison(sign, left, self._sum())
        if tokens.take_word("BETWEEN"):
            lower = self._sum()
            tokens.expect_word("AND")
            return Between(left, lower, self._sum())
        if tokens.take_word("IN"):
            return self._membership(left)
        if tokens.take_word("IS"):
            return self._is(left)
        return left

    def _membership(self, left: Operand) -> Membership:
        closing = ")" if self._tokens.now.kind == "(" else "]"
        self._tokens.expect("(" if closing == ")" else "[")
        choices = [self._sum()]
        while self._tokens.take_if(","):
            choices.append(self._sum())
        self._tokens.expect(closing)
        return Membership(left, tuple(choices))

    def _is(self, left: Operand) -> Condition:
        is_negated = self._tokens.take_word("NOT")
        made: Condition
        if self._tokens.take_word("MISSING"):
            made = Invocation("attribute_not_exists", (left,))
        elif self._tokens.take_word("NULL"):
            made = Invocation("attribute_type", (left, self._placed({"S": "NULL"})))
        else:
            raise self._tokens.unexpected()
        return Negation(made) if is_negated else made

    def _sum(self) -> Operand:
        left = self._operand()
        if self._tokens.now.kind in ("+", "-"):
            sign = self._tokens.take().kind
            return Sum(sign, left, self._operand())
        return left

    def _operand(self) -> Operand:
        tokens = self._tokens
        token = tokens.now
        if token.kind == "word" and tokens.following.kind == "(" and token.text.lower() in _FUNCTIONS:
            function = tokens.take().text.lower()
            tokens.take()
            self._enter()
            arguments = [self._sum()]
            while tokens.take_if(","):
                arguments.append(self._sum())
            tokens.expect(")")
            self._depth -= 1
            return Invocation(function, tuple(arguments))
        if token.kind == "quoted" or (token.kind == "word" and not tokens.is_word("TRUE", "FALSE", "NULL")):
            return self._path()
        return self._placed(self._literal())

    def _placed(self, value: Value) -> Placeholder:
        measure(value)
        name = f":{len(self._values)}"
        self._values[name] = value
        return Placeholder(name)

    def _parameter(self) -> Value:
        if self._used >= len(self._parameters):
            raise invalid("Number of parameters in request and statement don't match.")
        self._used += 1
        return self._parameters[self._used - 1]

    def _literal(self) -> Value:
        tokens = self._tokens
        token = tokens.now
        if token.kind == "[":
            return {"L": self._elements("[", "]")}
        if token.kind == "{":
            return self._map()
        if token.kind == "<<":
            return self._set()
        tokens.take()
        if token.kind == "?":
            return self._parameter()
        if token.kind == "text":
            return {"S": token.text}
        if token.kind == "-" and tokens.now.kind == "number":
            return {"N": f"-{tokens.take().text}"}
        if token.kind == "number":
            return {"N": token.text}
        constant = {"TRUE": {"BOOL": True}, "FALSE": {"BOOL": False}, "NULL": {"NULL": True}}
        if token.kind == "word" and token.text.upper() in constant:
            return constant[token.text.upper()]
        if token.kind == "end":
            raise malformed("Unexpected end of statement")
        raise malformed(f"Unexpected token: {token.text} at position {token.at}")

    def _elements(self, opening: str, closing: str) -> list[Value]:
        self._tokens.expect(opening)
        self._enter()
        found: list[Value] = []
        while not self._tokens.take_if(closing):
            if found:
                self._tokens.expect(",")
            found.append(self._literal())
        self._depth -= 1
        return found

    def _set(self) -> Value:
        members = self._elements("<<", ">>")
        kinds = {next(iter(member)) for member in members}
        if len(kinds) != 1 or not kinds <= _SET_KINDS.keys():
            raise malformed("A set must have members of one type: string, number or binary")
        (kind,) = kinds
        return {_SET_KINDS[kind]: [member[kind] for member in members]}

    def _map(self) -> Value:
        tokens = self._tokens
        tokens.expect("{")
        self._enter()
        found: Item = {}
        while not tokens.take_if("}"):
            if found:
                tokens.expect(",")
            if tokens.now.kind not in ("text", "quoted"):
                raise tokens.unexpected()
            name = tokens.take().text
            if name in found:
                raise malformed(f"Duplicate attribute: {name}")
            tokens.expect(":")
            found[name] = self._literal()
        self._depth -= 1
        return {"M": found}


def _joined(word: str, parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    if not all(_is_condition(part) for part in parts):
        raise malformed(f"{word} joins conditions only")
    return Junction(word, tuple(parts))


def _is_condition(tree: Any) -> bool:
    return isinstance(tree, _CONDITIONS) or (isinstance(tree, Invocation) and tree.function in _TESTS)
