"""Retention: events expire by the clock."""

import pytest

from skyglobe.services.logs.records import chunks, fresh, slots

DAY = 86_400_000


def rows(cloud):
    def count(scope):
        return sum(1 for table in (chunks, fresh, slots) for _ in table.scan(scope))

    return cloud.run(cloud.kernel.transact(count, "000000000000", "us-east-1"))


@pytest.mark.spec("CWL-003")
def test_events_are_kept_for_ever_unless_a_retention_says_otherwise(group, cloud):
    group.put("old")
    cloud.turn(days=4000)
    assert group.messages() == ["old"]
    assert "retentionInDays" not in group.described


@pytest.mark.spec("CWL-003")
def test_events_are_gone_when_their_days_are_over(group, cloud):
    group.client.put_retention_policy(logGroupName=group.name, retentionInDays=30)
    assert group.described["retentionInDays"] == 30
    group.put("old")
    cloud.turn(days=20)
    group.put("young")
    cloud.turn(days=9)
    assert group.messages() == ["old", "young"]
    cloud.turn(days=2)
    assert group.messages() == ["young"]
    assert group.find() == ["young"]
    assert group.described["storedBytes"] == 5 + 26
    (stream,) = group.streams()
    assert stream["firstEventTimestamp"] == stream["lastEventTimestamp"]
    cloud.turn(days=21)
    assert rows(cloud) == 0
    assert group.described["storedBytes"] == 0
    assert "firstEventTimestamp" not in group.streams()[0]


@pytest.mark.spec("CWL-003")
def test_only_some_numbers_of_days_are_allowed(group, refused):
    code, status, text = refused(group.client.put_retention_policy, logGroupName=group.name, retentionInDays=29)
    assert (code, status) == ("InvalidParameterException", 400)
    assert "Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, " in text
    assert "3288, 3653]" in text


def test_a_retention_can_be_taken_back(group, cloud):
    group.client.put_retention_policy(logGroupName=group.name, retentionInDays=1)
    group.put("kept")
    group.client.delete_retention_policy(logGroupName=group.name)
    cloud.turn(days=3)
    assert group.messages() == ["kept"]


def test_thousands_of_expired_slots_are_swept_away(group, cloud):
    now = cloud.now
    group.client.put_retention_policy(logGroupName=group.name, retentionInDays=14)
    for day in range(5):
        group.put(*["x"] * 100, at=now - (day + 1) * DAY, every=600_000)
    assert rows(cloud) > 400
    cloud.turn(days=15)
    assert rows(cloud) == 0


def test_the_delivery_class_keeps_events_for_a_day(make_group, cloud):
    group = make_group(logGroupClass="DELIVERY")
    group.put("passing")
    cloud.turn(3600)
    assert group.messages() == ["passing"]
    cloud.turn(days=1)
    assert group.messages() == []
    cloud.turn(days=1)
    assert rows(cloud) == 0
