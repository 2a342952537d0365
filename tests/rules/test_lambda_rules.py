"""Lambda's decisions, without a cloud."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.wire import Request
from skyglobe.services.lambda_.rules import batches, urls
from skyglobe.services.lambda_.rules.giving_up import retry_after
from skyglobe.services.lambda_.rules.lineage import pass_on, times_through
from skyglobe.services.lambda_.rules.names import FunctionName, parse_function_name, parse_layer_name
from skyglobe.services.lambda_.rules.sources import queue_url, watched_arn

names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9-_]{0,30}", fullmatch=True)
qualifiers = st.one_of(st.just(""), st.just("$LATEST"), st.from_regex(r"[0-9]{1,3}|[a-zA-Z-_]{1,9}", fullmatch=True))


@given(names, qualifiers, st.sampled_from(["", "123456789012"]), st.sampled_from(["", "eu-west-1", "us-gov-east-1"]))
def test_every_way_to_name_a_function_is_understood(name, qualifier, account, region):
    tail = f"{name}:{qualifier}" if qualifier else name
    ways = {tail: FunctionName(name, qualifier)}
    if account:
        ways[f"{account}:function:{tail}"] = FunctionName(name, qualifier, account)
    if account and region:
        ways[f"arn:aws:lambda:{region}:{account}:function:{tail}"] = FunctionName(name, qualifier, account, region)
    for text, meant in ways.items():
        assert parse_function_name(text) == meant


@pytest.mark.parametrize("text", ["", "a b", "arn:aws:sqs:us-east-1:123456789012:q", "a:b:c:d", "é", "a\n"])
def test_what_names_no_function_is_told_apart(text):
    assert parse_function_name(text) is None


def test_layers_are_named_with_and_without_version():
    arn = "arn:aws:lambda:us-east-1:123456789012:layer:tools"
    assert parse_layer_name("tools") == ("tools", 0, "", "")
    assert parse_layer_name(f"{arn}:7") == ("tools", 7, "123456789012", "us-east-1")
    assert parse_layer_name(arn + ":x") is None


IDS = ("a", "b")


@pytest.mark.parametrize(
    ("payload", "failed"),
    [
        (b"", []),
        (b"null", []),
        (b"{}", []),
        (b'{"batchItemFailures": null}', []),
        (b'{"batchItemFailures": []}', []),
        (b'{"batchItemFailures": [{"itemIdentifier": "b"}]}', ["b"]),
        (b'{"batchItemFailures": [{"itemIdentifier": "c"}]}', None),
        (b'{"batchItemFailures": [{"itemIdentifier": ""}]}', None),
        (b'{"batchItemFailures": [{"itemIdentifier": null}]}', None),
        (b'{"batchItemFailures": [{"id": "a"}]}', None),
        (b'{"batchItemFailures": "a"}', None),
        (b'"text"', None),
        (b"no JSON", None),
    ],
)
def test_what_an_answer_says_of_a_batch(payload, failed):
    if failed is None:
        with pytest.raises(batches.AllFailed):
            batches.failures_in(payload, IDS)
    else:
        assert batches.failures_in(payload, IDS) == failed


@given(st.lists(st.integers(0, 4_000_000), max_size=12))
def test_batches_are_cut_to_fit_into_invocations_and_lose_nothing(sizes):
    records = [{"body": "x" * size} for size in sizes]
    chunks = batches.chunks_of(records)
    assert [one for chunk in chunks for one in chunk] == records
    for chunk in chunks:
        assert len(json.dumps({"Records": chunk})) <= batches.MAX_BATCH_BYTES or len(chunk) == 1


def test_filters_look_into_bodies_that_are_json():
    record = {"body": '{"n": 1}', "messageAttributes": {}}
    content = batches.message_content(record)
    assert batches.passes((), content)
    assert batches.passes(('{"body": {"n": [1]}}',), content)
    assert batches.passes(('{"body": {"n": [2]}}', "{}"), content)
    assert not batches.passes(('{"body": {"n": [2]}}',), content)
    assert not batches.passes(('{"body": {"n": [1]}}',), {"body": "text"})


@given(st.lists(names, min_size=1, max_size=12))
def test_lineages_count_the_last_functions_only(path):
    header = ""
    for name in path:
        before = times_through(header, name)
        header = pass_on(header, name)
        assert times_through(header, name) == before + 1
    assert header.count("|") < 8


def test_pauses_between_tries_of_a_batch_grow_to_a_minute():
    assert [retry_after(failures) for failures in (0, 1, 2, 6, 50)] == [1000, 2000, 4000, 60000, 60000]


def test_sources_are_called_by_their_readers():
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
    assert watched_arn(table + "/stream/2026") == table
    assert queue_url("http://localhost:4566", "arn:aws:sqs:us-east-1:123456789012:q") == (
        "http://localhost:4566/123456789012/q"
    )


@given(st.binary(max_size=40), st.sampled_from(["", "text/plain", "application/json", "image/png"]))
def test_bodies_of_requests_come_back_from_events(body, kind):
    request = Request("POST", "/", "", {"content-type": kind}, body)
    event = urls.event_of(request, body, "host", "id", "request", 0, None)
    told = event.get("body", "")
    assert (base64.b64decode(told) if event["isBase64Encoded"] else told.encode()) == body


@given(st.binary(max_size=60))
def test_any_answer_is_a_page_or_refused(payload):
    try:
        page = urls.page_of(payload)
    except urls.BadResponse:
        return
    assert 100 <= page.status <= 599


@pytest.mark.parametrize(
    ("origin", "allowed", "answer"),
    [
        ("https://a.example.com", ["https://*.example.com"], True),
        ("https://example.com", ["https://*.example.com"], False),
        ("https://example.com", ["https://example.com"], True),
        ("https://example.com", ["*"], True),
        ("https://example.org", ["https://example.com"], False),
    ],
)
def test_origins_are_held_against_those_that_are_allowed(origin, allowed, answer):
    request = Request("GET", "/", "", {"origin": origin})
    assert bool(urls.cors_headers({"AllowOrigins": allowed}, request)) == answer
