"""Auto scaling of all replicas of a global table at once."""

import json

import pytest

from tests.services.dynamodb.conftest import index
from tests.services.dynamodb.test_global_tables import add_replica
from tests.services.dynamodb.test_quotas import provisioned


def settings(least, most, target=70.0, **more):
    tracking = {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": target, **more}}
    return {"MinimumUnits": least, "MaximumUnits": most, "ScalingPolicyUpdate": tracking}


@pytest.mark.spec("DGT-009")
def test_write_capacity_is_scaled_alike_in_all_regions_and_read_capacity_in_each(cloud, make_table, refused):
    table = make_table(
        attributes=["group:S"],
        GlobalSecondaryIndexes=[{**index("groups", "group"), **provisioned(2, 2)}],
        **provisioned(2, 2),
    )
    client = table.client
    add_replica(table)
    cloud.turn(1)
    told = client.update_table_replica_auto_scaling(
        TableName=table.name,
        ProvisionedWriteCapacityAutoScalingUpdate=settings(3, 10),
        GlobalSecondaryIndexUpdates=[
            {"IndexName": "groups", "ProvisionedWriteCapacityAutoScalingUpdate": settings(2, 9, 50.0)}
        ],
        ReplicaUpdates=[{"RegionName": "eu-west-1", "ReplicaProvisionedReadCapacityAutoScalingUpdate": settings(2, 8)}],
    )["TableAutoScalingDescription"]
    cloud.settle()
    assert told == client.describe_table_replica_auto_scaling(TableName=table.name)["TableAutoScalingDescription"]
    here, there = told["Replicas"]
    assert (here["RegionName"], there["RegionName"]) == ("us-east-1", "eu-west-1")
    for replica in (here, there):
        writes = replica["ReplicaProvisionedWriteCapacityAutoScalingSettings"]
        assert (writes["MinimumUnits"], writes["MaximumUnits"]) == (3, 10)
        (policy,) = writes["ScalingPolicies"]
        assert policy == {
            "PolicyName": f"DynamoDBWriteCapacityUtilization:table/{table.name}",
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0},
        }
        (groups,) = replica["GlobalSecondaryIndexes"]
        assert groups["ProvisionedWriteCapacityAutoScalingSettings"]["MaximumUnits"] == 9
        assert groups["ProvisionedReadCapacityAutoScalingSettings"] == {"AutoScalingDisabled": True}
    assert here["ReplicaProvisionedReadCapacityAutoScalingSettings"] == {"AutoScalingDisabled": True}
    assert there["ReplicaProvisionedReadCapacityAutoScalingSettings"]["MaximumUnits"] == 8
    assert table.describe()["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    scaling = cloud.client("application-autoscaling", region_name="eu-west-1")
    assert len(scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]) == 3
    client.update_table_replica_auto_scaling(
        TableName=table.name, ProvisionedWriteCapacityAutoScalingUpdate={"AutoScalingDisabled": True}
    )
    assert len(scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]) == 2
    update = client.update_table_replica_auto_scaling
    elsewhere = {"RegionName": "ap-south-1", "ReplicaProvisionedReadCapacityAutoScalingUpdate": settings(1, 2)}
    assert refused(update, TableName=table.name, ReplicaUpdates=[elsewhere])[0] == "ResourceNotFoundException"
    wrong = settings(1, 2, 99.0)
    code, _, message = refused(update, TableName=table.name, ProvisionedWriteCapacityAutoScalingUpdate=wrong)
    assert code == "ValidationException"
    assert "between 20 and 90" in message


def test_who_changes_it_needs_the_permissions_of_application_auto_scaling(cloud, aws, make_table, refused):
    table = make_table(**provisioned(2, 2))
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    ann = cloud.session_with(key).client("dynamodb")
    code, _, message = refused(
        ann.update_table_replica_auto_scaling,
        TableName=table.name,
        ProvisionedWriteCapacityAutoScalingUpdate=settings(1, 2),
    )
    assert code == "AccessDeniedException"
    assert "application-autoscaling:RegisterScalableTarget" in message
