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
