"""The modules that wheels carry compiled keep clear of what mypyc gets wrong."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _compiled():
    source = ast.parse((ROOT / "hatch_build.py").read_text())
    (patterns,) = (
        ast.literal_eval(node.value)
        for node in source.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "COMPILED"
    )
    for pattern in patterns:
        paths = sorted((ROOT / "src/skyglobe").glob(pattern))
        assert paths, f"{pattern} names nothing"
        yield from paths


def test_no_compiled_coroutine_awaits_while_it_leaves():
    """Compiled, `finally: await …` raises what it once let pass again at every later call (mypyc 2.4)."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _compiled()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncWith) or (isinstance(node, ast.Try) and _awaits(node.finalbody))
    ]
    assert found == []


def _awaits(statements):
    return any(isinstance(node, ast.Await | ast.Yield) for statement in statements for node in ast.walk(statement))


def test_one_name_of_a_compiled_function_stands_for_one_kind_of_exception():
    """Compiled, a second `except … as error` of another kind finds the first one's type in its way (mypyc 2.4)."""
    found = []
    for path, function in _functions():
        kinds = {}
        for node in ast.walk(function):
            if isinstance(node, ast.ExceptHandler) and node.name:
                kinds.setdefault(node.name, set()).add(ast.unparse(node.type))
        found += [f"{path.name}:{function.name} {name}" for name, several in kinds.items() if len(several) > 1]
    assert found == []


def test_the_defaults_of_compiled_operations_are_literals():
    """Compiled, a function whose defaults have names has no signature, which members are matched with."""
    found = [
        f"{path.name}:{function.name} {ast.unparse(default)}"
        for path, function in _functions()
        if any("operation" in ast.unparse(decorator) for decorator in function.decorator_list)
        for default in (*function.args.defaults, *filter(None, function.args.kw_defaults))
        if not isinstance(default, ast.Constant)
    ]
    assert found == []


def _functions():
    for path in _compiled():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node
