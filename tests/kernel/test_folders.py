"""The data folder: one owner at a time, and no surprises from other versions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from skyglobe.kernel.config import Config
from skyglobe.kernel.folders import FORMAT, DataFolder, FolderError, FolderLocked, NewerFormat, default_folder
from skyglobe.kernel.kernel import Kernel


def test_a_folder_is_made_with_its_format(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a" / "b")
    assert (folder.path / "format").read_text() == f"{FORMAT}\n"
    assert folder.store.parent == folder.blobs.parent == folder.snapshots.parent == folder.path
    folder.close()
    folder.close()


def test_a_folder_in_use_is_refused_and_the_error_names_the_process(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    with pytest.raises(FolderLocked, match=f"process {os.getpid()}") as refused:
        DataFolder(tmp_path)
    assert (refused.value.pid, refused.value.folder) == (os.getpid(), tmp_path)
    first.close()
    DataFolder(tmp_path).close()


HOLDER = """
import sys, pathlib
from skyglobe.kernel.folders import DataFolder
folder = DataFolder(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lock_ends_with_the_process_however_it_ends(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(FolderLocked, match=f"process {holder.pid}"):
        DataFolder(tmp_path)
    holder.kill()
    holder.communicate()
    DataFolder(tmp_path).close()


def test_a_newer_format_is_refused_and_the_folder_left_alone(tmp_path: Path) -> None:
    (tmp_path / "format").write_text(f"{FORMAT + 1}\n")
    with pytest.raises(NewerFormat, match=f"format {FORMAT + 1}.*newer version"):
        DataFolder(tmp_path)
    assert (tmp_path / "format").read_text() == f"{FORMAT + 1}\n"
    (tmp_path / "format").write_text(f"{FORMAT}\n")
    DataFolder(tmp_path).close()  # the refusal did not keep the lock


def test_an_older_folder_is_taken_over_and_older_programs_are_kept_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "format").write_text(f"{FORMAT - 1}\n")
    DataFolder(tmp_path).close()
    assert (tmp_path / "format").read_text() == f"{FORMAT}\n"


def test_a_damaged_format_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("")
    with pytest.raises(FolderError, match="damaged"):
        DataFolder(tmp_path)


def test_a_place_that_cannot_be_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="cannot be used"):
        DataFolder(tmp_path / "file" / "folder")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"SKYGLOBE_HOME": "/data/sky", "XDG_DATA_HOME": "/x"}, "/data/sky"),
        ({"XDG_DATA_HOME": "/x"}, "/x/skyglobe"),
        ({"XDG_DATA_HOME": "relative"}, "~/.local/share/skyglobe"),
        ({}, "~/.local/share/skyglobe"),
        ({"SKYGLOBE_HOME": "~/clouds"}, "~/clouds"),
        ({"SKYGLOBE_HOME": ""}, "~/.local/share/skyglobe"),
    ],
)
def test_the_default_folder(environ: dict[str, str], expected: str) -> None:
    assert default_folder(environ) == Path(expected).expanduser()


def test_a_kernel_holds_its_folder_until_it_stops(tmp_path: Path) -> None:
    import asyncio

    async def story() -> None:
        kernel = Kernel(Config(folder=tmp_path))
        with pytest.raises(FolderLocked):
            Kernel(Config(folder=tmp_path))
        await kernel.start()
        await kernel.stop()
        await kernel.stop()
        await Kernel(Config(folder=tmp_path)).stop()

    asyncio.run(story())


def test_a_kernel_that_cannot_open_its_store_lets_the_folder_go(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_text("this is no database, and it is longer than a header of one would be " * 3)
    for _ in range(2):
        with pytest.raises(Exception, match="not a database"):
            Kernel(Config(folder=tmp_path))
