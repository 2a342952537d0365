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
