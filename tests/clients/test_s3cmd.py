"""s3cmd, as it is installed: a tree put, listed, synchronized and fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.conftest import PROGRAMS, Server
from tests.clients.files import digests, write_tree


@pytest.fixture
def s3cmd(server: Server, tmp_path: Path):
    if not (PROGRAMS / "s3cmd").exists():
        pytest.skip("s3cmd is not installed: pip install 'skyglobe[clients]'")
    host = server.endpoint.removeprefix("http://")
    settings = {
        "access_key": "test",
        "secret_key": "test",
        "host_base": host,
        "host_bucket": host,
        "use_https": "False",
        "bucket_location": "us-east-1",
    }
    config = tmp_path / "s3cfg"
    config.write_text("[default]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
    return lambda *words: server.run(PROGRAMS / "s3cmd", "--config", config, "--no-progress", *words)


def test_a_tree_goes_there_and_back(server: Server, s3cmd, tmp_path: Path):
    tree = write_tree(tmp_path / "tree")
    s3cmd("mb", "s3://commanded")
    s3cmd("sync", f"{tree}/", "s3://commanded/copy/")
    assert s3cmd("sync", f"{tree}/", "s3://commanded/copy/").count("upload:") == 0
    (tree / "plain.txt").unlink()
    s3cmd("sync", "--delete-removed", f"{tree}/", "s3://commanded/copy/")
    s3cmd("sync", "s3://commanded/copy/", f"{tmp_path}/back/")
    assert digests(tmp_path / "back") == digests(tree)

    # s3cmd copies lists too, which buckets do not take unless they are told to.
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    server.client("s3").put_bucket_ownership_controls(Bucket="commanded", OwnershipControls=rules)
    s3cmd("cp", "s3://commanded/copy/100%", "s3://commanded/moved")
    s3cmd("mv", "s3://commanded/moved", "s3://commanded/moved again")
    s3cmd("setacl", "--acl-private", "s3://commanded/moved again")
    assert "moved again" in s3cmd("ls", "s3://commanded")
    assert "File size" in s3cmd("info", "s3://commanded/moved again")
    s3cmd("put", "--add-header=x-amz-meta-kind:pear", "--mime-type=text/x-pear", tree / "100%", "s3://commanded/kind")
    head = server.client("s3").head_object(Bucket="commanded", Key="kind")
    assert (head["ContentType"], head["Metadata"]["kind"]) == ("text/x-pear", "pear")
    assert "commanded" in s3cmd("ls")
    s3cmd("del", "--recursive", "--force", "s3://commanded")
    s3cmd("rb", "s3://commanded")
    assert "commanded" not in s3cmd("ls")
