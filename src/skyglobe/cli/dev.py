"""``skyglobe-dev``: commands for those who write services."""

from __future__ import annotations

import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skyglobe.cli.failures import USAGE, Failure
from skyglobe.cli.plain import print_failure
from skyglobe.cli.printing import say

if TYPE_CHECKING:
    from skyglobe.models import ServiceModel

app = typer.Typer(
    name="skyglobe-dev",
    help="For those who write services.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

Service = Annotated[str, typer.Argument(metavar="SERVICE", help="botocore's name: sns, dynamodb, cognito-idp.")]
Operations = Annotated[
    str | None,
    typer.Option("--operations", metavar="NAMES", help="Only these, e.g. 'CreateTopic,Publish,*Subscription*'."),
]


@app.callback()
def _options() -> None: ...


@app.command("new-service")
def new_service(
    service: Service,
    operations: Operations = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", metavar=" ", help="Do not ask before writing all.")] = False,
    root: Annotated[Path, typer.Option(metavar="FOLDER", help="The repository.")] = Path(),
) -> None:
    """Write the folder of a new service: declaration, records, planned operations, a first test, its page.

    Planned operations answer 501 and are not counted as built. Write one, make @NAME.planned @NAME.operation: done.
    """
    from skyglobe.cli.scaffolding.folder import module_name, planned_files

    chosen = chosen_operations(service, operations)
    if not (root / "src" / "skyglobe" / "services").is_dir():
        raise Failure(f"{root.resolve()} is not Skyglobe's repository.", "Run it there, or say --root FOLDER.", USAGE)
    package = root / "src" / "skyglobe" / "services" / module_name(service)
    if package.exists():
        advice = f"More of its signatures: skyglobe-dev signatures {service} --operations NAMES"
        raise Failure(f"{package} exists already.", advice)
    if operations is None and not yes:
        typer.confirm(f"{service} has {len(chosen)} operations. Write signatures of all of them?", abort=True)
    files = planned_files(service, chosen)
    for place, text in sorted(files.items()):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
        say(f"  [green]+[/] {place}")
    _format(root, [place for place in files if place.suffix == ".py"])
    say(f"{len(chosen)} operations of [bold]{service}[/] are planned. The first story: {_test_of(files)}")


@app.command()
def signatures(service: Service, operations: Operations = None) -> None:
    """Print planned functions, to be pasted into a service that is there."""
    from skyglobe.cli.scaffolding.folder import module_name
    from skyglobe.cli.scaffolding.prose import summary
    from skyglobe.cli.scaffolding.signatures import function_text

    model, name = load_known(service), module_name(service)
    texts = [
        function_text(name, model.operation(operation), summary(service, operation))
        for operation in chosen_operations(service, operations)
    ]
    print("\n\n".join(texts), end="")


def chosen_operations(service: str, patterns: str | None) -> list[str]:
    """Return the API names of the operations that ``patterns`` (all without) choose. Raises ``Failure``."""
    names = load_known(service).operation_names
    if patterns is None:
        return list(names)
    wanted = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
    for pattern in wanted:
        if not any(_matches(name, pattern) for name in names):
            raise Failure(f"{service} has no operation {pattern!r}.", f"skyglobe coverage {service} lists them.", USAGE)
    return [name for name in names if any(_matches(name, pattern) for pattern in wanted)]


def load_known(service: str) -> ServiceModel:
    """Return the model of a service. Raises ``Failure`` when AWS has none of that name."""
    from skyglobe.models import load

    try:
        return load(service)
    except KeyError:
        raise Failure(f"AWS has no service {service!r}.", "Names are those of `aws help` and boto3.", USAGE) from None


def _matches(name: str, pattern: str) -> bool:
    from skyglobe.models.names import snake_case

    return fnmatchcase(name, pattern) or fnmatchcase(snake_case(name), pattern)


def _format(root: Path, places: list[Path]) -> None:
    """Have ruff put the files into the house's form, where it is installed."""
    words = [sys.executable, "-m", "ruff"]
    names = [str(place) for place in places]
    for step in (["format", "--quiet"], ["check", "--fix", "--quiet", "--select", "I,F401"]):
        subprocess.run([*words, *step, *names], cwd=root, check=False, stderr=subprocess.DEVNULL)


def _test_of(files: dict[Path, str]) -> Path:
    return next(place for place in files if place.name.startswith("test_"))


def main() -> None:
    """Run the command the process's arguments name."""
    try:
        app(prog_name="skyglobe-dev")
    except Failure as failure:
        print_failure(failure)
        sys.exit(failure.code)


if __name__ == "__main__":
    main()
