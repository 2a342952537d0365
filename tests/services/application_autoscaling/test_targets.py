"""Scalable targets: registered, kept within their bounds, permitted, forgotten."""

import json

import pytest

from tests.services.application_autoscaling.conftest import WRITES, Scaled

ROLE = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"


def test_a_table_is_brought_within_its_bounds_in_the_service_linked_role(cloud, aws, reads, orders):
    arn = reads.register(8, 20)
    cloud.settle()
    assert orders() == (8, 5)
    role = aws.client("iam").get_role(RoleName=ROLE)["Role"]
    assert role["Path"] == "/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    target = reads.target()
    assert (target["MinCapacity"], target["MaxCapacity"], target["RoleARN"]) == (8, 20, role["Arn"])
    assert target["ScalableTargetARN"] == arn
    (activity,) = reads.activities()
    assert activity["Description"] == "Setting read capacity units to 8."
    assert activity["Cause"] == "minimum capacity was set to 8"
    assert activity["StatusCode"] == "Successful"
    assert activity["StatusMessage"] == (
        "Successfully set read capacity units to 8. Change successfully fulfilled by dynamodb."
    )
    reads.register(most=7, least=1)
    cloud.settle()
    assert orders() == (7, 5)
    assert reads.activities()[0]["Cause"] == "maximum capacity was set to 7"


def test_an_index_is_scaled_beside_its_table(cloud, scaling, dynamodb, orders):
    Scaled(scaling, "table/orders/index/kinds", "dynamodb:index:WriteCapacityUnits").register(9, 10)
    cloud.settle()
    assert orders() == (5, 5)
    (index,) = dynamodb.describe_table(TableName="orders")["Table"]["GlobalSecondaryIndexes"]
    throughput = index["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (5, 9)


def test_a_change_that_takes_time_is_in_progress_until_the_table_is_active(cloud, reads, orders):
    cloud.shake("dynamodb", "delay", 30)
    reads.register(8, 20)
    cloud.settle()
    assert reads.activities()[0]["StatusCode"] == "InProgress"
    assert "Waiting for change to be fulfilled by dynamodb" in reads.activities()[0]["StatusMessage"]
    reads.register(9)  # while the table is being updated: looked at again later
    cloud.turn(seconds=120)
    assert [activity["StatusCode"] for activity in reads.activities()] == ["Successful", "Successful"]
    assert orders()[0] == 9


def test_a_role_that_was_deleted_fails_what_needs_it(cloud, aws, reads, orders):
    reads.register(1, 20)
    aws.client("iam").delete_service_linked_role(RoleName=ROLE)
    cloud.turn(seconds=1)
    reads.schedule("more", "at(2099-01-01T00:00:00)", least=10)
    reads.register(6)  # makes the role again
    cloud.settle()
    assert orders()[0] == 6
    aws.client("iam").delete_service_linked_role(RoleName=ROLE)
    cloud.turn(seconds=1)
    reads.schedule("soon", "rate(1 minute)", least=10)
    cloud.turn(seconds=61)
    activity = next(one for one in reads.activities() if one["StatusCode"] == "Failed")
    assert activity["Description"] == "Setting read capacity units to 10."
    assert "Unable to assume IAM role" in activity["StatusMessage"]
    assert orders()[0] == 6


def test_who_registers_must_be_allowed_what_is_done_in_its_name(cloud, aws, orders, refused):
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    scaling = cloud.session_with(key).client("application-autoscaling")
    reads = Scaled(scaling)

    def allow(*actions):
        document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(document))

    assert refused(reads.register, 1, 10)[0] == "AccessDeniedException"
    allow("application-autoscaling:*", "dynamodb:DescribeTable")
    code, _, message = refused(reads.register, 1, 10)
    assert code == "ValidationException"
    assert message == "User is missing the following permissions: dynamodb:UpdateTable"
    allow("application-autoscaling:*", "dynamodb:*")
    code, _, message = refused(reads.register, 1, 10)
    assert code == "AccessDeniedException"
    assert "iam:CreateServiceLinkedRole" in message
    allow("application-autoscaling:*", "dynamodb:*", "iam:CreateServiceLinkedRole")
    reads.register(1, 10, Tags={"team": "a"})
    condition = {"StringEquals": {"aws:ResourceTag/team": "b"}}
    statement = {"Effect": "Deny", "Action": "application-autoscaling:*", "Resource": "*", "Condition": condition}
    iam.put_user_policy(
        UserName="ann", PolicyName="q", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )
    reads.register(2)
    aws.client("application-autoscaling").tag_resource(
        ResourceARN=reads.target()["ScalableTargetARN"], Tags={"team": "b"}
    )
    assert refused(reads.register, 3)[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("resource", "dimension"),
    [
        ("dynamo/orders", "dynamodb:table:ReadCapacityUnits"),
        ("table/orders", "dynamodb:index:ReadCapacityUnits"),
        ("table/orders/index/kinds", "dynamodb:table:ReadCapacityUnits"),
        ("function:f", "lambda:function:ProvisionedConcurrency"),
    ],
)
def test_what_does_not_go_together_is_unsupported(scaling, orders, refused, resource, dimension):
    code, _, message = refused(Scaled(scaling, resource, dimension).register, 1, 2)
    assert (code, message) == (
        "ValidationException",
        "Unsupported service namespace, resource type or scalable dimension",
    )


def test_bounds_and_resources_are_checked(scaling, reads, refused):
    assert "must be specified" in refused(reads.register, 1)[2]
    assert "cannot be less than 1" in refused(reads.register, 0, 1)[2]
    assert "Maximum capacity cannot be less" in refused(reads.register, 3, 2)[2]
    code, _, message = refused(Scaled(scaling, "table/nowhere").register, 1, 2)
    assert (code, message) == ("ValidationException", "DynamoDB table does not exist: table/nowhere")
    code, status, message = refused(Scaled(scaling, "service/c/s", "ecs:service:DesiredCount").register, 1, 2)
    assert (code, status) == ("NotImplemented", 501)
    assert "ecs:service:DesiredCount" in message


def test_suspension_tags_and_pages(scaling, reads, refused):
    arn = reads.register(1, 10, Tags={"team": "a"}, SuspendedState={"ScheduledScalingSuspended": True})
    Scaled(scaling, dimension=WRITES).register(1, 10)
    assert reads.target()["SuspendedState"] == {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": True,
    }
    scaling.tag_resource(ResourceARN=arn, Tags={"stage": "b"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"stage": "b"}
    assert refused(scaling.tag_resource, ResourceARN=arn, Tags={str(n): "" for n in range(60)})[0] == (
        "TooManyTagsException"
    )
    assert refused(scaling.list_tags_for_resource, ResourceARN=arn[:-1] + "x")[0] == "ResourceNotFoundException"
    pages = list(
        scaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace="dynamodb", PaginationConfig={"PageSize": 1}
        )
    )
    assert [[one["ScalableDimension"] for one in page["ScalableTargets"]] for page in pages] == [
        ["dynamodb:table:ReadCapacityUnits"],
        ["dynamodb:table:WriteCapacityUnits"],
    ]
    listed = scaling.describe_scalable_targets
    assert refused(listed, ServiceNamespace="dynamodb", MaxResults=51)[0] == "ValidationException"
    assert refused(listed, ServiceNamespace="dynamodb", NextToken="made up")[0] == "InvalidNextTokenException"
    assert listed(ServiceNamespace="ecs")["ScalableTargets"] == []


def test_a_target_that_is_deregistered_is_gone_with_its_scheduled_actions(cloud, scaling, reads, orders, refused):
    reads.register(1, 10)
    reads.schedule("often", "rate(1 minute)", least=7)
    scaling.deregister_scalable_target(**reads.place)
    code, _, message = refused(scaling.deregister_scalable_target, **reads.place)
    assert code == "ObjectNotFoundException"
    assert message == (
        "No scalable target found for service namespace: dynamodb, resource ID: table/orders, "
        "scalable dimension: dynamodb:table:ReadCapacityUnits"
    )
    cloud.turn(minutes=5)
    assert orders() == (5, 5)
    assert scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"] == []
