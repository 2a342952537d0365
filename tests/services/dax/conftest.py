"""What every DAX story needs: a role, a table, a cluster, and Amazon's own client."""

import json

import pytest
from amazondax import AmazonDaxClient
from botocore.config import Config as ClientConfig

from skyglobe.testing.interception import fresh_session

PATIENCE = 30  # seconds of the machine's time for what happens beside the tests
ONCE = ClientConfig(retries={"max_attempts": 0}, connect_timeout=PATIENCE, read_timeout=PATIENCE)
ROOT = {"AccessKeyId": "test", "SecretAccessKey": "test"}
EVERYTHING = ("dynamodb:*",)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(session, name="dax", actions=EVERYTHING, service="dax.amazonaws.com"):
    """Create a role that a service may assume and that allows some actions; return its ARN."""
    iam = session.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    allow(iam, name, actions)
    return arn


def allow(iam, role, actions):
    allowed = policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=allowed)


def make_table(session, name="items", sort=""):
    """Create a table with a partition key ``pk`` of text and, if asked for, a sort key ``sk`` of a type."""
    keys = [("pk", "HASH", "S"), *([("sk", "RANGE", sort)] if sort else [])]
    session.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind, _ in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": type_} for key, _, type_ in keys],
        BillingMode="PAY_PER_REQUEST",
    )


class ClusterInHand:
    """A cluster, and the clients of it."""

    def __init__(self, cloud, session, name):
        self.cloud = cloud
        self.control = session.client("dax", config=ONCE)
        self.name = name
        self._opened = []

    @property
    def described(self):
        (found,) = self.control.describe_clusters(ClusterNames=[self.name])["Clusters"]
        return found

    def await_status(self, status="available"):
        """Wait for the ports to be opened and closed as they are to be; return the cluster."""
        self.cloud.settle()
        found = self.described
        assert found["Status"] == status
        return found

    @property
    def url(self):
        return self.described["ClusterDiscoveryEndpoint"]["URL"]

    def client(self, key=ROOT, **more):
        """Open Amazon's client, with the keys of the account's root user or with others."""
        made = AmazonDaxClient(fresh_session(), **self._options(key), **more)
        self._opened.append(made)
        return made

    def resource(self):
        """Open its likeness of boto3's resource."""
        made = AmazonDaxClient.resource(**self._options(ROOT))
        self._opened.append(made.meta.client)
        return made

    def _options(self, key):
        return {
            "region_name": "us-east-1",
            "endpoint_url": self.url,
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
            "aws_session_token": key.get("SessionToken"),
            "config": ONCE,
        }

    def reboot(self, node="c-a"):
        self.control.reboot_node(ClusterName=self.name, NodeId=node)
        self.await_status()

    def close(self):
        for client in self._opened:
            client.close()


@pytest.fixture
def make_cluster(cloud, aws):
    """Return a function that makes a cluster and waits for it."""
    made = []

    def make(nodes=1, name="c", **more):
        role = more.pop("IamRoleArn", None) or make_role(aws, f"role-of-{name}")
        cluster = ClusterInHand(cloud, aws, name)
        cluster.control.create_cluster(
            ClusterName=name, NodeType="dax.t3.small", ReplicationFactor=nodes, IamRoleArn=role, **more
        )
        made.append(cluster)
        cluster.await_status()
        return cluster

    yield make
    for cluster in made:
        cluster.close()
