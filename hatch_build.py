"""Builds wheels whose hot modules are compiled by mypyc, when ``SKYGLOBE_COMPILE=1`` asks for it.

The modules are ordinary typed Python and run uncompiled everywhere else: in a checkout, in the tests, and in a wheel
built without the variable. A C compiler and Python's headers are needed. ``SKYGLOBE_COMPILE=profiled`` compiles twice:
what ``benchmarks/training.py`` had the first result run tells the compiler, GNU's only, how to make the second.
See docs/decisions/compiled.md.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MYPY = "mypy>=1.13"  # brings mypyc
PROFILED = "profiled"
AS_COUNTED = ("-fprofile-use", "-fprofile-partial-training", "-fprofile-correction", "-Wno-missing-profile")
"""What was not run is compiled as if nothing were known of it; threads that counted at once may have lost a few."""

COMPILED = (
    "kernel/call.py",
    "kernel/checksums.py",
    "kernel/clock.py",
    "kernel/frames.py",
    "kernel/ids.py",
    "kernel/keys.py",
    "kernel/metrics.py",
    "kernel/scope.py",
    "kernel/sqlite_store.py",
    "kernel/store.py",
    "kernel/tables.py",
    "kernel/turns.py",
    "kernel/wire.py",
    "models/names.py",
    "models/routing.py",
    "protocols/parsing/*.py",
    "protocols/serializing/*.py",
    "gateway/authenticate.py",
    "gateway/authorize.py",
    "gateway/aws_chunked.py",
    "gateway/bodies.py",
    "gateway/context.py",
    "gateway/exchange.py",
    "gateway/gateway.py",
    "gateway/hosts.py",
    "gateway/identify.py",
    "gateway/key_uses.py",
    "gateway/organizations.py",
    "gateway/payload.py",
    "gateway/performing.py",
    "gateway/plans.py",
    "gateway/scope.py",
    "gateway/sigv4.py",
    "gateway/tracing.py",
    "gateway/usage.py",
    "gateway/validity.py",
    "policy/conditions.py",
    "policy/decision.py",
    "policy/operators.py",
    "policy/principals.py",
    "policy/statements.py",
    "services/dynamodb/expressions/binding.py",
    "services/dynamodb/expressions/conditions.py",
    "services/dynamodb/expressions/keys.py",
    "services/dynamodb/expressions/parameters.py",
    "services/dynamodb/expressions/parsing.py",
    "services/dynamodb/expressions/projections.py",
    "services/dynamodb/expressions/tokens.py",
    "services/dynamodb/expressions/updates.py",
    "services/dynamodb/operations/batches.py",
    "services/dynamodb/operations/items.py",
    "services/dynamodb/operations/queries.py",
    "services/dynamodb/operations/transactions.py",
    "services/dynamodb/operations/updating.py",
    "services/dynamodb/rules/capacity.py",
    "services/dynamodb/rules/numbers.py",
    "services/dynamodb/rules/values.py",
    "services/dynamodb/consumption.py",
    "services/dynamodb/finding.py",
    "services/dynamodb/items.py",
    "services/dynamodb/layout.py",
    "services/dynamodb/needs.py",
    "services/dynamodb/paging.py",
    "services/dynamodb/removing.py",
    "services/dynamodb/throughput.py",
    "services/dynamodb/writing.py",
    "services/kinesis/operations/records.py",
    "services/kinesis/rules/capacity.py",
    "services/kinesis/rules/hashing.py",
    "services/kinesis/rules/iterators.py",
    "services/kinesis/rules/sequences.py",
    "services/kinesis/finding.py",
    "services/kinesis/keeping.py",
    "services/kinesis/layout.py",
    "services/kinesis/needs.py",
    "services/kinesis/putting.py",
    "services/kinesis/quota.py",
    "services/kinesis/reading.py",
    "services/s3/rules/*.py",
    "services/s3/operations/deleting.py",
    "services/s3/operations/getting.py",
    "services/s3/operations/listing.py",
    "services/s3/operations/putting.py",
    "services/s3/accelerating.py",
    "services/s3/answers.py",
    "services/s3/data_keys.py",
    "services/s3/deciding.py",
    "services/s3/describing.py",
    "services/s3/encrypting.py",
    "services/s3/envelopes.py",
    "services/s3/finding.py",
    "services/s3/granting.py",
    "services/s3/lanes.py",
    "services/s3/needs.py",
    "services/s3/places.py",
    "services/s3/reading.py",
    "services/s3/versions.py",
    "services/s3/writing.py",
    "services/sns/operations/batches.py",
    "services/sns/operations/publish.py",
    "services/sns/rules/envelopes.py",
    "services/sns/rules/filters.py",
    "services/sns/rules/messages.py",
    "services/sns/access.py",
    "services/sns/delivering.py",
    "services/sns/needs.py",
    "services/sns/publishing.py",
    "services/sqs/rules/*.py",
    "services/sqs/operations/batches.py",
    "services/sqs/operations/messages.py",
    "services/sqs/access.py",
    "services/sqs/backlog.py",
    "services/sqs/consuming.py",
    "services/sqs/counting.py",
    "services/sqs/needs.py",
    "services/sqs/receiving.py",
    "services/sqs/sending.py",
    "services/sqs/throughput.py",
    "transport/answers.py",
    "transport/connection.py",
    "transport/exchange.py",
    "transport/heads.py",
    "transport/incoming.py",
    "transport/parsing.py",
    "transport/receiving.py",
    "transport/sending.py",
    "transport/server.py",
    "transport/sweeping.py",
)
"""What every request runs through, below ``src/skyglobe``."""

LEFT_OUT = frozenset({"__init__.py", "events.py", "faults.py"})
"""Async generators and subclasses of built-in exceptions are beyond mypyc."""


class CompilingHook(BuildHookInterface[Any]):
    """Adds the compiled modules to a wheel."""

    PLUGIN_NAME = "custom"

    @property
    def is_wanted(self) -> bool:
        return self.target_name == "wheel" and os.environ.get("SKYGLOBE_COMPILE") in ("1", PROFILED)

    @property
    def _is_profiled(self) -> bool:
        return os.environ.get("SKYGLOBE_COMPILE") == PROFILED

    def dependencies(self) -> list[str]:
        """Return what building takes: the compiler, and the libraries whose types it must know."""
        return [MYPY, "setuptools", *self.metadata.core.dependencies] if self.is_wanted else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a temporary folder and name the results to the builder."""
        if version != "standard" or not self.is_wanted:
            return
        self._folder = Path(tempfile.mkdtemp(prefix="skyglobe-build-"))
        training = Path(self.root) / "benchmarks" / "training.py" if self._is_profiled else None
        built = compile_modules(Path(self.root) / "src", self._folder, training)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        modules = {str(path): path.relative_to(built).as_posix() for path in built.rglob("*.so")}
        build_data["force_include"].update(modules)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self.is_wanted:
            shutil.rmtree(self._folder, ignore_errors=True)


def compile_modules(source: Path, folder: Path, training: Path | None = None) -> Path:
    """Compile what ``COMPILED`` names into ``folder``; return the folder below it that holds the extension modules.

    With ``training``, a program to run with what was compiled, compile again for what it was seen to do: with GNU's
    compiler, that is, others do it once.
    """
    from mypyc.build import mypycify

    copy = folder / "src"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    before = Path.cwd()
    os.chdir(copy)  # mypyc names modules by their paths from here
    try:
        paths = sorted({path for pattern in COMPILED for path in Path("skyglobe").glob(pattern)})
        names = [str(path) for path in paths if path.name not in LEFT_OUT]
        # No configuration file: the project's own asks for more than the compiler needs.
        options = ["--config-file=", "--ignore-missing-imports"]
        extensions = mypycify([*names, *options], opt_level="2", multi_file=True)
        if sys.platform == "linux":
            for extension in extensions:
                _keep_together(extension, folder)
        if training is None or "Free Software Foundation" not in _run(_c_compiler(), "--version"):
            return _compile(extensions, folder, "built")
        trained = _compile(extensions, folder, "counting", "-fprofile-generate")
        shutil.copytree(copy / "skyglobe", trained / "skyglobe", dirs_exist_ok=True)
        # What the wheel depends on is in the path already, where the builder has put it for this.
        path = os.pathsep.join(filter(None, (str(trained), os.environ.get("PYTHONPATH"))))
        _run(sys.executable, str(training), PYTHONPATH=path)
        if not list((folder / "objects").rglob("*.gcda")):
            raise RuntimeError(f"{training} ran nothing that was compiled")
        return _compile(extensions, folder, "built", *AS_COUNTED)
    finally:
        os.chdir(before)


def _compile(extensions: list[Any], folder: Path, name: str, *flags: str) -> Path:
    """Compile the C that mypyc wrote, with more ``flags``; return the folder with the modules.

    The objects have the same places each time: beside them the compiler finds what was counted.
    """
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    class SideBySide(build_ext):
        """Compiles as many files at a time as there are processors: mypyc writes one for each module."""

        def build_extensions(self) -> None:
            compile_some = self.compiler.compile

            def compile_all(sources: list[str], **options: Any) -> list[str]:
                with ThreadPoolExecutor(os.cpu_count()) as pool:
                    compiled = list(pool.map(lambda source: compile_some([source], **options), sources))
                return [path for paths in compiled for path in paths]

            self.compiler.compile = compile_all
            super().build_extensions()

    for extension in extensions:
        extension.extra_compile_args = [arg for arg in extension.extra_compile_args if arg[:9] != "-fprofile"]
        extension.extra_compile_args += flags
        extension.extra_link_args = [arg for arg in extension.extra_link_args or () if arg[:9] != "-fprofile"]
        extension.extra_link_args += flags
    command = Distribution({"ext_modules": extensions, "cmdclass": {"build_ext": SideBySide}}).get_command_obj(
        "build_ext"
    )
    command.build_lib, command.build_temp, command.force = str(folder / name), str(folder / "objects"), True
    command.ensure_finalized()
    command.run()
    return folder / name


def _keep_together(extension: Any, folder: Path) -> None:
    """Have the code that runs be dense: what tells of an exception goes apart, and calls inside go directly.

    The code of one request is larger than a processor's first cache, and waiting for it is what much of its time goes
    to. GNU's and LLVM's compilers know the options.
    """
    header = folder / "cold.h"
    header.write_text(
        "#include <Python.h>\n"
        "__attribute__((cold)) void CPy_AddTraceback(const char *, const char *, int, PyObject *);\n"
    )
    extension.extra_compile_args = [*extension.extra_compile_args, "-include", str(header)]
    extension.extra_link_args = [*(extension.extra_link_args or ()), "-Wl,-Bsymbolic-functions"]


def _c_compiler() -> str:
    return str(sysconfig.get_config_var("CC")).split()[0]


def _run(*command: str, **environment: str) -> str:
    return subprocess.run(  # noqa: S603 - ourselves and Python's own compiler
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ).stdout


if __name__ == "__main__":
    sys.exit("This is a build hook: SKYGLOBE_COMPILE=1 pip wheel --no-deps .")
