"""Alarms come to states by what is measured, and take their actions once for each."""

import pytest


@pytest.mark.spec("CWA-001", "CWA-003", "CWA-009")
def test_an_alarm_goes_through_its_states_and_notifies_of_each_once(
    cloudwatch, cloud, put, minute, make_alarm, state, inbox
):
    make_alarm(AlarmActions=[inbox.arn], OKActions=[inbox.arn], InsufficientDataActions=[inbox.arn])
    assert state() == "INSUFFICIENT_DATA"
    put(10)
    cloud.turn(61)
    assert state() == "OK"
    for _ in range(3):
        put(90)
        cloud.turn(60)
    assert state() == "ALARM"
    cloud.turn(600)
    assert state() == "INSUFFICIENT_DATA"
    first, second, third = sorted(inbox.messages(), key=lambda message: message["StateChangeTime"])
    assert [message["NewStateValue"] for message in (first, second, third)] == ["OK", "ALARM", "INSUFFICIENT_DATA"]
    assert second["AlarmName"] == "high"
    assert second["OldStateValue"] == "OK"
    assert second["Region"] == "US East (N. Virginia)"
    assert second["Trigger"]["MetricName"] == "Load"
    assert second["Trigger"]["Statistic"] == "AVERAGE"
    assert second["Trigger"]["Threshold"] == 80.0
    assert "1 out of the last 1 datapoint [90.0" in second["NewStateReason"]
    assert "was greater than the threshold (80.0) (minimum 1 datapoint for OK -> ALARM" in second["NewStateReason"]


@pytest.mark.spec("CWA-004")
def test_m_of_n_periods_and_percentiles_decide(cloudwatch, cloud, minute, put, make_alarm, state):
    make_alarm("two-of-three", EvaluationPeriods=3, DatapointsToAlarm=2)
    make_alarm("slow", ExtendedStatistic="p99", Threshold=50)
    for value, expected in ((90, "INSUFFICIENT_DATA"), (10, "OK"), (90, "ALARM"), (10, "OK"), (10, "OK")):
        put(value)
        cloud.turn(60)
        assert state("two-of-three") == expected
    data = {"MetricName": "Load", "Values": [10, 60], "Counts": [99, 1]}
    cloudwatch.put_metric_data(Namespace="My/App", MetricData=[data])
    cloud.turn(60)
    assert state("slow") == "OK"
    cloudwatch.put_metric_data(Namespace="My/App", MetricData=[{**data, "Counts": [98, 2]}])
    cloud.turn(60)
    assert state("slow") == "ALARM"


@pytest.mark.spec("CWA-005")
def test_periods_average_what_falls_into_them(cloud, minute, put, make_alarm, state, refused):
    make_alarm("five", Period=300, Threshold=50)
    for value in (90, 90, 10, 10, 10):
        put(value)
        cloud.turn(60)
    assert state("five") == "OK"
    for value in (90, 90, 90):
        put(value)
        cloud.turn(60)
    assert state("five") == "ALARM"
    for period in (45, 15, 90):
        code, _, message = refused(make_alarm, "odd", Period=period)
        assert (code, message) == ("ValidationError", "Period must be 10, 20, 30 or a multiple of 60.")


@pytest.mark.spec("CWA-006")
def test_a_fine_alarm_looks_every_ten_seconds(cloud, minute, put, make_alarm, state):
    make_alarm("fine", Period=10)
    put(90, StorageResolution=1)
    cloud.turn(20)
    assert state("fine") == "ALARM"
    make_alarm("coarse", Period=10, MetricName="Other")
    put(90, "Other")
    cloud.turn(20)
    assert state("coarse") == "INSUFFICIENT_DATA"


@pytest.mark.spec("CWA-012")
def test_missing_data_are_treated_as_the_alarm_says(cloud, minute, put, make_alarm, state):
    expected = {"breaching": "ALARM", "notBreaching": "OK", "ignore": "ALARM", "missing": "INSUFFICIENT_DATA"}
    for treatment in expected:
        make_alarm(treatment, TreatMissingData=treatment)
    put(90)
    cloud.turn(60)
    assert {state(treatment) for treatment in expected} == {"ALARM"}
    cloud.turn(600)
    assert {treatment: state(treatment) for treatment in expected} == expected


def test_an_alarm_without_data_sleeps_until_there_are_some(cloud, minute, put, make_alarm, state):
    make_alarm()
    make_alarm("silent", TreatMissingData="breaching")
    put(10)
    cloud.turn(600)
    assert (state(), state("silent")) == ("INSUFFICIENT_DATA", "ALARM")
    assert cloud.turn(days=30) == 0
    put(10, at=minute(30 * 24 * 60 + 60))  # an hour ahead
    assert state("silent") == "ALARM"
    cloud.turn(minutes=52)
    assert (state(), state("silent")) == ("OK", "OK")


@pytest.mark.spec("CWA-013", "CWA-014")
def test_a_state_set_by_hand_holds_until_the_next_evaluation(
    cloudwatch, cloud, minute, put, make_alarm, state, inbox, refused
):
    make_alarm(AlarmActions=[inbox.arn])
    put(10)
    cloud.turn(60)
    data = '{"by": "hand"}'
    cloudwatch.set_alarm_state(AlarmName="high", StateValue="ALARM", StateReason="a test", StateReasonData=data)
    (alarm,) = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert (alarm["StateReason"], alarm["StateReasonData"]) == ("a test", data)
    cloud.settle()
    assert [message["NewStateReason"] for message in inbox.messages()] == ["a test"]
    cloud.turn(60)
    assert state() == "OK"
    unknown = {"AlarmName": "none", "StateValue": "OK", "StateReason": ""}
    assert refused(cloudwatch.set_alarm_state, **unknown)[:2] == ("ResourceNotFound", 404)
    broken = {"AlarmName": "high", "StateValue": "OK", "StateReason": "", "StateReasonData": "{"}
    assert refused(cloudwatch.set_alarm_state, **broken)[0] == "InvalidFormat"
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName="high", PaginationConfig={"PageSize": 2}
    )
    items = [item for page in pages for item in page["AlarmHistoryItems"]]
    assert [item["HistorySummary"] for item in items] == [
        "Alarm updated from ALARM to OK",
        f"Successfully executed action {inbox.arn}",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
        'Alarm "high" created',
    ]
    updates = cloudwatch.describe_alarm_history(
        HistoryItemType="StateUpdate", ScanBy="TimestampAscending", MaxRecords=1
    )
    assert "INSUFFICIENT_DATA to OK" in updates["AlarmHistoryItems"][0]["HistorySummary"]
    cloud.turn(days=31)
    assert cloudwatch.describe_alarm_history(AlarmName="high")["AlarmHistoryItems"] == []


@pytest.mark.spec("CWA-016")
def test_disabled_actions_are_not_taken(cloudwatch, cloud, minute, put, make_alarm, state, inbox):
    make_alarm(AlarmActions=[inbox.arn])
    cloudwatch.disable_alarm_actions(AlarmNames=["high", "none"])
    put(90)
    cloud.turn(60)
    assert state() == "ALARM"
    assert inbox.messages() == []
    cloudwatch.enable_alarm_actions(AlarmNames=["high"])
    put(10)
    cloud.turn(60)
    put(90)
    cloud.turn(60)
    assert len(inbox.messages()) == 1


@pytest.mark.spec("CWM-017")
def test_alarms_are_put_listed_waited_for_and_deleted(aws, cloudwatch, minute, make_alarm, state, refused):
    topics = [f"arn:aws:sns:us-east-1:000000000000:t{number}" for number in range(6)]
    assert refused(make_alarm, "many", AlarmActions=topics)[0] == "ValidationError"
    assert refused(make_alarm, "odd", AlarmActions=["not-an-arn"])[0] == "ValidationError"
    assert refused(make_alarm, "ec2", AlarmActions=["arn:aws:automate:us-east-1:ec2:stop"])[:2] == (
        "NotImplemented",
        501,
    )
    make_alarm("a-1", AlarmActions=topics[:5], Tags=[{"Key": "team", "Value": "x"}])
    make_alarm("a-2", AlarmDescription="second")
    make_alarm("b-1")
    cloudwatch.set_alarm_state(AlarmName="a-2", StateValue="ALARM", StateReason="by hand")
    make_alarm("a-2", Threshold=5)
    assert state("a-2") == "ALARM"
    cloudwatch.get_waiter("alarm_exists").wait(AlarmNames=["a-1", "a-2"])
    pages = cloudwatch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2})
    assert [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]] == ["a-1", "a-2", "b-1"]

    def listed(**more):
        return [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms(**more)["MetricAlarms"]]

    assert listed(AlarmNamePrefix="a-") == ["a-1", "a-2"]
    assert listed(ActionPrefix=topics[0]) == ["a-1"]
    assert listed(StateValue="ALARM") == ["a-2"]
    assert refused(cloudwatch.describe_alarms, NextToken="x")[0] == "InvalidNextToken"
    asked = {"MetricName": "Load", "Namespace": "My/App"}
    assert len(cloudwatch.describe_alarms_for_metric(**asked)["MetricAlarms"]) == 3
    assert cloudwatch.describe_alarms_for_metric(**asked, Statistic="Sum")["MetricAlarms"] == []
    arn = cloudwatch.describe_alarms(AlarmNames=["a-1"])["MetricAlarms"][0]["AlarmArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "cost", "Value": "1"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "cost", "Value": "1"}]
    cloudwatch.delete_alarms(AlarmNames=["a-1", "a-2", "none"])
    assert listed() == ["b-1"]
    assert refused(cloudwatch.list_tags_for_resource, ResourceARN=arn)[0] == "ResourceNotFoundException"
    assert refused(cloudwatch.delete_alarms, AlarmNames=["x"] * 101)[0] == "ValidationError"


@pytest.mark.parametrize(
    "wrong",
    [
        {"EvaluationPeriods": 2000},
        {"EvaluationPeriods": 1, "DatapointsToAlarm": 2},
        {"TreatMissingData": "maybe"},
        {"ComparisonOperator": "GreaterThanUpperThreshold"},
        {"ExtendedStatistic": "p101"},
        {"Metrics": [{"Id": "e", "Expression": "m +"}]},
        {"Metrics": [{"Id": "e", "Expression": "SEARCH('{A}', 'Sum', 60)"}]},
        {"EvaluateLowSampleCountPercentile": "ignore"},
    ],
)
def test_alarms_that_cannot_be_are_refused(make_alarm, refused, wrong):
    assert refused(make_alarm, "bad", **wrong)[:2] == ("ValidationError", 400)


def test_an_alarm_can_watch_an_expression(cloud, minute, put, make_alarm, state):
    from tests.services.cloudwatch.conftest import metric

    make_alarm(
        "rate",
        Metrics=[
            metric("errors", name="Errors", ReturnData=False),
            metric("all", name="Requests", ReturnData=False),
            {"Id": "rate", "Expression": "100 * FILL(errors, 0) / all"},
        ],
        Threshold=5,
        TreatMissingData="notBreaching",
    )
    put(100, "Requests")
    cloud.turn(60)
    assert state("rate") == "OK"
    put(100, "Requests")
    put(6, "Errors")
    cloud.turn(60)
    assert state("rate") == "ALARM"
    cloud.turn(600)
    assert state("rate") == "OK"
    assert cloud.turn(days=30) == 0


def test_a_scaling_policy_is_told_at_each_evaluation(cloud, minute, put, make_alarm, cloudwatch, refused):
    from skyglobe.kernel.service import Service

    told = []
    arn = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:1:autoScalingGroupName/g:policyName/p"
    assert refused(make_alarm, AlarmActions=[arn])[1] == 501
    service = Service("autoscaling")

    @service.alarm_actions("scalingPolicy")
    def scale(scope, notice):
        told.append((notice["NewStateValue"], notice["Datapoints"], notice["Threshold"], notice["ActionArn"]))

    cloud.kernel.services.add(service)
    make_alarm(AlarmActions=[arn])
    for value in (90, 95, 10, 85):
        put(value)
        cloud.turn(60)
    assert told == [("ALARM", [90], 80, arn), ("ALARM", [95], 80, arn), ("ALARM", [85], 80, arn)]
    items = cloudwatch.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"]
    assert len(items) == 2
