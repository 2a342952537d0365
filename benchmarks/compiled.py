"""The compiled wheel as a subject of benchmarks and tests: built when the sources changed, installed apart.

``python -m benchmarks.compiled`` prints the folder to import it from, for ``make test-compiled``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from benchmarks.targets import FOLDER, ROOT, CannotStart, make_environment


def install_compiled() -> Path:
    """Build and install the wheel, unless that was done for these very sources; return where its programs are.

    Takes some minutes, and a C compiler. Raises ``CannotStart`` with what the build said last.
    """
    environment = FOLDER / "compiled"
    programs, stamp, digest = environment / "bin", environment / "sources", digest_of_sources()
    if stamp.exists() and stamp.read_text() == digest:
        return programs
    shutil.rmtree(environment, ignore_errors=True)
    wheels = environment / "wheels"
    pip = make_environment(environment)
    _run(*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT), SKYGLOBE_COMPILE="profiled")
    (wheel,) = wheels.glob("*.whl")
    # The client's libraries too: the null handler runs in this environment as a module of the benchmark.
    _run(*pip, "install", "--constraint", str(ROOT / "constraints.txt"), str(wheel), "boto3")
    stamp.write_text(digest)
    return programs


def importable() -> Path:
    """Return a folder that holds Skyglobe, compiled, and nothing else: to stand first in another environment's path.

    Raises ``CannotStart`` when what was installed is not compiled.
    """
    (installed,) = (install_compiled().parent / "lib").glob("python*/site-packages/skyglobe")
    if not list(installed.glob("kernel/tables.*.so")):
        raise CannotStart(f"{installed} is not compiled")
    folder = FOLDER / "compiled" / "importable"
    folder.mkdir(exist_ok=True)
    for found in installed.parent.glob("*"):
        # mypyc's own modules, with the runtime that compiled ones share, lie beside the package.
        if found.name == "skyglobe" or "__mypyc" in found.name:
            (folder / found.name).unlink(missing_ok=True)
            (folder / found.name).symlink_to(found)
    return folder


def digest_of_sources() -> str:
    """Return a digest of everything the wheel is made of, and of the Python that makes it."""
    digest = sha256(sys.version.encode())
    sources = [ROOT / "pyproject.toml", ROOT / "constraints.txt", ROOT / "hatch_build.py"]
    for path in [*sources, *sorted((ROOT / "src").rglob("*.py"))]:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _run(*command: str, **environment: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    if done.returncode:
        raise CannotStart(f"{' '.join(command[:6])} … failed:\n{(done.stdout + done.stderr)[-1500:]}")


if __name__ == "__main__":
    try:
        print(importable())
    except CannotStart as error:
        sys.exit(str(error))
