"""Knowing which clouds run, whatever became of those that did."""

import os
import subprocess
import sys

import pytest

from skyglobe.cli.failures import NOT_RUNNING, USAGE, Failure
from skyglobe.cli.remote import find_cloud
from skyglobe.cli.runtime import Running, announced, is_running, running_clouds, runtime_folder


def running(port=4566, pid=None, endpoint=None):
    return Running(
        pid=pid or os.getpid(),
        port=port,
        endpoint=endpoint or f"http://localhost:{port}",
        hosts=("127.0.0.1",),
        folder=None,
        log=None,
        started_at=0.0,
        version="1",
    )


def test_a_cloud_is_found_for_as_long_as_it_runs(tmp_path):
    with announced(tmp_path, running(4567)), announced(tmp_path, running(4566)):
        assert [found.port for found in running_clouds(tmp_path)] == [4566, 4567]
        assert is_running(tmp_path, running(4566))
    assert running_clouds(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_killed_cloud_is_removed(tmp_path):
    script = (
        "import os, sys; from pathlib import Path; from tests.cli.test_runtime import running;"
        "from skyglobe.cli.runtime import announced\n"
        "with announced(Path(sys.argv[1]), running()): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert [place.name for place in tmp_path.iterdir()] == ["4566.json"]
    assert running_clouds(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_later_cloud_on_the_port_is_not_taken_for_the_earlier(tmp_path):
    earlier = running(pid=1)
    with announced(tmp_path, running()):
        assert not is_running(tmp_path, earlier)


def test_what_is_no_runtime_file_is_left_out(tmp_path):
    (tmp_path / "4566.json").write_text("nonsense")
    assert running_clouds(tmp_path) == []


def test_the_runtime_folder_is_chosen_by_environment(tmp_path):
    assert runtime_folder({"SKYGLOBE_RUNTIME": str(tmp_path)}) == tmp_path
    assert runtime_folder({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path / "skyglobe"
    assert runtime_folder({"SKYGLOBE_HOME": str(tmp_path)}) == tmp_path / "run"
    assert runtime_folder({"XDG_RUNTIME_DIR": "/nowhere", "SKYGLOBE_HOME": str(tmp_path)}) == tmp_path / "run"


@pytest.fixture
def environ(tmp_path):
    return {"SKYGLOBE_RUNTIME": str(tmp_path)}


def test_the_only_cloud_is_the_one_that_is_meant(tmp_path, environ):
    with announced(tmp_path, running(4999)):
        assert find_cloud(None, None, environ).endpoint == "http://localhost:4999"


def test_of_several_the_one_on_the_usual_port_is_meant(tmp_path, environ):
    with announced(tmp_path, running(4566)), announced(tmp_path, running(4999)):
        assert find_cloud(None, None, environ).endpoint == "http://localhost:4566"
        assert find_cloud(None, 4999, environ).running.port == 4999
        assert find_cloud("http://127.0.0.1:4999", None, environ).running.port == 4999
        assert find_cloud(None, None, environ | {"SKYGLOBE_ENDPOINT": "http://localhost:4999"}).running.port == 4999


def test_of_several_on_unusual_ports_one_must_be_named(tmp_path, environ):
    with announced(tmp_path, running(4998)), announced(tmp_path, running(4999)):
        with pytest.raises(Failure, match="Which one") as caught:
            find_cloud(None, None, environ)
        assert "--port 4998" in caught.value.advice
        assert caught.value.code == USAGE


@pytest.mark.parametrize("endpoint", ["nonsense", "ftp://localhost", "http://", "http://localhost:port"])
def test_what_is_no_endpoint_is_refused(endpoint, environ):
    with pytest.raises(Failure, match="no endpoint"):
        find_cloud(endpoint, None, environ).ask("GET", "status")


def test_when_nothing_runs_it_is_said_how_to_start(environ, free_port):
    with pytest.raises(Failure, match=f"Nothing answers at http://localhost:{free_port}") as caught:
        find_cloud(None, free_port, environ).ask("GET", "status")
    assert "skyglobe up" in caught.value.advice
    assert caught.value.code == NOT_RUNNING
