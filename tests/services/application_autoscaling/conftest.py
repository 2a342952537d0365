"""What stories of Application Auto Scaling begin with: a provisioned table, and hands to register it."""

import pytest

READS = "dynamodb:table:ReadCapacityUnits"
WRITES = "dynamodb:table:WriteCapacityUnits"


class Scaled:
    """One dimension of one resource, and the client that scales it."""

    def __init__(self, client, resource="table/orders", dimension=READS):
        self.client = client
        self.place = {
            "ServiceNamespace": dimension.split(":")[0],
            "ResourceId": resource,
            "ScalableDimension": dimension,
        }

    def register(self, least=None, most=None, **more):
        bounds = {"MinCapacity": least, "MaxCapacity": most}
        given = {name: value for name, value in bounds.items() if value is not None}
        return self.client.register_scalable_target(**self.place, **given, **more)["ScalableTargetARN"]

    def target(self):
        found = self.client.describe_scalable_targets(
            ServiceNamespace=self.place["ServiceNamespace"], ResourceIds=[self.place["ResourceId"]]
        )["ScalableTargets"]
        return next(one for one in found if one["ScalableDimension"] == self.place["ScalableDimension"])

    def schedule(self, name, expression, least=None, most=None, **more):
        bounds = {"MinCapacity": least, "MaxCapacity": most}
        action = {name: value for name, value in bounds.items() if value is not None}
        self.client.put_scheduled_action(
            **self.place, ScheduledActionName=name, Schedule=expression, ScalableTargetAction=action, **more
        )

    def activities(self, **more):
        return self.client.describe_scaling_activities(**self.place, **more)["ScalingActivities"]


@pytest.fixture
def scaling(aws):
    return aws.client("application-autoscaling")


@pytest.fixture
def dynamodb(aws):
    return aws.client("dynamodb")


@pytest.fixture
def orders(dynamodb):
    """Create the table ``orders`` with 5 read and 5 write units; return what tells its units."""
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "kind", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "kinds",
                "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": units,
            }
        ],
        ProvisionedThroughput=units,
    )

    def told():
        table = dynamodb.describe_table(TableName="orders")["Table"]
        throughput = table["ProvisionedThroughput"]
        return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]

    return told


@pytest.fixture
def reads(scaling, orders):
    """The read units of ``orders``, not registered yet."""
    return Scaled(scaling)
