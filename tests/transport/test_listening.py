"""Where the server listens, what it says when it cannot, and how it stops."""

import asyncio
import socket

import pytest

from skyglobe.kernel.wire import Response
from skyglobe.transport import CannotListen, run, serve
from tests.transport.conftest import PATIENCE


def never(request, reply):
    raise AssertionError("nobody calls")


def test_a_taken_port_is_explained_with_what_to_do():
    async def story():
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(CannotListen, match=f"127.0.0.1:{port} is taken.*choose another port"):
                await serve(never, "127.0.0.1", port)

    run(story())


def test_a_server_that_cannot_have_all_its_addresses_takes_none():
    async def story():
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(CannotListen):
                await serve(never, ["127.0.0.2", "127.0.0.1"], port)
            socket.create_server(("127.0.0.2", port)).close()

    run(story())


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_explained(host):
    async def story():
        with pytest.raises(CannotListen, match=host):
            await serve(never, host, 0)

    run(story())


def test_several_addresses_serve_the_same_handler():
    async def story():
        server = await serve(lambda request, reply: reply(Response(200, {}, b"x")), ["127.0.0.1", "127.0.0.2"], 0)
        for address in server.addresses:
            assert await _get(*address) == b"x"
        await server.close()

    run(story())


def test_localhost_listens_on_one_port_for_every_family():
    async def story():
        server = await serve(lambda request, reply: reply(Response(200, {}, request.client.encode())), "localhost", 0)
        assert len({port for _, port in server.addresses}) == 1
        for host, port in server.addresses:
            assert await _get(host, port) == host.encode()
        await server.close()

    run(story())


async def _get(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


def test_closing_finishes_what_runs_closes_what_idles_and_accepts_nothing_new(serving, held):
    served = serving(held)
    idle, busy, half = served.connect(), served.connect(), served.connect()
    busy.send(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
    half.send(b"GET /2 HTTP/1.1\r\n")
    _, reply = held.next()
    served.until(lambda: len(served.server.connections) == 3)
    closing = asyncio.run_coroutine_threadsafe(served.server.close(), served.loop)
    assert idle.closed()
    assert half.closed()
    with pytest.raises(ConnectionError):
        served.connect()
    assert not closing.done()
    served.on_loop(lambda: reply(Response(200, {}, b"done")))
    answer = busy.answer()
    assert (answer.body, answer.headers["connection"]) == (b"done", "close")
    assert busy.closed()
    closing.result(PATIENCE)


def test_closing_waits_for_no_more_than_the_grace_time(serving, held):
    served = serving(held)
    wire = served.connect().send(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
    _, reply = held.next()
    served.wait(served.server.close(0.01))
    assert wire.closed()
    served.on_loop(lambda: reply(Response(200)))


def test_a_closed_port_can_be_taken_again_at_once(serving, echo):
    served = serving(echo)
    assert served.connect().get().status == 200
    served.wait(served.server.close())

    async def again():
        server = await serve(echo, "127.0.0.1", served.port)
        await server.close()

    run(again())
