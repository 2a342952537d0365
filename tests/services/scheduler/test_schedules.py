"""Schedules call their targets by the clock, in a role."""

import datetime as dt
import json

import pytest
from botocore.exceptions import ClientError

from tests.services.events.conftest import ACCOUNT, QueueInHand, make_role

OFF = {"Mode": "OFF"}


@pytest.fixture
def scheduler(aws):
    return aws.client("scheduler")


@pytest.fixture
def role(aws):
    return make_role(aws, "runs", ["sqs:SendMessage", "dynamodb:*"], service="scheduler.amazonaws.com")


@pytest.fixture
def queue(aws):
    made = QueueInHand(aws.client("sqs"), "inbox")
    made.shut()
    return made


@pytest.fixture
def make(scheduler, role, queue):
    def create(name, expression, target=None, window=OFF, **more):
        target = {"Arn": queue.arn, "RoleArn": role, **(target or {})}
        return scheduler.create_schedule(
            Name=name, ScheduleExpression=expression, FlexibleTimeWindow=window, Target=target, **more
        )["ScheduleArn"]

    return create


@pytest.fixture
def refused():
    def call(function, *args, **params):
        with pytest.raises(ClientError) as caught:
            function(*args, **params)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return call


def moment(cloud, **parts):
    """An instant some time from now, to the second, in UTC."""
    return dt.datetime.fromtimestamp(cloud.now // 1000, dt.UTC) + dt.timedelta(**parts)


@pytest.mark.spec("EVB-020")
def test_a_schedule_comes_once_in_its_time_zone_and_goes(cloud, scheduler, make, queue, refused):
    wanted = moment(cloud, hours=3).astimezone(dt.timezone(dt.timedelta(hours=9)))
    expression = f"at({wanted:%Y-%m-%dT%H:%M:%S})"
    text = '{"at": "<aws.scheduler.scheduled-time>", "of": "<aws.scheduler.schedule-arn>"}'
    more = {"ScheduleExpressionTimezone": "Asia/Tokyo", "ActionAfterCompletion": "DELETE"}
    arn = make("once", expression, {"Input": text}, **more)
    assert arn == f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/once"
    assert refused(make, "once", expression) == ("ConflictException", "Schedule once already exists.")
    described = scheduler.get_schedule(Name="once")
    assert (described["State"], described["ScheduleExpressionTimezone"]) == ("ENABLED", "Asia/Tokyo")
    cloud.turn(hours=2, minutes=59)
    assert queue.messages() == []
    cloud.turn(minutes=2)
    (body,) = queue.bodies()
    assert json.loads(body) == {"at": f"{wanted.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", "of": arn}
    assert refused(scheduler.get_schedule, Name="once")[0] == "ResourceNotFoundException"


def test_cron_and_rates_come_again_within_their_dates_and_windows(cloud, scheduler, make, queue):
    start, end = moment(cloud, hours=1), moment(cloud, hours=1, minutes=25)
    make("rate", "rate(10 minutes)", StartDate=start, EndDate=end)
    cloud.turn(hours=3)
    events = queue.events()
    assert [event["time"] for event in events] == [
        f"{start + dt.timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}" for minutes in (0, 10, 20)
    ]
    assert (events[0]["source"], events[0]["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert scheduler.get_schedule(Name="rate")["EndDate"] == end
    noon = {"ScheduleExpression": "cron(0 12 * * ? *)", "ScheduleExpressionTimezone": "America/New_York"}
    target = scheduler.get_schedule(Name="rate")["Target"]
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    scheduler.update_schedule(Name="rate", FlexibleTimeWindow=window, Target=target, **noon)
    cloud.turn(days=1, minutes=16)
    (event,) = queue.events()
    assert event["time"][11:] in ("16:00:00Z", "17:00:00Z")
    scheduler.update_schedule(Name="rate", FlexibleTimeWindow=OFF, Target=target, State="DISABLED", **noon)
    cloud.turn(days=2)
    assert queue.messages() == []
    scheduler.delete_schedule(Name="rate")
    assert scheduler.list_schedules()["Schedules"] == []


def test_a_universal_target_calls_any_operation_that_the_role_allows(cloud, aws, make, role, queue, refused):
    table = aws.client("dynamodb")
    table.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    sdk = "arn:aws:scheduler:::aws-sdk"
    item = json.dumps({"TableName": "table", "Item": {"k": {"S": "<aws.scheduler.execution-id>"}}})
    make("put", "rate(1 hour)", {"Arn": f"{sdk}:dynamodb:putItem", "Input": item})
    create = {"Arn": f"{sdk}:sqs:createQueue", "Input": '{"QueueName": "made"}', "DeadLetterConfig": {"Arn": queue.arn}}
    make("create", "rate(1 hour)", create)
    cloud.turn(hours=2, minutes=1)
    assert len(table.scan(TableName="table")["Items"]) == 2
    letters = [message["MessageAttributes"] for message in queue.messages()]
    assert [letter["RETRY_ATTEMPTS"]["StringValue"] for letter in letters] == ["0", "0"]
    assert "AccessDenied" in letters[0]["ERROR_CODE"]["StringValue"]
    assert letters[0]["TARGET_ARN"]["StringValue"] == f"{sdk}:sqs:createQueue"
    for bad in (
        {"Arn": f"{sdk}:sqs:receiveMessage", "Input": "{}"},
        {"Arn": f"{sdk}:sqs:sendNothing", "Input": "{}"},
        {"Arn": f"{sdk}:sqs:sendMessage", "Input": "[]"},
        {"Arn": f"{sdk}:sqs:sendMessage", "Input": '{"QueueUrl": 5}'},
        {"Arn": f"{sdk}:sqs:sendMessage", "Input": '{"Queue": "x"}'},
        {"Arn": "nonsense"},
        {"RoleArn": role + "x"},
    ):
        assert refused(make, "bad", "rate(1 hour)", bad)[0] == "ValidationException", bad
    for absent in ("arn:aws:states:us-east-1:000000000000:stateMachine:m", f"{sdk}:ecs:runTask"):
        assert refused(make, "bad", "rate(1 hour)", {"Arn": absent, "Input": "{}"})[0] == "NotImplemented"
    for expression in ("rate(1 hours)", "cron(0 12 * * *)", "at(2030-13-01T00:00:00)", "now"):
        code, message = refused(make, "bad", expression)
        assert (code, message) == ("ValidationException", f"Invalid Schedule Expression {expression}.")


def test_groups_have_tags_and_take_their_schedules_with_them(cloud, scheduler, make, queue, refused):
    arn = scheduler.create_schedule_group(Name="g", Tags=[{"Key": "k", "Value": "v"}])["ScheduleGroupArn"]
    assert refused(scheduler.create_schedule_group, Name="g")[0] == "ConflictException"
    for name in ("a1", "a2", "b1"):
        make(name, "rate(1 hour)", GroupName="g")
    make("a1", "rate(1 hour)")
    first = scheduler.list_schedules(NamePrefix="a", MaxResults=2)
    rest = scheduler.list_schedules(NamePrefix="a", MaxResults=2, NextToken=first["NextToken"])
    found = [(one["GroupName"], one["Name"]) for page in (first, rest) for one in page["Schedules"]]
    assert found == [("default", "a1"), ("g", "a1"), ("g", "a2")]
    pages = scheduler.list_schedules(GroupName="g", MaxResults=2)
    rest = scheduler.list_schedules(GroupName="g", MaxResults=2, NextToken=pages["NextToken"])
    assert [one["Name"] for page in (pages, rest) for one in page["Schedules"]] == ["a1", "a2", "b1"]
    assert [group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default", "g"]
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "k2", "Value": "v2"}])
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["k"])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "k2", "Value": "v2"}]
    assert refused(scheduler.delete_schedule_group, Name="default")[0] == "ValidationException"
    scheduler.delete_schedule_group(Name="g")
    cloud.turn(hours=1, seconds=1)
    assert refused(scheduler.get_schedule_group, Name="g")[0] == "ResourceNotFoundException"
    assert refused(make, "x", "rate(1 hour)", GroupName="g")[0] == "ResourceNotFoundException"
    assert len(queue.messages()) == 1
