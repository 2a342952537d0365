"""Talking to a running cloud."""

from __future__ import annotations

import contextlib
import http.client
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from skyglobe.cli.failures import FAILED, NOT_RUNNING, USAGE, Failure
from skyglobe.cli.runtime import Running, running_clouds, runtime_folder
from skyglobe.cli.settings import DEFAULT_PORT

HOW_TO_START = "Start one: skyglobe up, or in the background: skyglobe up -d"
CONNECT_FOR = 5.0  # seconds


class Cloud:
    """A running cloud, by its endpoint."""

    def __init__(self, endpoint: str, running: Running | None = None) -> None:
        self.endpoint = endpoint.rstrip("/")
        self.running = running
        """What its runtime file tells; None for a cloud elsewhere."""

    def ask(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """Send one admin request and return the document it is answered with. Raises ``Failure``."""
        with self.open(method, path, content) as response:
            body = response.read()
        return msgspec.json.decode(body) if body else None

    @contextlib.contextmanager
    def open(
        self, method: str, path: str, content: Mapping[str, Any] | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """Send one admin request and hand out the answer to be read. Raises ``Failure``, also for errors told."""
        connection = self._connect()
        body = msgspec.json.encode(content) if content is not None else None
        try:
            connection.request(method, f"/_skyglobe/{path}", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status >= 400:
                raise _refused(self.endpoint, response)
            yield response
        except ConnectionRefusedError:
            raise Failure(f"Nothing answers at {self.endpoint}.", HOW_TO_START, NOT_RUNNING) from None
        except (http.client.HTTPException, ConnectionError) as error:
            raise Failure(f"The cloud at {self.endpoint} broke off: {error or type(error).__name__}.") from None
        except OSError as error:
            raise Failure(f"{self.endpoint} cannot be reached: {error}.", HOW_TO_START, NOT_RUNNING) from None
        finally:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        url = urlsplit(self.endpoint)
        try:
            host, port = url.hostname, url.port
        except ValueError:
            host, port = None, None
        if url.scheme not in ("http", "https") or not host:
            raise Failure(f"{self.endpoint!r} is no endpoint.", "It looks like http://localhost:4566.", USAGE)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(host, port, timeout=CONNECT_FOR)
        try:
            connection.connect()
        except ConnectionRefusedError:
            raise Failure(f"Nothing answers at {self.endpoint}.", HOW_TO_START, NOT_RUNNING) from None
        except OSError as error:
            raise Failure(f"{self.endpoint} cannot be reached: {error}.", HOW_TO_START, NOT_RUNNING) from None
        connection.sock.settimeout(None)  # turning a year or loading a snapshot takes what it takes
        return connection


def segment(text: str) -> str:
    """Return ``text`` as one segment of a path."""
    return quote(text, safe="")


def find_cloud(endpoint: str | None, port: int | None, environ: Mapping[str, str] = os.environ) -> Cloud:
    """Return the cloud that is meant: by endpoint, by port, or the only one that runs on this machine.

    Raises ``Failure`` when none runs, or several do and nothing says which.
    """
    clouds = running_clouds(runtime_folder(environ))
    if endpoint is None and port is None:
        endpoint = environ.get("SKYGLOBE_ENDPOINT") or None
    if endpoint is None and port is None and environ.get("SKYGLOBE_PORT", "").isdecimal():
        port = int(environ["SKYGLOBE_PORT"])
    if port is not None:
        found = [running for running in clouds if running.port == port]
        return Cloud(found[0].endpoint, found[0]) if found else Cloud(f"http://localhost:{port}")
    if endpoint is not None:
        return Cloud(endpoint, _running_at(endpoint, clouds))
    if len(clouds) > 1:
        clouds = [running for running in clouds if running.port == DEFAULT_PORT] or clouds
    if len(clouds) > 1:
        which = "\n".join(f"--port {running.port}  {running.folder or 'in memory'}" for running in clouds)
        raise Failure("Several clouds are running. Which one?", which, USAGE)
    if clouds:
        return Cloud(clouds[0].endpoint, clouds[0])
    return Cloud(f"http://localhost:{DEFAULT_PORT}")


def _running_at(endpoint: str, clouds: list[Running]) -> Running | None:
    with contextlib.suppress(ValueError):
        url = urlsplit(endpoint)
        if url.hostname in ("localhost", "127.0.0.1", "::1"):
            return next((running for running in clouds if running.port == url.port), None)
    return None


def _refused(endpoint: str, response: http.client.HTTPResponse) -> Failure:
    try:
        message = str(msgspec.json.decode(response.read())["error"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return Failure(
            f"What answers at {endpoint} is no Skyglobe (status {response.status}).", HOW_TO_START, NOT_RUNNING
        )
    return Failure(message, "", FAILED)
