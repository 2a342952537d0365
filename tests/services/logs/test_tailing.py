"""Live Tail: events are shown as they come."""

import boto3
import pytest
from botocore.exceptions import EventStreamError

from skyglobe.services.logs.operations import tailing


def client_of(endpoint):
    return boto3.client(
        "logs",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=boto3.session.Config(inject_host_prefix=False),
    )


@pytest.mark.spec("CWL-027")
def test_new_lines_are_shown_within_a_second(group, endpoint):
    group.put("ERROR before")
    answer = client_of(endpoint).start_live_tail(logGroupIdentifiers=[group.arn], logEventFilterPattern="ERROR")
    events = iter(answer["responseStream"])
    start = next(events)["sessionStart"]
    assert start["logGroupIdentifiers"] == [group.arn]
    assert start["sessionId"]
    group.put("ERROR one", "fine")
    shown = []
    while not shown:
        update = next(events)["sessionUpdate"]
        shown = update["sessionResults"]
    (event,) = shown
    assert event["message"] == "ERROR one"
    assert event["logStreamName"] == "s"
    assert event["logGroupIdentifier"] == "000000000000:/my/app"
    assert update["sessionMetadata"] == {"sampled": False}
    answer["responseStream"].close()


def test_a_busy_session_shows_a_sample_and_ends_when_its_time_is_over(group, endpoint, cloud, monkeypatch):
    assert tailing.LASTS_FOR == 3 * 3_600_000
    monkeypatch.setattr(tailing, "LASTS_FOR", 5_000)  # three hours are ten thousand updates
    answer = client_of(endpoint).start_live_tail(logGroupIdentifiers=[group.arn])
    events = iter(answer["responseStream"])
    next(events)
    group.make_stream("t")
    group.put(*["x"] * 600, stream="t")
    cloud.turn(1)
    first = next(events)["sessionUpdate"]
    assert len(first["sessionResults"]) == 500
    assert first["sessionMetadata"]["sampled"]
    cloud.turn(5)
    with pytest.raises(EventStreamError, match="SessionTimeoutException"):
        list(events)


def test_a_few_sessions_are_open_at_the_same_time(group, endpoint, logs, refused, monkeypatch):
    assert tailing.MAX_SESSIONS == 15
    monkeypatch.setattr(tailing, "MAX_SESSIONS", 1)
    answer = client_of(endpoint).start_live_tail(logGroupIdentifiers=[group.arn])
    next(iter(answer["responseStream"]))
    assert refused(logs.start_live_tail, logGroupIdentifiers=[group.arn])[0] == "LimitExceededException"
    answer["responseStream"].close()


def test_sessions_are_asked_for_by_arn(group, logs, refused):
    tail = logs.start_live_tail
    assert refused(tail, logGroupIdentifiers=[group.name])[0] == "InvalidParameterException"
    assert refused(tail, logGroupIdentifiers=[group.arn + ":*"])[0] == "InvalidParameterException"
    assert refused(tail, logGroupIdentifiers=[group.arn[:-1]])[0] == "ResourceNotFoundException"
    assert refused(tail, logGroupIdentifiers=[group.arn], logEventFilterPattern="{")[0] == "InvalidParameterException"
