"""Smithy RPC v2: CBOR bodies from clients that are not botocore, and CBOR made to harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import cbor2
import pytest

from tests.protocols.parsing_requests import parse, refusal

RPC = "smithy-rpc-v2-cbor"


def get_statistics(**members: Any) -> dict[str, Any]:
    return parse("cloudwatch", "GetMetricStatistics", RPC, cbor2.dumps(members))


def test_an_empty_body_is_an_empty_map() -> None:
    assert parse("cloudwatch", "ListMetrics", RPC) == {}


def test_null_undefined_and_unknown_members_are_absent() -> None:
    assert get_statistics(Namespace="n", MetricName=None, Colour=1) == {"Namespace": "n"}


def test_maps_and_lists_of_indefinite_length_are_read() -> None:
    body = b"\xbf\x69Namespace\x7f\x61a\x61b\xff\x6aStatistics\x9f\x63Sum\xff\xff"
    assert parse("cloudwatch", "GetMetricStatistics", RPC, body) == {"Namespace": "ab", "Statistics": ["Sum"]}


def test_timestamps_are_tagged_or_bare_seconds() -> None:
    instant = datetime(2015, 8, 30, 12, 36, 0, 500_000, tzinfo=UTC)
    seconds = instant.timestamp()
    assert get_statistics(StartTime=cbor2.CBORTag(1, seconds)) == {"StartTime": instant}
    assert get_statistics(StartTime=seconds) == {"StartTime": instant}
    elsewhere = instant.astimezone(timezone(timedelta(hours=2)))
    parsed = get_statistics(StartTime=elsewhere)
    assert parsed == {"StartTime": instant}
    assert parsed["StartTime"].tzinfo is UTC


def test_floats_of_every_width_and_integers_are_floats() -> None:
    for encoded in (b"\xf9\x3e\x00", b"\xfa\x3f\xc0\x00\x00", b"\xfb\x3f\xf8" + b"\x00" * 6):
        parsed = parse("cloudwatch", "PutMetricAlarm", RPC, b"\xa1\x69Threshold" + encoded)
        assert parsed == {"Threshold": 1.5}
    parsed = parse("cloudwatch", "PutMetricAlarm", RPC, cbor2.dumps({"Threshold": 2}))
    assert type(parsed["Threshold"]) is float


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\xa1",
        b"\x81" * 100_000,
        b"\xbf\x69Namespace" * 5000,
        b"\x9b" + b"\xff" * 8,
        b"\x5b" + b"\x7f" * 8,
        b"\x62\xff\xfe",
        b"\xa1\x69Namespace\x62\xff\xfe",
        b"\xa1\x69StartTime\xc1\x1b" + b"\xff" * 8,
        b"\xa1\x69StartTime\xc1\xf9\x7e\x00",
        b"\xa1\x69StartTime\x63now",
        b"\xa1\x69StartTime\xc0\x78\x190001-01-01T00:00:00+14:00",
        b"\xa1\x66Period\x1b\x00\x00\x00\x01\x00\x00\x00\x00",
        b"\xa1\x66Period\xf5",
        b"\xa1\x69Namespace\x41x",
        b"\xd8\x1c\x81\xd8\x1d\x00",
        b"\xa1\x6aStatistics\xd8\x1c\x81\xd8\x1d\x00",
        b"\xc5\x82\x1a\xff\xff\xff\xff\x01",
        b"\x80",
        b"\x01",
        b"{}",
    ],
)
def test_what_is_no_cbor_or_does_not_fit_is_refused(body: bytes) -> None:
    error = refusal("cloudwatch", "GetMetricStatistics", RPC, body)
    assert (error.code, error.status) == ("SerializationException", 400)
