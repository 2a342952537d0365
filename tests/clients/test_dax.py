"""Amazon's DAX clients for Python and JavaScript, pointed at a cluster of a cloud in a process of its own."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from amazondax import AmazonDaxClient
from boto3.dynamodb.conditions import Key

from tests.clients.conftest import PATIENCE, Server, javascript_project

TRUST = {"Effect": "Allow", "Principal": {"Service": "dax.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALLOWED = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}


SCENARIO = Path(__file__).with_name("cluster.mjs")


def document(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest) -> Path:
    return javascript_project(request, "javascript-dax", (), SCENARIO, ("@amazon-dax-sdk/lib-dax@3.1.0",))


def test_a_story_of_documents_in_javascript(server: Server, url: str, project: Path) -> None:
    server.client("dynamodb").create_table(
        TableName="documents",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    seen = json.loads(server.run("node", SCENARIO.name, url, folder=project))
    assert seen == {
        "item": {"pk": "ä", "sk": 1.5, "list": [1, "x", None, {"deep": True}]},
        "updated": [{"list": [42], "n": 41}, 1],
        "remembered": [41, 0],
        "page": [[{"sk": 0}, {"sk": 1.5, "list": [42]}], {"pk": "ä", "sk": 1.5}],
        "batch": [{"pk": "ä", "sk": -2}],
        "cancelled": ["TransactionCanceledException", ["None", "ConditionalCheckFailed"]],
        "transacted": [41, None],
    }
