"""Provisioned concurrency that follows its use, by Application Auto Scaling."""

import pytest

from tests.services.lambda_.conftest import ECHO

ALIAS = {
    "ServiceNamespace": "lambda",
    "ResourceId": "function:hello:live",
    "ScalableDimension": "lambda:function:ProvisionedConcurrency",
}


@pytest.mark.spec("LAM-033")
def test_provisioned_concurrency_of_an_alias_is_scaled_by_its_utilization(cloud, aws, client, make_function):
    make_function("hello", ECHO, Publish=True)
    client.create_alias(FunctionName="hello", Name="live", FunctionVersion="1")
    scaling = aws.client("application-autoscaling")

    def kept():
        cloud.settle()
        found = client.list_provisioned_concurrency_configs(FunctionName="hello")["ProvisionedConcurrencyConfigs"]
        return [one["RequestedProvisionedConcurrentExecutions"] for one in found]

    scaling.register_scalable_target(**ALIAS, MinCapacity=1, MaxCapacity=2)
    assert kept() == [1]
    role = aws.client("iam").get_role(RoleName="AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency")["Role"]
    assert scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"][0]["RoleARN"] == role["Arn"]
    metric = {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"}
    answer = scaling.put_scaling_policy(
        **ALIAS,
        PolicyName="busy",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 0.7, "PredefinedMetricSpecification": metric},
    )
    assert sorted(one["AlarmName"].rsplit("-", 6)[1] for one in answer["Alarms"]) == ["AlarmHigh", "AlarmLow"]
    for _ in range(5):
        client.invoke(FunctionName="hello", Qualifier="live")  # the only one there is: 100 %
        cloud.turn(minutes=1)
    assert kept() == [2]
    scaling.register_scalable_target(**ALIAS, MinCapacity=0, MaxCapacity=0)
    assert kept() == []
