"""Who may do what: actions on tables and indexes, rows by their partition key, columns, other accounts."""

import json

import pytest

from tests.services.dynamodb.conftest import TableInHand, definition, index, wire

ACCOUNT, OTHER = "111111111111", "222222222222"
ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"


def allow(actions, resource=ARN, **condition):
    actions = [f"dynamodb:{name}" for name in actions.split()]
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def orders(cloud):
    """A table of an account's root user."""
    client = cloud.session(account=ACCOUNT).client("dynamodb")
    more = {"attributes": ["group:S"], "GlobalSecondaryIndexes": [index("groups", "group")]}
    client.create_table(TableName="orders", **definition("pk:S", **more))
    table = TableInHand(client, "orders")
    table.put({"pk": "ann", "name": "Ann", "secret": 1, "group": "g"})
    table.put({"pk": "bob", "name": "Bob", "secret": 2, "group": "g"})
    return table


@pytest.fixture
def user(cloud, orders):
    """Return a function that makes a user with these statements, and returns what they have in hand."""

    def make(*statements, account=ACCOUNT, name="ann", table="orders"):
        iam = cloud.session(account=account).client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session = cloud.session()
        session._session.set_credentials(key["AccessKeyId"], key["SecretAccessKey"])
        return TableInHand(session.client("dynamodb"), table)

    return make


@pytest.fixture
def denied(refused):
    def check(call, *args, **kwargs):
        code, status, text = refused(call, *args, **kwargs)
        assert (code, status) == ("AccessDeniedException", 400), text
        return text

    return check


@pytest.mark.spec("DDB-005")
def test_a_user_may_do_what_policies_allow_on_a_table(user, denied):
    mine = user(allow("GetItem BatchGetItem PutItem"))
    assert mine.get({"pk": "ann"})["name"] == "Ann"
    mine.put({"pk": "new"})
    mine.client.batch_get_item(RequestItems={"orders": {"Keys": [wire({"pk": "ann"})]}})
    text = denied(mine.delete, {"pk": "ann"})
    assert f"user/ann is not authorized to perform: dynamodb:DeleteItem on resource: {ARN}" in text
    denied(mine.scan)
    denied(mine.client.list_tables)
    denied(mine.client.describe_table, TableName="orders")
    denied(mine.client.create_table, TableName="mine", **definition("pk:S"))


@pytest.mark.spec("DDB-005")
def test_an_index_is_a_resource_of_its_own(user, denied):
    mine = user(allow("Query", ARN + "/index/groups"))
    alias = {"ExpressionAttributeNames": {"#g": "group"}, "IndexName": "groups"}
    assert mine.query("#g = :g", {":g": "g"}, **alias)["Count"] == 2
    denied(mine.query, "pk = :p", {":p": "ann"})


@pytest.mark.spec("DDB-005", "DBD-006")
def test_leading_keys_confine_a_user_to_their_own_rows(user, denied):
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}}
    mine = user(allow("GetItem PutItem UpdateItem DeleteItem Query BatchGetItem BatchWriteItem", **own))
    assert mine.get({"pk": "ann"}) is not None
    denied(mine.get, {"pk": "bob"})
    mine.put({"pk": "ann", "n": 1})
    denied(mine.put, {"pk": "bob"})
    mine.update({"pk": "ann"}, "SET n = :n", {":n": 2})
    denied(mine.update, {"pk": "bob"}, "SET n = :n", {":n": 2})
    assert mine.query("pk = :p", {":p": "ann"})["Count"] == 1
    denied(mine.query, "pk = :p", {":p": "bob"})
    denied(mine.query, "#pk = :p", {":p": "bob"}, ExpressionAttributeNames={"#pk": "pk"})
    keys = [wire({"pk": name}) for name in ("ann", "bob")]
    mine.client.batch_get_item(RequestItems={"orders": {"Keys": keys[:1]}})
    denied(mine.client.batch_get_item, RequestItems={"orders": {"Keys": keys}})
    requests = [{"DeleteRequest": {"Key": key}} for key in keys]
    denied(mine.client.batch_write_item, RequestItems={"orders": requests})
    put = {"Put": {"TableName": "orders", "Item": keys[1]}}
    denied(mine.client.transact_write_items, TransactItems=[put])


@pytest.mark.spec("DDB-005")
def test_attributes_confine_a_user_to_some_columns(user, denied):
    mine = user(
        allow(
            "GetItem Query Scan",
            **{
                "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "name"]},
                "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
            },
        )
    )
    alias = {"ExpressionAttributeNames": {"#n": "name"}}
    assert mine.get({"pk": "ann"}, ProjectionExpression="#n", **alias) == {"name": "Ann"}
    denied(mine.get, {"pk": "ann"})
    denied(mine.get, {"pk": "ann"}, ProjectionExpression="secret")
    denied(mine.get, {"pk": "ann"}, AttributesToGet=["name", "secret"])
    mine.scan(ProjectionExpression="#n", **alias)
    denied(mine.scan, ProjectionExpression="#n", FilterExpression="secret = :s", values={":s": 1}, **alias)


def test_transactions_need_the_actions_of_their_parts(user, denied):
    mine = user(allow("PutItem ConditionCheckItem"))
    put = {"Put": {"TableName": "orders", "Item": wire({"pk": "x"})}}
    check = {"TableName": "orders", "Key": wire({"pk": "y"}), "ConditionExpression": "attribute_not_exists(pk)"}
    mine.client.transact_write_items(TransactItems=[put, {"ConditionCheck": check}])
    delete = {"Delete": {"TableName": "orders", "Key": wire({"pk": "x"})}}
    denied(mine.client.transact_write_items, TransactItems=[delete])
    denied(mine.client.transact_get_items, TransactItems=[{"Get": {"TableName": "orders", "Key": wire({"pk": "x"})}}])


@pytest.mark.spec("DDB-033")
def test_a_resource_policy_lets_another_account_in(cloud, orders, user, denied):
    theirs = user(allow("GetItem Query"), account=OTHER, table=ARN)
    denied(theirs.get, {"pk": "ann"})
    policy = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "dynamodb:GetItem", "Resource": ARN}
    made = orders.client.put_resource_policy(ResourceArn=ARN, Policy=document(policy))
    assert theirs.get({"pk": "ann"})["name"] == "Ann"
    denied(theirs.query, "pk = :p", {":p": "ann"})
    shown = orders.client.get_resource_policy(ResourceArn=ARN)
    assert shown["RevisionId"] == made["RevisionId"]
    assert json.loads(shown["Policy"])["Statement"] == [policy]
    orders.client.delete_resource_policy(ResourceArn=ARN)
    denied(theirs.get, {"pk": "ann"})


def test_a_policy_is_changed_only_at_the_expected_revision(orders, refused):
    client = orders.client
    policy = document({"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": ARN})
    assert refused(client.get_resource_policy, ResourceArn=ARN)[0] == "PolicyNotFoundException"
    first = client.put_resource_policy(ResourceArn=ARN, Policy=policy, ExpectedRevisionId="NO_POLICY")["RevisionId"]
    wrong = {"ResourceArn": ARN, "Policy": policy, "ExpectedRevisionId": "NO_POLICY"}
    assert refused(client.put_resource_policy, **wrong)[0] == "PolicyNotFoundException"
    assert client.put_resource_policy(ResourceArn=ARN, Policy=policy, ExpectedRevisionId=first)["RevisionId"] == first
    for bad in ("{", "[]", '{"Statement": []}', "x" * 30_000):
        assert refused(client.put_resource_policy, ResourceArn=ARN, Policy=bad)[0] == "ValidationException"


def test_a_policy_can_deny_even_the_owners_users(orders, user, denied):
    mine = user(allow("*", "*"))
    assert mine.get({"pk": "ann"}) is not None
    deny = {
        "Effect": "Deny",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"},
        "Action": "dynamodb:GetItem",
        "Resource": ARN,
    }
    orders.client.put_resource_policy(ResourceArn=ARN, Policy=document(deny))
    assert "explicit deny in a resource-based policy" in denied(mine.get, {"pk": "ann"})


def test_replicas_and_global_tables_need_actions_of_their_own(user, denied):
    mine = user(allow("UpdateTable"), allow("CreateTableReplica", "arn:aws:dynamodb:*:*:table/other"))
    create = [{"Create": {"RegionName": "eu-west-1"}}]
    text = denied(mine.client.update_table, TableName="orders", ReplicaUpdates=create)
    assert f"dynamodb:CreateTableReplica on resource: {ARN}" in text
    group = f"arn:aws:dynamodb::{ACCOUNT}:global-table/orders"
    theirs = user(allow("DescribeGlobalTable CreateGlobalTable", group), name="bob")
    text = denied(theirs.client.create_global_table, GlobalTableName="orders", ReplicationGroup=[])
    assert f"dynamodb:CreateGlobalTable on resource: {ARN}" in text
    with pytest.raises(theirs.client.exceptions.GlobalTableNotFoundException):
        theirs.client.describe_global_table(GlobalTableName="orders")
    denied(theirs.client.describe_global_table, GlobalTableName="others")
