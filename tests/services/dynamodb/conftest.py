"""What every DynamoDB story needs: a client, tables, and items written as Python has them."""

from itertools import count

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_names = count(1)
_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize


def wire(item):
    """Return an item as the API has it."""
    return {name: _write(value) for name, value in item.items()}


def plain(item):
    """Return an item as Python has it."""
    return {name: _read(value) for name, value in item.items()}


class TableInHand:
    """A table and the client that made it."""

    def __init__(self, client, name):
        self.client = client
        self.name = name

    def describe(self):
        return self.client.describe_table(TableName=self.name)["Table"]

    @property
    def arn(self):
        return self.describe()["TableArn"]

    def put(self, item, **more):
        return self.client.put_item(TableName=self.name, Item=wire(item), **more)

    def get(self, key, **more):
        answer = self.client.get_item(TableName=self.name, Key=wire(key), **more)
        return plain(answer["Item"]) if "Item" in answer else None

    def delete(self, key, **more):
        return self.client.delete_item(TableName=self.name, Key=wire(key), **more)

    def update(self, key, expression, values=None, **more):
        if values:
            more["ExpressionAttributeValues"] = wire(values)
        return self.client.update_item(TableName=self.name, Key=wire(key), UpdateExpression=expression, **more)

    def query(self, condition, values, **more):
        return self.client.query(
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=wire(values),
            **more,
        )

    def scan(self, **more):
        if "values" in more:
            more["ExpressionAttributeValues"] = wire(more.pop("values"))
        return self.client.scan(TableName=self.name, **more)

    def items(self, **more):
        """Every item, page by page."""
        found = []
        while True:
            page = self.scan(**more)
            found += [plain(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found
            more["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def definition(hash_key, sort_key=None, **more):
    """Return CreateTable's input for keys told as ``pk:S``, with further attributes in ``attributes``."""
    keys = [hash_key, sort_key] if sort_key else [hash_key]
    given = {
        "KeySchema": [
            {"AttributeName": key.split(":")[0], "KeyType": role}
            for key, role in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        "AttributeDefinitions": [
            {"AttributeName": key.split(":")[0], "AttributeType": key.split(":")[1]}
            for key in (*keys, *more.pop("attributes", ()))
        ],
    }
    if "ProvisionedThroughput" not in more and more.get("BillingMode") != "PROVISIONED":
        given["BillingMode"] = "PAY_PER_REQUEST"
    return {**given, **more}


def index(name, hash_key, sort_key=None, projection="ALL", **more):
    """Return the definition of an index."""
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if sort_key:
        keys.append({"AttributeName": sort_key, "KeyType": "RANGE"})
    shown = {"ProjectionType": projection}
    if isinstance(projection, list):
        shown = {"ProjectionType": "INCLUDE", "NonKeyAttributes": projection}
    return {"IndexName": name, "KeySchema": keys, "Projection": shown, **more}


@pytest.fixture
def dynamodb(aws):
    return aws.client("dynamodb")


@pytest.fixture
def make_table(dynamodb):
    """Create a table: ``make_table("pk:S", "sk:N")``."""

    def make(hash_key="pk:S", sort_key=None, client=None, name=None, **more):
        made = client or dynamodb
        name = name or f"table-{next(_names)}"
        made.create_table(TableName=name, **definition(hash_key, sort_key, **more))
        return TableInHand(made, name)

    return make


@pytest.fixture
def table(make_table):
    """A table with a partition key only."""
    return make_table()


@pytest.fixture
def sorted_table(make_table):
    """A table with a sort key that is a number."""
    return make_table("pk:S", "sk:N")
