"""Target tracking: capacity that follows its use, through CloudWatch's alarms and DynamoDB's own counts."""

import json

import pytest

from tests.services.application_autoscaling.conftest import WRITES, Scaled

UNITS = 100  # that a consistent read of one of the items below costs


def track(scaled, target=70.0, name="follow", **more):
    """Put a target tracking policy; return the answer."""
    kind = f"DynamoDB{scaled.place['ScalableDimension'].split(':')[2].removesuffix('CapacityUnits')}CapacityUtilization"
    configuration = {"TargetValue": target, "PredefinedMetricSpecification": {"PredefinedMetricType": kind}, **more}
    return scaled.client.put_scaling_policy(
        **scaled.place,
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )


@pytest.fixture
def load(cloud, dynamodb, orders):
    """Read ``orders`` for some minutes, so many units in each."""
    key = {"pk": {"S": "large"}}
    dynamodb.put_item(TableName="orders", Item={**key, "text": {"S": "x" * (4096 * UNITS - 100)}})

    def read(units, minutes):
        for _ in range(minutes):
            for _ in range(units // UNITS):
                dynamodb.get_item(TableName="orders", Key=key, ConsistentRead=True, ProjectionExpression="pk")
            cloud.turn(minutes=1)

    return read


@pytest.fixture
def alarms(aws):
    """Return the alarms there are, by what they are for."""
    client = aws.client("cloudwatch")
    return lambda: {alarm["AlarmName"].rsplit("-", 6)[1]: alarm for alarm in client.describe_alarms()["MetricAlarms"]}


@pytest.mark.spec("DDB-006", "DDB-019", "DBD-001")
def test_a_table_follows_its_load_out_within_minutes_and_in_after_fifteen(cloud, reads, orders, load, alarms):
    reads.register(5, 40)
    answer = track(reads)
    assert ":scalingPolicy:" in answer["PolicyARN"]
    assert answer["PolicyARN"].endswith(":resource/dynamodb/table/orders:policyName/follow")
    found = alarms()
    assert sorted(one["AlarmName"] for one in answer["Alarms"]) == sorted(one["AlarmName"] for one in found.values())
    high, low = found["AlarmHigh"], found["AlarmLow"]
    assert high["AlarmName"].startswith("TargetTracking-table/orders-AlarmHigh-")
    assert (high["MetricName"], high["Statistic"], high["Period"]) == ("ConsumedReadCapacityUnits", "Sum", 60)
    assert (high["Threshold"], high["EvaluationPeriods"], high["ComparisonOperator"]) == (
        pytest.approx(210),
        2,
        "GreaterThanThreshold",
    )
    assert (low["Threshold"], low["EvaluationPeriods"], low["ComparisonOperator"]) == (
        pytest.approx(150),
        15,
        "LessThanThreshold",
    )
    assert found["ProvisionedCapacityHigh"]["Threshold"] == found["ProvisionedCapacityLow"]["Threshold"] == 5

    load(600, minutes=1)
    assert orders()[0] == 5  # one minute is not enough
    load(600, minutes=4)
    assert orders() == (15, 5)  # 10 units a second are 70 % of 14.3
    activity = reads.activities()[0]
    assert activity["Description"] == "Setting read capacity units to 15."
    assert activity["Cause"] == f"monitor alarm {high['AlarmName']} in state ALARM triggered policy follow"
    assert alarms()["AlarmHigh"]["Threshold"] == pytest.approx(630)

    load(4000, minutes=5)
    assert orders() == (40, 5)  # no more than the maximum
    (reason,) = reads.activities(IncludeNotScaledActivities=True)[0]["NotScaledReasons"]
    assert reason == {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 40, "CurrentCapacity": 40}
    assert "NotScaledReasons" not in reads.activities()[0]

    cloud.turn(minutes=10)
    assert orders() == (40, 5)
    cloud.turn(minutes=10)
    assert orders() == (5, 5)
    assert "AlarmLow" in reads.activities()[0]["Cause"]


def test_the_alarms_go_with_their_policy_and_with_their_target(scaling, reads, alarms):
    reads.register(5, 40)
    writes = Scaled(scaling, dimension=WRITES)
    writes.register(5, 40)
    track(reads)
    track(writes, DisableScaleIn=True, name="out")
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="dynamodb", PolicyNames=["out"])["ScalingPolicies"]
    assert {one["AlarmName"].rsplit("-", 6)[1] for one in policy["Alarms"]} == {
        "AlarmHigh",
        "ProvisionedCapacityHigh",
        "ProvisionedCapacityLow",
    }
    scaling.delete_scaling_policy(**writes.place, PolicyName="out")
    assert {alarm["MetricName"] for alarm in alarms().values()} == {
        "ConsumedReadCapacityUnits",
        "ProvisionedReadCapacityUnits",
    }
    scaling.deregister_scalable_target(**reads.place)
    assert alarms() == {}
    assert scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"] == []


def test_scaling_in_can_be_disabled_suspended_and_cooled_down(cloud, reads, orders, load):
    reads.register(5, 40)
    track(reads, DisableScaleIn=True)
    load(600, minutes=4)
    assert orders()[0] == 15
    cloud.turn(minutes=30)
    assert orders()[0] == 15
    reads.register(SuspendedState={"DynamicScalingInSuspended": True})
    track(reads)
    cloud.turn(minutes=30)
    assert orders()[0] == 15
    reads.register(SuspendedState={"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": True})
    cloud.turn(minutes=3)
    assert orders()[0] == 5
    load(600, minutes=4)
    assert orders()[0] == 5
    reads.register(SuspendedState={"DynamicScalingOutSuspended": False})
    load(600, minutes=2)
    assert orders()[0] == 15


def test_capacity_that_somebody_else_changed_moves_the_alarms(cloud, dynamodb, reads, alarms):
    reads.register(5, 40)
    track(reads)
    units = {"ReadCapacityUnits": 20, "WriteCapacityUnits": 5}
    dynamodb.update_table(TableName="orders", ProvisionedThroughput=units)
    cloud.turn(minutes=17)
    found = alarms()
    assert found["ProvisionedCapacityHigh"]["Threshold"] in (5, 20)  # 5 where it has scaled in meanwhile
    assert found["AlarmHigh"]["Threshold"] == found["ProvisionedCapacityHigh"]["Threshold"] * 42


def test_policies_are_checked(cloud, aws, scaling, reads, refused):
    code, _, message = refused(track, reads)
    assert code == "ObjectNotFoundException"
    assert message.startswith(
        "No scalable target registered for service namespace: dynamodb, resource ID: table/orders"
    )
    reads.register(5, 40)
    assert "between 20 and 90" in refused(track, reads, 95.0)[2]
    assert refused(track, reads, ScaleInCooldown=-1)[0] == "ValidationException"
    track(reads)
    assert refused(track, reads, name="other")[2] == (
        "Only one TargetTrackingScaling policy for a given metric specification is allowed."
    )
    put = scaling.put_scaling_policy
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}
    _, _, message = refused(put, **reads.place, PolicyName="steps", StepScalingPolicyConfiguration=steps)
    assert message == "StepScaling policies are not supported for service namespace dynamodb"
    wrong = {
        "TargetValue": 50.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    }
    given = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": wrong}
    assert "not supported" in refused(put, **reads.place, PolicyName="cpu", **given)[2]
    assert refused(scaling.delete_scaling_policy, **reads.place, PolicyName="none")[0] == "ObjectNotFoundException"
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    statement = {"Effect": "Allow", "Action": ["application-autoscaling:*", "dynamodb:*"], "Resource": "*"}
    iam.put_user_policy(
        UserName="ann", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )
    ann = Scaled(cloud.session_with(key).client("application-autoscaling"))
    assert refused(track, ann)[2].startswith("User is missing the following permissions: cloudwatch:PutMetricAlarm")


def test_a_metric_of_ones_own_can_be_tracked(cloud, aws, scaling, reads, orders):
    cloudwatch = aws.client("cloudwatch")
    reads.register(5, 40)
    metric = {"MetricName": "Backlog", "Namespace": "Shop", "Statistic": "Average"}
    scaling.put_scaling_policy(
        **reads.place,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 10.0, "CustomizedMetricSpecification": metric, "ScaleOutCooldown": 600,
        },
    )  # fmt: skip

    def backlog(value, minutes):
        for _ in range(minutes):
            cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Backlog", "Value": value}])
            cloud.turn(minutes=1)

    backlog(20.0, 5)
    assert orders()[0] == 10  # twice the target, twice the capacity
    backlog(15.0, 3)
    assert orders()[0] == 10  # cooling down: what was added counts for what is needed
    backlog(30.0, 3)
    assert orders()[0] == 15  # three times the target is more than that


def test_scaling_in_waits_for_all_policies(cloud, aws, scaling, reads, orders, load):
    reads.register(5, 40)
    track(reads)
    scaling.put_scaling_policy(
        **reads.place,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 10.0,
            "CustomizedMetricSpecification": {"MetricName": "Backlog", "Namespace": "Shop", "Statistic": "Average"},
        },
    )
    load(600, minutes=4)
    cloud.turn(minutes=30)
    assert orders()[0] == 15  # nothing is known of the backlog


def test_alarms_of_a_table_that_nobody_uses_sleep_until_its_units_change(cloud, dynamodb, reads, alarms):
    reads.register(5, 40)
    track(reads)
    cloud.turn(hours=1)
    assert cloud.turn(days=30) < 10  # and not four a minute
    dynamodb.update_table(TableName="orders", ProvisionedThroughput={"ReadCapacityUnits": 8, "WriteCapacityUnits": 5})
    cloud.turn(minutes=20)
    assert alarms()["ProvisionedCapacityHigh"]["Threshold"] == 8
