"""``skyglobe up``: one cloud in the foreground, or a process in the background that is one."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from skyglobe import __version__
from skyglobe.cli.failures import IN_USE, USAGE, Failure
from skyglobe.cli.runtime import Running, announced, home, runtime_folder
from skyglobe.cli.settings import BadSetting, Settings, settings_from

if TYPE_CHECKING:
    from skyglobe.kernel.config import Config

READY_VARIABLE = "SKYGLOBE_READY"
"""Set for a process in the background: the descriptor on which it says "ready", or what went wrong."""


def up(options: Mapping[str, Any]) -> int:
    """Run a cloud as ``options`` and the environment say. Raises ``Failure``."""
    settings = _settings(options)
    if options.get("detach"):
        from skyglobe.cli.background import start

        return start(settings, options)
    told = _Told.from_environment(os.environ)
    try:
        _run(settings, told)
    except Failure as failure:
        told.failed(failure)
        raise
    return 0


def _settings(options: Mapping[str, Any]) -> Settings:
    try:
        return settings_from(options, os.environ, home(os.environ) / "cloud")
    except BadSetting as error:
        raise Failure(str(error), "`skyglobe up --help` lists the options.", USAGE) from None


def _run(settings: Settings, told: _Told) -> None:
    from skyglobe.cli.serving import run_cloud
    from skyglobe.kernel.folders import FolderError, FolderLocked
    from skyglobe.kernel.store import StoreFailure
    from skyglobe.transport import CannotListen

    _set_up_log(settings)
    config = settings.config
    _name_what_is_not_built(config)

    @contextlib.contextmanager
    def ready() -> Iterator[None]:
        with announced(runtime_folder(os.environ), _running(settings)):
            told.ready(settings)
            yield
        told.over()

    certificates = home(os.environ) / "tls" if settings.tls else None
    try:
        run_cloud(config, settings.hosts, settings.port, ready, certificates=certificates)
    except CannotListen as error:
        raise _port_taken(settings, error) from None
    except FolderLocked as error:
        raise _folder_locked(settings, error.pid) from None
    except FolderError as error:
        raise Failure(f"{error}.", "Choose another with --folder, or run with --memory.") from None
    except StoreFailure as error:
        raise Failure(f"The store cannot be used: {error}.", _store_advice(settings)) from None
    except ImportError as error:
        raise Failure(str(error), "For PostgreSQL: pip install 'skyglobe[postgres]'") from None
    except OSError as error:
        raise Failure(f"{error.strerror}: {error.filename}" if error.filename else str(error)) from None


def _running(settings: Settings) -> Running:
    folder = settings.config.folder
    return Running(
        pid=os.getpid(),
        port=settings.port,
        endpoint=settings.config.endpoint,
        hosts=settings.hosts,
        folder=str(folder) if folder is not None else None,
        log=os.environ.get("SKYGLOBE_LOG"),
        started_at=time.time(),
        version=__version__,
    )


def _set_up_log(settings: Settings) -> None:
    import logging

    level = logging.DEBUG if settings.debug else logging.INFO
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def _name_what_is_not_built(config: Config) -> None:
    """Say which of the services asked for are not there: lists written for other clouds name many."""
    if config.services is None:
        return
    import logging

    from skyglobe.kernel.service import Services

    if missing := sorted(config.services - set(Services().names())):
        logging.getLogger("skyglobe").warning("these services are not built: %s", ", ".join(missing))


def _port_taken(settings: Settings, error: OSError) -> Failure:
    """Say by whom the port is taken, where that is one of ours, and which is free."""
    from skyglobe.cli.ports import free_port_after
    from skyglobe.cli.runtime import running_clouds

    if not getattr(error, "is_taken", "is taken" in str(error)):
        return Failure(str(error))
    free = free_port_after(settings.hosts[0], settings.port)
    advice = f"Another port: skyglobe up --port {free}"
    for running in running_clouds(runtime_folder(os.environ)):
        if running.port == settings.port:
            text = f"A cloud is running on port {settings.port} already (process {running.pid})."
            return Failure(text, f"Stop it: skyglobe down --port {settings.port}\n{advice}", IN_USE)
    return Failure(str(error).partition(" Stop it")[0], f"Who: ss -ltnp 'sport = :{settings.port}'\n{advice}", IN_USE)


def _folder_locked(settings: Settings, pid: int | None) -> Failure:
    from skyglobe.cli.runtime import running_clouds

    holder = f" (process {pid})" if pid is not None else ""
    stop = f"Stop it: kill {pid}" if pid is not None else "Stop it"
    for running in running_clouds(runtime_folder(os.environ)):
        if running.pid == pid:
            holder = f" on port {running.port} (process {pid})"
            stop = f"Stop it: skyglobe down --port {running.port}"
    text = f"{settings.config.folder} is in use by another cloud{holder}."
    return Failure(text, f"{stop}\nA second cloud needs a folder of its own: --folder FOLDER, or --memory", IN_USE)


def _store_advice(settings: Settings) -> str:
    if settings.config.store:
        return "Check the connection string given with --store."
    return "Is the disk full (df), or the folder damaged? A new one: --folder FOLDER, or --memory."


class _Told:
    """Tells a person at a terminal that the cloud is ready."""

    @staticmethod
    def from_environment(environ: Mapping[str, str]) -> _Told:
        descriptor = environ.get(READY_VARIABLE, "")
        return _ToldParent(int(descriptor)) if descriptor.isdecimal() else _Told()

    def ready(self, settings: Settings) -> None:
        from skyglobe.cli.welcome import welcome

        print(welcome(settings), flush=True)

    def over(self) -> None:
        print("Going down: no new requests, five seconds for those at work.", flush=True)

    def failed(self, failure: Failure) -> None:
        """Nothing to add: whoever raised it is at the same terminal."""


class _ToldParent(_Told):
    """Tells the process that started this one, which waits at the other end of a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def ready(self, settings: Settings) -> None:
        self._say({"pid": os.getpid()})

    def over(self) -> None:
        import logging

        logging.getLogger("skyglobe").info("going down")

    def failed(self, failure: Failure) -> None:
        self._say({"message": failure.message, "advice": failure.advice, "code": failure.code})

    def _say(self, what: dict[str, Any]) -> None:
        import msgspec

        if self._descriptor >= 0:
            os.write(self._descriptor, msgspec.json.encode(what))
            os.close(self._descriptor)
            self._descriptor = -1  # the number may soon belong to some other file
