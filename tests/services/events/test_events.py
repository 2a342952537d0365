"""Events that are put on a bus, and what rules make of them."""

import json
import time

import pytest


@pytest.mark.spec("EVB-012")
def test_an_event_reaches_a_queue_in_the_standard_form(cloud, events, watch, put):
    queue = watch({"source": ["my.app"], "detail-type": ["order"]})
    entry = put({"total": 12.5, "lines": [1, "ü"]}, Resources=["arn:aws:x:::y"])
    put({}, source="other.app")
    (event,) = queue.events()
    assert list(event) == [
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    ]  # fmt: skip
    assert event["id"] == entry["EventId"]
    assert (event["version"], event["account"], event["region"]) == ("0", "000000000000", "us-east-1")
    assert event["detail"] == {"total": 12.5, "lines": [1, "ü"]}
    assert event["resources"] == ["arn:aws:x:::y"]
    put(Time=1_700_000_000)
    assert queue.events()[0]["time"] == "2023-11-14T22:13:20Z"


def test_entries_are_refused_one_by_one(cloud, events, watch, refused):
    queue = watch({"source": [{"prefix": ""}]})
    good = {"Source": "my.app", "DetailType": "order", "Detail": "{}"}
    answer = events.put_events(
        Entries=[
            good,
            {"DetailType": "order", "Detail": "{}"},
            {"Source": "my.app", "Detail": "{}"},
            {"Source": "my.app", "DetailType": "order"},
            {**good, "Detail": "{"},
            {**good, "Detail": "[]"},
            {**good, "Detail": '"\\ud800'},
            {**good, "Source": "aws.s3"},
            {**good, "EventBusName": "nowhere"},
        ]
    )
    assert answer["FailedEntryCount"] == 7
    codes = [entry.get("ErrorCode", "") for entry in answer["Entries"]]
    malformed = ["MalformedDetail"] * 3
    assert codes == ["", *["InvalidArgument"] * 3, *malformed, "NotAuthorizedForSourceException", ""]
    assert answer["Entries"][1]["ErrorMessage"] == (
        "Parameter Source is not valid. Reason: Source is a required argument."
    )
    cloud.settle()
    assert len(queue.events()) == 1
    assert refused(events.put_events, Entries=[good] * 11)[0] == "ValidationException"
    assert refused(events.put_events, Entries=[])[0] == "ValidationException"
    large = {**good, "Detail": json.dumps({"x": "a" * 131_100})}
    assert events.put_events(Entries=[large])["FailedEntryCount"] == 0
    code, message = refused(events.put_events, Entries=[large, large, good])
    assert (code, message) == (
        "ValidationException", "Total size of the entries in the request is over the limit."
    )  # fmt: skip


@pytest.mark.spec("EVB-024")
def test_a_disabled_rule_matches_nothing_until_it_is_enabled(events, watch, put):
    queue = watch({"source": ["my.app"]}, name="r")
    events.disable_rule(Name="r")
    put()
    assert events.describe_rule(Name="r")["State"] == "DISABLED"
    assert queue.events() == []
    events.enable_rule(Name="r")
    put()
    assert len(queue.events()) == 1


def test_a_rule_with_another_pattern_matches_by_that(events, watch, put):
    queue = watch({"source": ["my.app"]}, name="r")
    events.put_rule(Name="r", EventPattern='{"detail": {"n": [{"numeric": [">", 3]}]}}')
    put({"n": 3})
    put({"n": 4}, source="whatever")
    assert [event["detail"] for event in queue.events()] == [{"n": 4}]


@pytest.mark.spec("EVB-014")
def test_patterns_are_tried_out_and_bad_ones_refused(events, refused):
    event = {
        "id": "1", "account": "000000000000", "source": "my.app", "time": "2026-01-01T00:00:00Z", "resources": [],
        "region": "us-east-1", "detail-type": "order", "detail": {"n": 5, "name": "Ann", "ip": "10.0.0.7",
        "f": "a.png"},
    }  # fmt: skip
    wanted = [
        {"detail": {"name": [{"prefix": "A"}]}},
        {"detail": {"f": [{"suffix": ".png"}]}},
        {"detail": {"name": [{"anything-but": ["Bob"]}]}},
        {"detail": {"n": [{"numeric": [">", 4, "<=", 5]}]}},
        {"detail": {"gone": [{"exists": False}]}},
        {"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}},
        {"detail": {"name": [{"equals-ignore-case": "aNN"}]}},
        {"detail": {"f": [{"wildcard": "a.*g"}]}},
        {"$or": [{"source": ["no"]}, {"detail": {"n": [5]}}]},
    ]
    text = json.dumps(event)
    for pattern in wanted:
        assert events.test_event_pattern(EventPattern=json.dumps(pattern), Event=text)["Result"], pattern
    assert not events.test_event_pattern(EventPattern='{"source": ["no"]}', Event=text)["Result"]
    for bad in ('{"source": "my.app"}', '{"source": []}', "[]", "{", "{}", '{"detail": {"a": [{"foo": 1}]}}'):
        code, message = refused(events.put_rule, Name="r", EventPattern=bad)
        assert code == "InvalidEventPatternException"
        assert message.startswith("Event pattern is not valid. Reason: ")
        assert refused(events.test_event_pattern, EventPattern=bad, Event=text)[0] == "InvalidEventPatternException"
    assert refused(events.test_event_pattern, EventPattern='{"source": ["a"]}', Event="{}")[0] == "ValidationException"


def test_each_bus_has_its_own_rules(events, watch, put, refused):
    events.create_event_bus(Name="orders", Description="d")
    here, there = watch({"source": ["my.app"]}), watch({"source": ["my.app"]}, bus="orders")
    put({"n": 1}, EventBusName="orders")
    put({"n": 2}, EventBusName="arn:aws:events:us-east-1:000000000000:event-bus/default")
    assert [event["detail"]["n"] for event in here.events()] == [2]
    assert [event["detail"]["n"] for event in there.events()] == [1]
    assert there.rule.startswith("arn:aws:events:us-east-1:000000000000:rule/orders/")
    schedule = {"Name": "s", "EventBusName": "orders", "ScheduleExpression": "rate(1 minute)"}
    code, message = refused(events.put_rule, **schedule)
    assert (code, message) == (
        "ValidationException", "ScheduleExpression is supported only on the default event bus."
    )  # fmt: skip
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default", "orders"]
    partner = "aws.partner/example.com/1"
    assert refused(events.create_event_bus, Name=partner, EventSourceName=partner)[0] == "NotImplemented"


def test_the_time_of_a_rule_is_the_clouds(cloud, events, watch, put):
    queue = watch({"source": ["my.app"]})
    cloud.turn(days=400)
    put()
    assert queue.events()[0]["time"] > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 399 * 86_400))
