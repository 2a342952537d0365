"""Archives keep what is put on a bus, and replays bring it back."""

import json

import pytest

from tests.services.events.conftest import ACCOUNT

BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"


@pytest.fixture
def keep(events):
    def make(name="kept", **more):
        return events.create_archive(ArchiveName=name, EventSourceArn=BUS, **more)["ArchiveArn"]

    return make


@pytest.fixture
def replay(cloud, events):
    """Replay an archive from the beginning until now; return how the replay ended."""

    def make(archive, name="again", start=0, stop=None, **destination):
        cloud.turn(seconds=2)
        events.start_replay(
            ReplayName=name,
            EventSourceArn=archive,
            EventStartTime=start,
            EventEndTime=stop or cloud.now / 1000,
            Destination={"Arn": BUS, **destination},
        )
        cloud.settle()
        return events.describe_replay(ReplayName=name)

    return make


@pytest.mark.spec("EVB-009", "EVB-010")
def test_an_archive_keeps_what_matches_as_long_as_it_says(cloud, events, put, keep, replay, watch, refused):
    everything, some = keep("all"), keep("some", EventPattern='{"source": ["my.app"]}', RetentionDays=7)
    for number in range(3):
        put({"n": number}, source="my.app" if number else "other")
    described = {name: events.describe_archive(ArchiveName=name) for name in ("all", "some")}
    assert {name: one["EventCount"] for name, one in described.items()} == {"all": 3, "some": 2}
    assert described["all"]["SizeBytes"] > described["some"]["SizeBytes"] > 200
    assert (described["some"]["RetentionDays"], described["some"]["State"]) == (7, "ENABLED")
    cloud.turn(days=8)
    queue = watch({"source": [{"prefix": ""}]})
    assert events.describe_archive(ArchiveName="some")["EventCount"] == 0
    assert events.describe_archive(ArchiveName="some")["SizeBytes"] == 0
    assert replay(some, "one")["State"] == "COMPLETED"
    assert queue.events() == []
    replay(everything, "two")
    assert len(queue.events()) == 3
    assert refused(events.create_archive, ArchiveName="all", EventSourceArn=BUS)[0] == "ResourceAlreadyExistsException"
    bad = {"ArchiveName": "x", "EventSourceArn": BUS, "EventPattern": "{"}
    assert refused(events.create_archive, **bad)[0] == "InvalidEventPatternException"
    assert [one["ArchiveName"] for one in events.list_archives(EventSourceArn=BUS)["Archives"]] == ["all", "some"]
    events.update_archive(ArchiveName="all", RetentionDays=1)
    cloud.turn(seconds=1)
    assert events.describe_archive(ArchiveName="all")["EventCount"] == 0
    events.delete_archive(ArchiveName="all")
    assert refused(events.describe_archive, ArchiveName="all")[0] == "ResourceNotFoundException"


@pytest.mark.spec("EVB-011")
def test_a_replay_brings_back_a_time_to_the_rules_that_are_named(cloud, events, put, keep, replay, watch, refused):
    archive = keep()
    one, other = watch({"source": ["my.app"]}), watch({"source": ["my.app"]})
    for first in range(0, 60, 10):
        details = [json.dumps({"n": number}) for number in range(first, first + 10)]
        events.put_events(Entries=[{"Source": "my.app", "DetailType": "x", "Detail": detail} for detail in details])
    cloud.turn(seconds=5)
    stop = cloud.now / 1000
    put({"n": "late"})
    assert (len(one.events()), len(other.events())) == (61, 61)
    done = replay(archive, stop=stop, FilterArns=[one.rule])
    assert (done["State"], done["EventSourceArn"]) == ("COMPLETED", archive)
    assert done["ReplayEndTime"] >= done["ReplayStartTime"]
    again = one.events()
    assert sorted(event["detail"]["n"] for event in again) == list(range(60))
    assert {event["replay-name"] for event in again} == {"again"}
    assert other.events() == []
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 61
    assert refused(events.cancel_replay, ReplayName="again")[0] == "IllegalStatusException"
    span = {"EventStartTime": 0, "EventEndTime": 10, "EventSourceArn": archive}
    here = {"Destination": {"Arn": BUS}}
    assert refused(events.start_replay, ReplayName="again", **span, **here)[0] == "ResourceAlreadyExistsException"
    elsewhere = {"Destination": {"Arn": BUS.replace("default", "other")}}
    assert refused(events.start_replay, ReplayName="x", **span, **elsewhere)[0] == "ValidationException"
    assert [one["State"] for one in events.list_replays(NamePrefix="ag")["Replays"]] == ["COMPLETED"]
