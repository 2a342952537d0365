"""The quick reader of ``skyglobe up``'s options and the full command line mean the same."""

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.cli.app import app
from skyglobe.cli.background import spelled
from skyglobe.cli.commands.upping import given_options
from skyglobe.cli.options import UP_OPTIONS, read_options


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ([], {}),
        (["-d"], {"detach": True}),
        (["--detach", "--port", "5000"], {"detach": True, "port": "5000"}),
        (["--port=5000"], {"port": "5000"}),
        (["--host", "::1", "--host=127.0.0.1"], {"host": ["::1", "127.0.0.1"]}),
        (["--no-tls"], {"tls": False}),
        (["--tls"], {"tls": True}),
        (["--root-key=A:b=c"], {"root_key": "A:b=c"}),
        (["--strict-auth", "--memory"], {"strict_auth": True, "memory": True}),
    ],
)
def test_usual_options_are_read_without_the_full_command_line(words, options):
    assert read_options(words) == options


@pytest.mark.parametrize(
    "words",
    [["--help"], ["-h"], ["--nonsense"], ["up"], ["--port"], ["--port", "many"], ["--strict=1"], ["--no-strict"]],
)
def test_everything_else_is_left_to_the_full_command_line(words):
    assert read_options(words) is None


VALUES = {
    "text": st.from_regex(r"[a-zA-Z0-9:/=. é]{1,12}", fullmatch=True),
    "number": st.integers(0, 70_000).map(str),
    "flag": st.just(True),
    "switch": st.booleans(),
    "list": st.lists(st.from_regex(r"[a-z0-9.:]{1,12}", fullmatch=True), min_size=1, max_size=3),
}
OPTIONS = st.fixed_dictionaries(
    {}, optional={option.name: VALUES[option.kind] for option in UP_OPTIONS if option.name != "detach"}
)


UP = typer.main.get_command(app).commands["up"]


@given(OPTIONS)
@settings(max_examples=50, deadline=None)
def test_both_readers_understand_what_is_passed_on_to_the_background(options):
    words = spelled(options)
    assert read_options(words) == options
    assert fully_read(words) == options


def fully_read(words):
    """Return what typer makes of ``words``, as far as it was given."""
    read = UP.make_context("up", list(words)).params
    kinds = {option.name: option.kind for option in UP_OPTIONS}
    told = {"number": str, "list": list}
    return {name: told.get(kinds[name], lambda value: value)(value) for name, value in given_options(read).items()}
