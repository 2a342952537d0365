"""Calls with arguments that no client sends: each is refused in words, and the connection goes on."""

import random
import socket

import cbor2

from skyglobe.services.dax.rules.methods import METHODS
from tests.services.dax.conftest import make_table

ARGUMENTS = [
    *(None, 0, -1, 2**70, 1.5, True, float("nan"), b"", b"items", b"\x61a\x80", b"\xff\xff", b"\xff\x00", "items"),
    *([], [1], [b"items"], [b"\x61a\x80"], [2], [7], [99], {}, {3: 1}, {9: b"\x01"}, {13: "x"}, {0: b"\x82\x01\x80"}),
    {b"items": [False, None, [b"\x61a\x80"]]},
    {"items": [b"\x61a\x80", b"\x01"]},
    {4: cbor2.dumps([1, [0, [18, "a"], [17, 0]], [1]])},
    cbor2.CBORTag(3321, ["a"]),
    cbor2.CBORTag(0, "2020-01-01T00:00:00Z"),
]
CALLS = 400


def test_whatever_is_sent_is_answered(aws, make_cluster):
    make_table(aws, sort="N")
    client = make_cluster().client()
    client.scan(TableName="items")  # a connection that is greeted and authorized
    dice = random.Random(20)
    callable_ = [(number, method) for number, method in METHODS.items() if method.name != "AuthorizeConnection"]
    with client._cluster.read_client()._tube_pool.get() as tube:
        connection: socket.socket = tube._socket
        for _ in range(CALLS):
            number, method = dice.choice(callable_)
            arguments = [dice.choice(ARGUMENTS) for _ in range(method.arguments)]
            if arguments and dice.random() < 0.5:
                arguments[0] = b"items"
            connection.sendall(b"".join(map(cbor2.dumps, [1, number, *arguments])))
            answer = connection.recv(65_536)
            assert answer, (method, arguments)
            if answer[0] != 0x80:
                details = cbor2.loads(b"\x9f" + answer + b"\xff")[2]
                assert details[2] == 400, (method, arguments, details)
