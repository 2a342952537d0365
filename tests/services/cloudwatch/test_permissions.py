"""Who may put which metrics, and change which alarms."""

import pytest

from tests.services.lambda_.conftest import make_user

ACCOUNT = "000000000000"


@pytest.fixture
def ann(cloud, aws):
    """A user who may put metrics of one namespace, and administer alarms and dashboards called mine-…"""
    key = make_user(
        aws,
        "ann",
        {
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "Ann"}},
        },
        {
            "Effect": "Allow",
            "Action": "cloudwatch:*",
            "Resource": [
                f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:mine-*",
                f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/mine-*",
            ],
        },
    )
    return cloud.session_with(key).client("cloudwatch")


def test_a_policy_names_namespaces_alarms_and_dashboards(ann, cloudwatch, make_alarm, refused):
    data = [{"MetricName": "a", "Value": 1}]
    ann.put_metric_data(Namespace="Ann", MetricData=data)
    code, status, message = refused(ann.put_metric_data, Namespace="Other", MetricData=data)
    assert (code, status) == ("AccessDenied", 403)
    assert f"arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: cloudwatch:PutMetricData" in message
    for name in ("mine-1", "other"):
        make_alarm(name)
    ann.set_alarm_state(AlarmName="mine-1", StateValue="OK", StateReason="")
    ann.disable_alarm_actions(AlarmNames=["mine-1"])
    assert ann.describe_alarms(AlarmNames=["mine-1"])["MetricAlarms"]
    for call, params in (
        (ann.describe_alarms, {}),
        (ann.delete_alarms, {"AlarmNames": ["mine-1", "other"]}),
        (ann.disable_alarm_actions, {"AlarmNames": ["other"]}),
        (ann.get_dashboard, {"DashboardName": "other"}),
        (ann.list_metrics, {}),
    ):
        assert refused(call, **params)[:2] == ("AccessDenied", 403)
    ann.put_dashboard(DashboardName="mine-a", DashboardBody='{"widgets": []}')
    ann.delete_alarms(AlarmNames=["mine-1"])
    assert [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]] == ["other"]
