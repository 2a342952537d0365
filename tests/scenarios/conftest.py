"""What whole architectures need: packages as their makers publish them, fetched once into pytest's cache."""

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.services.lambda_.conftest import client, make_function, make_queue, refusal, role

__all__ = ["client", "make_function", "make_queue", "refusal", "role"]
PATIENCE = 120  # seconds an installer may take


def zip_folder(folder, **files):
    """Return a zip archive of a folder, and of further files by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(folder))
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _install(command, folder):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command[0]} took too long")
    if done.returncode != 0:
        pytest.skip(f"{' '.join(map(str, command))}: {done.stderr.strip()[-200:]}")


@pytest.fixture
def pip_layer(request):
    """Return a folder that is a layer of Python packages; the next run finds it there."""

    def build(name, *packages):
        folder = Path(request.config.cache.mkdir(f"layer-{name}"))
        mark = folder.with_name(folder.name + ".done")
        if not mark.exists():
            shutil.rmtree(folder / "python", ignore_errors=True)
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            _install([*pip, "--target", folder / "python", *packages], folder)
            mark.touch()
        return folder

    return build


@pytest.fixture
def npm_folder(request):
    """Return a folder with npm packages in ``node_modules``."""

    def build(name, *packages):
        if shutil.which("node") is None or shutil.which("npm") is None:
            pytest.skip("Node.js and npm are not installed")
        folder = Path(request.config.cache.mkdir(f"function-{name}"))
        if not all((folder / "node_modules" / package.split("@")[0]).is_dir() for package in packages):
            (folder / "package.json").write_text('{"private": true, "type": "module"}')
            _install(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *packages], folder)
        return folder

    return build
