"""Amazon's DAX client for Python: a program for boto3's resource, pointed at a cluster of a cloud in a process."""

from __future__ import annotations

import json
import time

import pytest
from amazondax import AmazonDaxClient
from boto3.dynamodb.conditions import Key

from tests.clients.conftest import PATIENCE, Server

TRUST = {"Effect": "Allow", "Principal": {"Service": "dax.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALLOWED = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}


def document(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def url(server: Server) -> str:
    iam, dax = server.client("iam"), server.client("dax")
    role = iam.create_role(RoleName="dax", AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="dax", PolicyName="p", PolicyDocument=document(ALLOWED))
    dax.create_cluster(ClusterName="c", NodeType="dax.r5.large", ReplicationFactor=3, IamRoleArn=role)
    end = time.monotonic() + PATIENCE
    while (cluster := dax.describe_clusters(ClusterNames=["c"])["Clusters"][0])["Status"] != "available":
        assert time.monotonic() < end, "the cluster never came"
        time.sleep(0.02)
    found: str = cluster["ClusterDiscoveryEndpoint"]["URL"]
    return found


@pytest.mark.spec("DAX-004", "DAX-006")
def test_a_program_for_tables_is_one_for_clusters(server: Server, url: str) -> None:
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "customer", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    with AmazonDaxClient.resource(endpoint_url=url, **keys) as resource:
        table = resource.Table("orders")
        with table.batch_writer() as batch:
            for number in range(40):
                batch.put_item(Item={"customer": "c", "number": number, "lines": [{"sku": "a", "count": number}]})
        for _ in range(3):
            table.update_item(
                Key={"customer": "c", "number": 7},
                UpdateExpression="SET lines[0].#c = lines[0].#c + :one",
                ExpressionAttributeNames={"#c": "count"},
                ExpressionAttributeValues={":one": 1},
            )
        assert table.get_item(Key={"customer": "c", "number": 7})["Item"]["lines"] == [{"sku": "a", "count": 10}]
        newest = {"KeyConditionExpression": Key("customer").eq("c"), "ScanIndexForward": False, "Limit": 3}
        assert [item["number"] for item in table.query(**newest)["Items"]] == [39, 38, 37]
        for number in (7, 39):
            dynamodb.delete_item(TableName="orders", Key={"customer": {"S": "c"}, "number": {"N": str(number)}})
        assert [item["number"] for item in table.query(**newest)["Items"]] == [39, 38, 37]
        assert "Item" in table.get_item(Key={"customer": "c", "number": 7})
        assert "Item" not in table.get_item(Key={"customer": "c", "number": 7}, ConsistentRead=True)
