"""Scheduled actions: bounds that change when the clock says so."""

from datetime import UTC, datetime, timedelta


def at(cloud, **later):
    """Return an instant of the cloud's clock."""
    return datetime.fromtimestamp(cloud.kernel.clock.now() / 1000, UTC) + timedelta(**later)


def test_a_scheduled_action_raises_the_minimum_at_its_cron_time_every_day(cloud, reads, orders):
    reads.register(1, 20)
    cloud.settle()
    noon = at(cloud, hours=2)
    reads.schedule("peak", f"cron({noon.minute} {noon.hour} * * ? *)", least=10, most=30)
    cloud.turn(minutes=118)
    assert orders()[0] == 5
    cloud.turn(minutes=3)
    assert orders()[0] == 10
    assert (reads.target()["MinCapacity"], reads.target()["MaxCapacity"]) == (10, 30)
    second, first = reads.activities()
    assert first["Description"] == "Setting min capacity to 10 and max capacity to 30"
    assert first["Cause"] == "scheduled action name peak was triggered"
    assert first["StatusMessage"] == "Successfully set min capacity to 10 and max capacity to 30"
    assert second["Cause"] == "minimum capacity was set to 10"
    reads.register(1)
    cloud.turn(hours=24)
    assert reads.target()["MinCapacity"] == 10


def test_a_time_zone_says_whose_clock_is_meant(cloud, scaling, reads):
    reads.register(1, 20)
    local = (at(cloud, hours=1) + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M:%S")
    reads.schedule("there", f"at({local})", least=4, Timezone="Asia/Tokyo")
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
    assert action["Timezone"] == "Asia/Tokyo"
    assert ":scheduledAction:" in action["ScheduledActionARN"]
    assert action["ScheduledActionARN"].endswith(":resource/dynamodb/table/orders:scheduledActionName/there")
    cloud.turn(minutes=58)
    assert reads.target()["MinCapacity"] == 1
    cloud.turn(minutes=3)
    assert reads.target()["MinCapacity"] == 4


def test_a_rate_runs_between_its_start_and_its_end(cloud, scaling, reads):
    reads.register(1, 20)
    reads.schedule("often", "rate(5 minutes)", least=2, StartTime=at(cloud, minutes=10), EndTime=at(cloud, minutes=22))
    cloud.turn(minutes=60)
    runs = [one for one in reads.activities() if one["Cause"] == "scheduled action name often was triggered"]
    assert len(runs) == 3  # after 10, 15 and 20 minutes
    scaling.put_scheduled_action(
        **reads.place, ScheduledActionName="often", ScalableTargetAction={"MinCapacity": 3}
    )  # without start and end: again and again
    (action,) = scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
    assert "StartTime" not in action
    assert action["Schedule"] == "rate(5 minutes)"
    cloud.turn(minutes=6)
    assert reads.target()["MinCapacity"] == 3


def test_suspended_scheduled_scaling_does_nothing_and_goes_on_afterwards(cloud, reads):
    reads.register(1, 20, SuspendedState={"ScheduledScalingSuspended": True})
    reads.schedule("often", "rate(1 minute)", least=4)
    cloud.turn(minutes=5)
    assert reads.target()["MinCapacity"] == 1
    reads.register(SuspendedState={"ScheduledScalingSuspended": False})
    cloud.turn(minutes=2)
    assert reads.target()["MinCapacity"] == 4


def test_an_action_whose_minimum_lies_above_the_maximum_fails(cloud, reads):
    reads.register(1, 3)
    reads.schedule("more", "rate(1 minute)", least=4)
    cloud.turn(seconds=61)
    assert reads.activities()[0]["StatusCode"] == "Failed"
    assert reads.target()["MinCapacity"] == 1


def test_activities_come_page_by_page_and_are_forgotten_after_six_weeks(cloud, scaling, reads):
    reads.register(1, 9)
    reads.schedule("often", "rate(1 hour)", least=2)
    cloud.turn(hours=5, minutes=1)
    pages = scaling.get_paginator("describe_scaling_activities").paginate(
        **reads.place, PaginationConfig={"PageSize": 2}
    )
    found = [activity["StartTime"] for page in pages for activity in page["ScalingActivities"]]
    assert len(found) == 5
    assert found == sorted(found, reverse=True)
    scaling.delete_scheduled_action(**reads.place, ScheduledActionName="often")
    cloud.turn(days=43)
    assert reads.activities() == []


def test_what_is_no_schedule_is_refused(scaling, reads, refused):
    code, _, message = refused(reads.schedule, "x", "rate(1 minute)", least=1)
    assert code == "ObjectNotFoundException"
    assert message.startswith("No scalable target registered for service namespace: dynamodb")
    reads.register(1, 9)
    for expression, more in (
        ("rate(1 minutes)", {"least": 1}),
        ("at(2001-01-01T00:00:00)", {"least": 1}),
        ("cron(0 9 * * ? *)", {"least": 1, "Timezone": "Mars/Base"}),
        ("rate(1 minute)", {}),
        ("rate(1 minute)", {"least": 2, "most": 1}),
    ):
        assert refused(reads.schedule, "x", expression, **more)[0] == "ValidationException"
    code, _, message = refused(scaling.delete_scheduled_action, **reads.place, ScheduledActionName="x")
    assert code == "ObjectNotFoundException"
    assert message.endswith("scheduled action name: x")
