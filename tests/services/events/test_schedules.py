"""Rules that trigger themselves by the clock."""

import datetime as dt
import json

import pytest

from skyglobe.kernel.access import Need
from skyglobe.kernel.service import Service
from tests.services.events.conftest import ACCOUNT, policy

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"


@pytest.fixture
def function(cloud):
    """A Lambda service in miniature: what it was ``invoked`` with, and the ``policy`` that lets others in."""
    double = Service("lambda")
    double.invoked = []
    allowing = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    double.policy = policy({**allowing, "Action": "lambda:InvokeFunction", "Resource": FUNCTION})

    @double.operation
    def invoke(call, function_name, invocation_type=None, payload=b"", **_):
        double.invoked.append((invocation_type, json.loads(payload), call.principal.source_arn))
        return {"StatusCode": 202}

    double.needs(lambda call, operation, params: [Need("lambda:InvokeFunction", FUNCTION, call.account)])
    double.resource_policies(lambda scope, arn: double.policy)
    cloud.kernel.services.add(double)
    return double


def at(event):
    return dt.datetime.fromisoformat(event["time"])


@pytest.mark.spec("EVB-001", "LAM-022")
def test_a_function_is_invoked_by_rate_and_at_noon(cloud, events, function):
    arn = events.put_rule(Name="often", ScheduleExpression="rate(1 minute)")["RuleArn"]
    events.put_targets(Rule="often", Targets=[{"Id": "1", "Arn": FUNCTION}])
    cloud.turn(minutes=5)
    assert len(function.invoked) == 5
    kind, event, source = function.invoked[0]
    assert (kind, source) == ("Event", arn)
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == [arn]
    instants = [at(event) for _, event, _ in function.invoked]
    assert instants[4] - instants[0] == dt.timedelta(minutes=4)
    events.disable_rule(Name="often")
    function.invoked.clear()
    cloud.turn(minutes=5)
    assert function.invoked == []
    events.put_rule(Name="noon", ScheduleExpression="cron(0 12 * * ? *)")
    events.put_targets(Rule="noon", Targets=[{"Id": "1", "Arn": FUNCTION}])
    cloud.turn(days=2)
    assert [(at(event).hour, at(event).minute) for _, event, _ in function.invoked] == [(12, 0), (12, 0)]


def test_what_is_no_schedule_is_refused(events, refused):
    for text in (
        "rate(1 minutes)",
        "rate(0 minutes)",
        "cron(0 12 * * *)",
        "at(2030-01-01T00:00:00)",
        "often",
        "rate()",
    ):
        code, message = refused(events.put_rule, Name="r", ScheduleExpression=text)
        assert (code, message) == ("ValidationException", "Parameter ScheduleExpression is not valid."), text
    assert refused(events.put_rule, Name="r")[0] == "ValidationException"


@pytest.mark.spec("PEV-009")
def test_a_function_that_does_not_let_eventbridge_in_is_not_invoked_and_the_failure_counted(
    cloud, aws, events, function, put
):
    allowing, function.policy = function.policy, ""
    events.put_rule(Name="r", EventPattern='{"source": ["my.app"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": FUNCTION}])
    put()
    assert function.invoked == []
    function.policy = allowing
    put({"n": 2})
    assert [event["detail"] for _, event, _ in function.invoked] == [{"n": 2}]
    cloudwatch = aws.client("cloudwatch")

    def count_of(name):
        day = {"StartTime": cloud.now / 1000 - 600, "EndTime": cloud.now / 1000 + 60, "Period": 3600}
        dimensions = [{"Name": "RuleName", "Value": "r"}]
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/Events", MetricName=name, Dimensions=dimensions, Statistics=["Sum"], **day
        )
        return sum(point["Sum"] for point in found["Datapoints"])

    assert [count_of(name) for name in ("MatchedEvents", "Invocations", "FailedInvocations")] == [2, 2, 1]
