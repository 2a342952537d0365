"""Alarms tell the event bus of each state they come to."""

import json

import pytest


@pytest.mark.spec("CWA-015")
def test_each_change_of_an_alarm_is_an_event(cloud, aws, put, minute, make_alarm):
    events, sqs = aws.client("events"), aws.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:told"
    allowing = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    text = json.dumps({"Statement": {**allowing, "Resource": arn}})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})
    events.put_rule(Name="r", EventPattern='{"source": ["aws.cloudwatch"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])
    make_alarm()
    put(90)
    cloud.turn(61)
    cloud.turn(600)
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    told = sorted((json.loads(message["Body"]) for message in found), key=lambda event: event["time"])
    assert [event["detail-type"] for event in told] == ["CloudWatch Alarm State Change"] * 2
    detail = told[0]["detail"]
    assert (detail["alarmName"], detail["state"]["value"]) == ("high", "ALARM")
    assert detail["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert detail["configuration"]["metrics"][0]["metricStat"]["metric"]["name"] == "Load"
    assert told[0]["resources"] == ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:high"]
    assert told[1]["detail"]["state"]["value"] == "INSUFFICIENT_DATA"
