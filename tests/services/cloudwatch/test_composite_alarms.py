"""Alarms over alarms: rules, noise, suppression, what leads nowhere or in circles."""

from itertools import product

import pytest

STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")


@pytest.fixture
def children(make_alarm):
    return [make_alarm(name) for name in ("a", "b", "c")]


@pytest.fixture
def force(cloudwatch):
    """Set states: ``force(a="ALARM", b="OK")``."""

    def set_states(**states):
        for name, value in states.items():
            cloudwatch.set_alarm_state(AlarmName=name, StateValue=value, StateReason="by hand")

    return set_states


@pytest.fixture
def compose(cloudwatch):
    def make(rule, name="both", **more):
        cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, **more)
        return name

    return make


@pytest.mark.spec("CWC-001", "CWC-002")
def test_rules_hold_for_all_states_of_their_alarms(cloudwatch, children, force, compose, state):
    compose('ALARM("a") OR ALARM("b")', "or")
    compose("ALARM(a) AND OK(b)", "and")
    compose("NOT (ALARM(a) OR INSUFFICIENT_DATA(b)) AND TRUE", "not")
    compose("AT_LEAST(2, NOT OK, (a, b, c))", "least")
    cloudwatch.get_waiter("composite_alarm_exists").wait(AlarmNames=["or"], AlarmTypes=["CompositeAlarm"])
    force(c="OK")
    for first, second in product(STATES, STATES):
        force(a=first, b=second)
        held = {
            "or": "ALARM" in (first, second),
            "and": (first, second) == ("ALARM", "OK"),
            "not": not (first == "ALARM" or second == "INSUFFICIENT_DATA"),
            "least": "OK" not in (first, second),
        }
        assert {name: state(name) == "ALARM" for name in held} == held


@pytest.mark.spec("CWC-003", "CWC-006")
def test_one_notification_comes_for_ten_alarms(cloudwatch, cloud, make_alarm, force, compose, inbox):
    names = [make_alarm(f"n{number}") for number in range(10)]
    compose(" OR ".join(f"ALARM({name})" for name in names), AlarmActions=[inbox.arn])
    force(**dict.fromkeys(names, "ALARM"))
    cloud.settle()
    (message,) = inbox.messages()
    assert message["AlarmName"] == "both"
    assert message["AlarmRule"].startswith("ALARM(n0)")
    assert message["TriggeringChildren"][0]["Arn"].endswith(":alarm:n0")
    children = cloudwatch.describe_alarms(ChildrenOfAlarmName="both")["MetricAlarms"]
    assert [child["AlarmName"] for child in children] == names
    (parent,) = cloudwatch.describe_alarms(ParentsOfAlarmName="n3")["CompositeAlarms"]
    assert parent["AlarmName"] == "both"


@pytest.mark.spec("CWC-004")
def test_a_suppressor_holds_actions_back_and_releases_them(cloudwatch, cloud, children, force, compose, inbox):
    more = {"ActionsSuppressor": "b", "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 120}
    compose("ALARM(a)", AlarmActions=[inbox.arn], **more)
    cloud.turn(60)  # the actions of its first state, OK, of which there are none

    def held():
        (alarm,) = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return alarm.get("ActionsSuppressedBy")

    compose("ALARM(c)", "steady")  # states set by hand last until the next evaluation: nothing is measured here
    cloudwatch.delete_alarms(AlarmNames=["steady"])
    force(a="ALARM")
    assert held() == "WaitPeriod"
    force(b="ALARM")
    assert held() == "Alarm"
    cloud.settle()
    assert inbox.messages() == []
    force(b="OK")
    assert held() == "ExtensionPeriod"
    force(a="ALARM")
    assert inbox.messages() == []


@pytest.mark.spec("CWC-004")
def test_held_actions_are_taken_when_the_time_is_over(cloudwatch, cloud, compose, force, inbox):
    def steady(name):
        cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="FALSE")  # what is set by hand stays

    steady("a")
    steady("b")
    more = {"ActionsSuppressor": "b", "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 120}
    compose("ALARM(a)", AlarmActions=[inbox.arn], **more)
    cloud.turn(61)
    force(a="ALARM")
    cloud.turn(59)
    assert inbox.messages() == []
    cloud.turn(2)
    assert [message["NewStateValue"] for message in inbox.messages()] == ["ALARM"]
    force(a="OK")
    cloud.turn(61)
    force(b="ALARM", a="ALARM")
    cloud.turn(600)
    force(b="OK")
    cloud.turn(119)
    assert inbox.messages() == []
    cloud.turn(2)
    assert [message["NewStateValue"] for message in inbox.messages()] == ["ALARM"]


@pytest.mark.spec("CWC-005")
def test_rules_lead_to_alarms_that_are_there_and_not_in_circles(cloudwatch, children, compose, refused):
    compose("ALARM(a)")
    compose("ALARM(both)", "above")
    for rule in ("ALARM(none)", "ALARM(a", "ALARM(a) XOR OK(b)", "BROKEN(a)", "ALARM(above)", "ALARM(both)"):
        code, status, _ = refused(compose, rule)
        assert (code, status) == ("ValidationError", 400), rule
    code, _, message = refused(cloudwatch.delete_alarms, AlarmNames=["a"])
    assert code == "ValidationError"
    assert "both" in message
    assert refused(cloudwatch.delete_alarms, AlarmNames=["both", "above"])[0] == "ValidationError"
    cloudwatch.delete_alarms(AlarmNames=["above"])
    cloudwatch.delete_alarms(AlarmNames=["both", "a"])
    assert cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"] == []
