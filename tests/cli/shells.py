"""Running commands as a shell does, in a home of one's own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from skyglobe.cli.ports import free_port_after


@dataclass
class Shell:
    """Runs commands with an environment of its own."""

    environ: dict[str, str]

    def run(self, *words, status=0, stdin=subprocess.DEVNULL, **environ):
        """Run ``skyglobe WORDS``, check its exit status and return what it printed, both streams together."""
        done = subprocess.run(
            [sys.executable, "-m", "skyglobe.cli", *map(str, words)],
            env={**self.environ, **environ},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def json(self, *words, **environ):
        """Run a command with ``--json`` and return what it told."""
        return json.loads(self.run(*words, "--json", **environ))


def a_shell(home):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
    return Shell({**kept, "SKYGLOBE_HOME": str(home), "SKYGLOBE_RUNTIME": str(home / "run")})


def a_free_port(worker_id):
    """Return a port nobody listens on, of a range of this worker's own."""
    number = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    return free_port_after("127.0.0.1", 20_000 + number * 500 + os.getpid() % 400)
