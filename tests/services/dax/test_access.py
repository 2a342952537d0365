"""Who may call a cluster, and what the cluster may do."""

import pytest
from botocore.exceptions import ClientError

from skyglobe.kernel.config import Config
from tests.services.dax.conftest import ONCE, allow, make_role, make_table, policy

KEY = {"pk": {"S": "a"}}


def code_of(call, *args, **kwargs):
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return caught.value.response["Error"]["Code"]


def make_user(aws, name, *statements):
    """Create a user who is allowed some things; return its key."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
    return iam.create_access_key(UserName=name)["AccessKey"]


@pytest.fixture
def cluster(aws, make_cluster):
    make_table(aws)
    return make_cluster()


@pytest.mark.spec("DAX-011")
def test_callers_need_dax_permissions_whatever_dynamodb_lets_them_do(aws, cluster):
    arn = cluster.described["ClusterArn"]
    both = {"Effect": "Allow", "Action": ["dax:GetItem", "dynamodb:*"], "Resource": [arn, "arn:aws:dynamodb:*"]}
    dax = cluster.client(make_user(aws, "reader", both))
    assert "Item" not in dax.get_item(TableName="items", Key=KEY)
    with pytest.raises(ClientError) as caught:
        dax.put_item(TableName="items", Item=KEY)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    wanted = f"is not authorized to perform: dax:PutItem on resource: {arn}"
    assert wanted in caught.value.response["Error"]["Message"]
    assert code_of(dax.scan, TableName="items") == "AccessDeniedException"


def test_permissions_are_those_of_now_also_for_what_is_remembered(aws, cluster):
    root = cluster.client()
    root.put_item(TableName="items", Item=KEY)
    key = make_user(aws, "u", {"Effect": "Allow", "Action": "dax:*", "Resource": "*"})
    dax = cluster.client(key)
    assert dax.get_item(TableName="items", Key=KEY)["Item"] == KEY
    aws.client("iam").put_user_policy(
        UserName="u", PolicyName="no", PolicyDocument=policy({"Effect": "Deny", "Action": "dax:*", "Resource": "*"})
    )
    assert code_of(dax.get_item, TableName="items", Key=KEY) == "AccessDeniedException"
    aws.client("iam").update_access_key(UserName="u", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert code_of(dax.get_item, TableName="items", Key=KEY) == "UnrecognizedClientException"


def test_transactions_can_be_told_from_single_calls(aws, cluster):
    enclosed = {"StringEquals": {"dax:EnclosingOperation": ["TransactWriteItems"]}}
    statement = {"Effect": "Allow", "Action": "dax:PutItem", "Resource": "*", "Condition": enclosed}
    dax = cluster.client(make_user(aws, "u", statement))
    assert code_of(dax.put_item, TableName="items", Item=KEY) == "AccessDeniedException"
    dax.transact_write_items(TransactItems=[{"Put": {"TableName": "items", "Item": KEY}}])
    delete = {"Delete": {"TableName": "items", "Key": KEY}}
    assert code_of(dax.transact_write_items, TransactItems=[delete]) == "AccessDeniedException"


def test_signatures_are_verified(aws, cluster):
    key = make_user(aws, "u", {"Effect": "Allow", "Action": "dax:*", "Resource": "*"})
    with pytest.raises(ClientError) as caught:
        cluster.client({**key, "SecretAccessKey": "another"})
    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"
    role = make_role(aws, "caller", ("dax:*",), service="ec2.amazonaws.com")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    aws.client("iam").update_assume_role_policy(RoleName="caller", PolicyDocument=trust)
    held = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    session = cluster.cloud.session_with(make_user(aws, "taker", held))
    keys = session.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    cluster.client(keys).put_item(TableName="items", Item=KEY)
    with pytest.raises(ClientError):
        cluster.client({**keys, "SessionToken": "another"})


@pytest.mark.spec("DAX-011")
def test_a_cluster_does_what_its_role_may_do(aws, cluster):
    dax = cluster.client()
    dax.put_item(TableName="items", Item=KEY)
    allow(aws.client("iam"), "role-of-c", ("dynamodb:DescribeTable", "dynamodb:Scan"))
    assert dax.get_item(TableName="items", Key=KEY)["Item"] == KEY  # remembered: DynamoDB is not asked
    with pytest.raises(ClientError) as caught:
        dax.get_item(TableName="items", Key={"pk": {"S": "b"}})
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "assumed-role/role-of-c/" in caught.value.response["Error"]["Message"]
    assert dax.scan(TableName="items")["Count"] == 1


def test_making_a_cluster_is_passing_a_role(aws, cluster, refused):
    key = make_user(aws, "u", {"Effect": "Allow", "Action": "dax:*", "Resource": "*"})
    control = cluster.cloud.session_with(key).client("dax", config=ONCE)
    new = {"ClusterName": "new", "NodeType": "dax.t3.small", "ReplicationFactor": 1}
    code, _, message = refused(control.create_cluster, IamRoleArn=cluster.described["IamRoleArn"], **new)
    assert code == "AccessDeniedException"
    assert "iam:PassRole" in message
    assert control.describe_clusters()["Clusters"]


class TestStrictly:
    @pytest.fixture
    def cloud_config(self):
        return Config(lenient_auth=False, root_key=("test", "test"))

    def test_unknown_keys_are_refused(self, cluster):
        cluster.client().put_item(TableName="items", Item=KEY)
        with pytest.raises(ClientError) as caught:
            cluster.client({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"})
        assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
