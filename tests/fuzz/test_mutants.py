"""Requests that boto3 sent, spoilt in every way: the answer is one a client can read, and the cloud goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

import pytest

from skyglobe.kernel.wire import Request, Response
from skyglobe.testing import TestCloud
from tests.fuzz import bodies
from tests.fuzz.conftest import Stage
from tests.fuzz.drafts import Arriving, Draft
from tests.fuzz.judging import judge
from tests.fuzz.mutating import mutant

PATIENCE = 60  # seconds; an answer that takes longer is none
RENEWED_EVERY = 500  # mutants; by then some have deleted or overwritten what the recordings speak of
BODY_STEPS = {step.__name__ for kind in bodies.KINDS for step in kind}


def answer(cloud: TestCloud, request: Request) -> Response:
    """As ``cloud.send``, for which no answer at all would be a test that never ends."""

    async def ask() -> Response:
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        cloud._cloud.handle(request, answered.set_result)
        return await asyncio.wait_for(answered, PATIENCE)

    return cloud._whole(cloud.run(ask()))


def is_well(cloud: TestCloud) -> bool:
    """Whether an everyday request is answered."""
    headers = {
        "host": "localhost",
        "content-type": "application/x-www-form-urlencoded",
        "authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sts/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    return cloud.send(Request("POST", "/", "", headers, body)).status == 200


def expected_protocol(draft: Draft) -> str:
    """Name the protocol an error must be in: a request with an untouched head has not lost its own."""
    return draft.origin.protocol if BODY_STEPS.issuperset(draft.steps) else ""


def examine(cloud: TestCloud, draft: Draft, request: Request) -> None:
    """Send a mutant and judge the answer. Nobody reads what is said to a client that hung up."""
    stream = request.stream
    response = answer(cloud, request)
    if not (isinstance(stream, Arriving) and stream.breaks_off and response.status == 400 and response.body == b""):
        judge(response, draft.method, expected_protocol(draft))


def test_the_recordings_are_good_requests(stage: Callable[[], Stage]):
    made = stage()
    for recorded in made.corpus:
        response = made.cloud.send(Draft.of(recorded).whole())
        judge(response, recorded.method, recorded.protocol)
    assert {recorded.protocol for recorded in made.corpus} == {"json", "query", "rest-xml", "smithy-rpc-v2-cbor"}


def test_a_mutant_is_answered_so_that_a_client_can_read_it(
    stage: Callable[[], Stage], seeds: Callable[[int], Iterator[int]], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.ERROR)
    found: list[str] = []
    for at, seed in enumerate(seeds(1500)):
        if at % RENEWED_EVERY == 0:
            made = stage()
        draft, rng = mutant(made.corpus, seed)
        try:
            examine(made.cloud, draft, draft.request(rng))
            assert not caplog.records, caplog.text
            assert is_well(made.cloud)
        except Exception as error:
            found.append(f"seed {seed}: {draft}\n{type(error).__name__}: {error}\n{caplog.text[-600:]}")
            caplog.clear()
            if len(found) == 10:
                break
    assert not found, "\n\n".join(found)
