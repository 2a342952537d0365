"""PutLogEvents: the rules of a batch."""

import pytest

DAY, HOUR = 86_400_000, 3_600_000
LIMIT = 1_048_576


@pytest.mark.spec("CWL-006", "CWL-022")
def test_events_come_back_in_order_of_time(group, cloud):
    now = cloud.now
    group.put("third", "fourth", at=now - 10, every=5)
    answer = group.put("first", "second", at=now - 100, every=5)
    assert "rejectedLogEventsInfo" not in answer
    assert answer["nextSequenceToken"]
    events = group.get(startFromHead=True)["events"]
    assert [event["message"] for event in events] == ["first", "second", "third", "fourth"]
    assert events[0]["timestamp"] == now - 100
    assert now <= events[0]["ingestionTime"] <= cloud.now


@pytest.mark.spec("CWL-022")
def test_a_batch_must_be_in_order_and_within_a_day(group, cloud, refused):
    now = cloud.now
    backward = [{"timestamp": now, "message": "a"}, {"timestamp": now - 1, "message": "b"}]
    code, _, text = refused(group.put_events, backward)
    assert code == "InvalidParameterException"
    assert text == "Log events in a single PutLogEvents request must be in chronological order."
    wide = [{"timestamp": now - DAY - 1, "message": "a"}, {"timestamp": now, "message": "b"}]
    assert "cannot span more than 24 hours" in refused(group.put_events, wide)[2]
    group.put("a", "b", at=now - DAY, every=DAY)
    assert group.messages() == ["a", "b"]


@pytest.mark.spec("CWL-022")
def test_what_is_too_old_too_new_or_expired_is_rejected_and_the_rest_taken(group, cloud):
    now = cloud.now
    stale = [{"timestamp": now - 14 * DAY - HOUR, "message": "stale"}, {"timestamp": now - 13 * DAY, "message": "good"}]
    assert group.put_events(stale)["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    ahead = [{"timestamp": now, "message": "fine"}, {"timestamp": now + 2 * HOUR + 60_000, "message": "ahead"}]
    assert group.put_events(ahead)["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert group.messages() == ["good", "fine"]
    group.client.put_retention_policy(logGroupName=group.name, retentionInDays=1)
    old = [{"timestamp": now - DAY - HOUR, "message": "x"}, {"timestamp": now - DAY + HOUR, "message": "young"}]
    assert group.put_events(old)["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert group.put("all", "of them", at=now - 15 * DAY)["rejectedLogEventsInfo"] == {
        "tooOldLogEventEndIndex": 2,
        "expiredLogEventEndIndex": 2,
    }
    assert group.messages() == ["young", "fine"]


@pytest.mark.spec("CWL-022")
def test_a_batch_has_a_megabyte_with_26_bytes_for_each_event(group, refused):
    group.put("x" * (LIMIT - 26))
    assert len(group.messages()[0]) == LIMIT - 26
    code, _, text = refused(group.put, "x" * (LIMIT - 25))
    assert code == "InvalidParameterException"
    assert text == f"Upload too large: {LIMIT + 1} bytes exceeds limit of {LIMIT}"
    assert "Log event too large" in refused(group.put, "é" * (LIMIT // 2 + 1))[2]
    group.put(*["x"] * 10_000)
    code, _, text = refused(group.put, *["x"] * 10_001)
    assert code == "InvalidParameterException"
    assert "Member must have length less than or equal to 10000" in text


@pytest.mark.spec("CWL-022")
def test_sequence_tokens_are_ignored(group, cloud):
    events = [{"timestamp": cloud.now, "message": "m"}]
    for _ in range(2):
        group.client.put_log_events(
            logGroupName=group.name, logStreamName="s", logEvents=events, sequenceToken="49590302365"
        )
    assert group.messages() == ["m", "m"]


def test_any_text_survives_as_it_is(group):
    texts = ["tab\tand\nnewline", "naïve ☃ 😀", "\u0000\u0001", " " * 10, '{"json": [1, 2]}', "x" * 200_000]
    group.put(*texts)
    assert group.messages(startFromHead=True) == texts
