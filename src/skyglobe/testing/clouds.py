"""Clouds that live in the test's own process, reached by unmodified boto3 without a socket."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from skyglobe.assembly import Cloud
from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.wire import Request, Response
from skyglobe.testing.interception import fresh_session, intercepted

if TYPE_CHECKING:
    from skyglobe.transport import HttpServer

T = TypeVar("T")

ACCESS_KEY, SECRET_KEY = "test", "test"


class TestCloud:
    """A cloud in memory, with everything a test asks of it as plain methods. Every call may come from any thread."""

    __test__ = False  # not a class of tests

    def __init__(self, config: Config | None = None, *, clock: Clock | None = None) -> None:
        self._loop = _loop()
        self._servers: list[HttpServer] = []
        self._cloud = self.run(self._make(config or Config(), clock))

    @property
    def kernel(self) -> Kernel:
        """The kernel, for looking inside. Touch it only through ``run`` or ``transact``."""
        return self._cloud.kernel

    def session(self, account: str = ACCESS_KEY, region: str = "us-east-1") -> Any:
        """Return a boto3 session whose calls this cloud answers, as the root of ``account`` (twelve digits)."""
        return self.session_with({"AccessKeyId": account, "SecretAccessKey": SECRET_KEY}, region)

    def session_with(self, key: Mapping[str, Any], region: str = "us-east-1") -> Any:
        """Return a boto3 session that signs with a key or temporary credentials, in the form IAM and STS issue them."""
        from boto3 import Session

        inner = fresh_session()
        made = Session(
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            aws_session_token=key.get("SessionToken"),
            region_name=region,
            botocore_session=inner,
        )
        intercepted(inner, self.send)
        return made

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of this cloud, made as the default account in ``us-east-1``."""
        region = options.pop("region_name", "us-east-1")
        return self.session(region=region).client(service, **options)

    def turn(self, seconds: float = 0, **parts: float) -> int:
        """Turn the clock: ``cloud.turn(30)``, ``cloud.turn(days=4, seconds=1)``. Returns how many timers fired."""
        from datetime import timedelta

        by = timedelta(seconds=seconds, **parts)
        return self.run(self.kernel.turn(round(by.total_seconds() * 1000)))

    @property
    def now(self) -> int:
        """The cloud's time in milliseconds since the epoch."""
        return self.kernel.clock.now()

    def shake(self, service: str, kind: str, value: float = 1.0) -> None:
        """Switch misbehaviour on, or off with 0: ``cloud.shake("sqs", "duplicate")``."""
        self.run(self.kernel.transact(lambda scope: self.kernel.faults.set(scope, service, kind, value)))

    def settle(self) -> None:
        """Wait until every delivery that is due now has been made."""
        self.run(self.kernel.settle())

    def send(self, request: Request) -> Response:
        """Answer one HTTP request."""
        answer: Future[Response] = Future()
        self._loop.call_soon_threadsafe(self._cloud.handle, request, answer.set_result)
        return self._whole(answer.result())

    def listen(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Serve this cloud on a socket too, until it is closed; return the endpoint. Port 0 takes a free one."""
        from skyglobe.transport import serve

        server = self.run(serve(self._cloud.handle, host, port))
        self._servers.append(server)
        address = server.addresses[0]
        return f"http://{address[0]}:{address[1]}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the cloud's event loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """Throw the cloud away."""
        for server in self._servers:
            self.run(server.close(0))
        self.run(self._cloud.stop())

    @staticmethod
    async def _make(config: Config, clock: Clock | None) -> Cloud:
        made = Cloud(config, clock=clock)
        await made.start()
        return made

    def _whole(self, response: Response) -> Response:
        """Give the response a body in one piece."""
        body = response.body
        if isinstance(body, bytes | bytearray | memoryview):
            return response
        if hasattr(body, "__aiter__"):
            response.body = self.run(_gather(body))
            return response
        pieces = []
        for piece in body:
            if isinstance(piece, bytes | bytearray | memoryview):
                pieces.append(bytes(piece))
            else:
                pieces += piece.pieces()
        response.body = b"".join(pieces)
        return response


async def _gather(body: Any) -> bytes:
    return b"".join([piece async for piece in body])


_starting = threading.Lock()
_running: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    """Return the event loop all test clouds of this process share, in a thread of its own."""
    with _starting:
        if not _running:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="skyglobe", daemon=True).start()
            _running.append(loop)
        return _running[0]


@contextlib.contextmanager
def cloud(config: Config | None = None) -> Iterator[TestCloud]:
    """Answer every botocore client of this process from a fresh cloud: ``with skyglobe.cloud():``.

    Also usable as a decorator. Credentials and a region are supplied where the environment has none, so that code
    which makes its own clients just works.
    """
    from skyglobe.testing.interception import everything_intercepted

    made = TestCloud(config)
    try:
        with everything_intercepted(made.send):
            yield made
    finally:
        made.close()
