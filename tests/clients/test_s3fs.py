"""s3fs and fsspec: objects as files, written, sought in and renamed."""

from __future__ import annotations

import random

import pytest

from tests.clients.conftest import Server

MIB = 1 << 20


@pytest.fixture
def files(server: Server, monkeypatch: pytest.MonkeyPatch):
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed: pip install 'skyglobe[clients]'")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    made = s3fs.S3FileSystem(
        key="test", secret="test", endpoint_url=server.endpoint, skip_instance_cache=True, use_listings_cache=False
    )
    made.mkdir("drawer")
    yield made
    made.rm("drawer", recursive=True)


def test_objects_are_files(files):
    body = random.Random(3).randbytes(12 * MIB + 7)
    with files.open("drawer/deep/large.bin", "wb", block_size=5 * MIB) as file:
        for at in range(0, len(body), MIB):
            file.write(body[at : at + MIB])
    assert files.info("drawer/deep/large.bin")["size"] == len(body)
    with files.open("drawer/deep/large.bin", "rb", block_size=MIB) as file:
        file.seek(-1000, 2)
        assert file.read() == body[-1000:]
        file.seek(5 * MIB - 10)
        assert file.read(20) == body[5 * MIB - 10 : 5 * MIB + 10]
    ranges = files.cat_ranges(["drawer/deep/large.bin"] * 3, [0, 100, 12 * MIB], [10, 200, 12 * MIB + 7])
    assert ranges == [body[:10], body[100:200], body[12 * MIB :]]

    files.pipe({"drawer/a": b"1", "drawer/b c": b"22", "drawer/deep/ü": b"333"})
    assert sorted(files.find("drawer")) == ["drawer/a", "drawer/b c", "drawer/deep/large.bin", "drawer/deep/ü"]
    assert sorted(files.ls("drawer", detail=False)) == ["drawer/a", "drawer/b c", "drawer/deep"]
    assert sorted(files.glob("drawer/*")) == ["drawer/a", "drawer/b c", "drawer/deep"]
    files.copy("drawer/a", "drawer/copy")
    files.mv("drawer/copy", "drawer/moved")
    assert (files.cat("drawer/moved"), files.exists("drawer/copy")) == (b"1", False)
    files.setxattr("drawer/a", kind="pear")
    assert files.getxattr("drawer/a", "kind") == "pear"
    files.put_tags("drawer/a", {"state": "ripe"})
    assert files.get_tags("drawer/a") == {"state": "ripe"}
    with pytest.raises(FileNotFoundError):
        files.open("drawer/none", "rb")
    with files.open("drawer/a", "ab") as file:
        file.write(b"2")
    assert files.cat("drawer/a") == b"12"


def test_urls_of_fsspec_are_opened(server: Server, files):
    import fsspec

    options = {"key": "test", "secret": "test", "endpoint_url": server.endpoint}
    with fsspec.open("s3://drawer/text", "wt", **options) as file:
        file.write("grüße")
    with fsspec.open("s3://drawer/text", "rt", **options) as file:
        assert file.read() == "grüße"
