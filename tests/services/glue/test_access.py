"""Who may see and change the catalog: identity-based policies, the catalog's own policy, tags."""

import json

import pytest

ARN = "arn:aws:glue:us-east-1:000000000000"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def as_user(aws, cloud):
    """A client of a user who is allowed some actions on resources."""

    def make(actions, resources, **more):
        iam = aws.client("iam")
        name = f"u{cloud.kernel.next_order()}"
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": actions, "Resource": resources, **more}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(statement))
        return cloud.session_with(iam.create_access_key(UserName=name)["AccessKey"]).client("glue")

    return make


def test_a_table_needs_the_catalog_and_its_database_too(catalog, as_user, refused):
    catalog.make_table()
    catalog.make_table("secrets")
    asked = {"DatabaseName": "sales", "Name": "orders"}
    narrow = as_user("glue:GetTable", f"{ARN}:table/sales/orders")
    code, _, text = refused(narrow.get_table, **asked)
    assert code == "AccessDeniedException"
    assert f"glue:GetTable on resource: {ARN}:catalog" in text
    reader = as_user("glue:Get*", [f"{ARN}:catalog", f"{ARN}:database/sales", f"{ARN}:table/sales/orders"])
    assert reader.get_table(**asked)["Table"]["Name"] == "orders"
    assert "table/sales/secrets" in refused(reader.get_table, DatabaseName="sales", Name="secrets")[2]
    assert "table/sales/*" in refused(reader.get_tables, DatabaseName="sales")[2]
    assert "glue:DeleteTable" in refused(reader.delete_table, **asked)[2]
    deleter = as_user("glue:DeleteDatabase", [f"{ARN}:catalog", f"{ARN}:database/sales"])
    assert "table/sales/*" in refused(deleter.delete_database, Name="sales")[2]


def test_another_account_reads_what_the_catalogs_policy_lets_it(cloud, catalog, glue, refused):
    catalog.make_table()
    other = cloud.session(account="111111111111").client("glue")
    asked = {"CatalogId": "000000000000", "DatabaseName": "sales", "Name": "orders"}
    assert refused(other.get_table, **asked)[0] == "AccessDeniedException"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "glue:GetTable",
        "Resource": [f"{ARN}:catalog", f"{ARN}:database/sales", f"{ARN}:table/sales/*"],
    }
    made = glue.put_resource_policy(PolicyInJson=policy(statement), PolicyExistsCondition="NOT_EXIST")
    assert other.get_table(**asked)["Table"]["CatalogId"] == "000000000000"
    assert refused(other.get_database, CatalogId="000000000000", Name="sales")[0] == "AccessDeniedException"
    again = {"PolicyInJson": policy(statement), "PolicyExistsCondition": "NOT_EXIST"}
    assert refused(glue.put_resource_policy, **again)[0] == "ConditionCheckFailureException"
    assert json.loads(glue.get_resource_policy()["PolicyInJson"])["Statement"] == [statement]
    assert refused(glue.put_resource_policy, PolicyInJson="{}")[0] == "InvalidInputException"
    assert refused(glue.delete_resource_policy, PolicyHashCondition="x")[0] == "ConditionCheckFailureException"
    glue.delete_resource_policy(PolicyHashCondition=made["PolicyHash"])
    assert refused(other.get_table, **asked)[0] == "AccessDeniedException"
    assert refused(glue.get_resource_policy)[0] == "EntityNotFoundException"


def test_tags_of_a_database_decide(glue, as_user, refused):
    glue.create_database(DatabaseInput={"Name": "red"}, Tags={"Team": "red"})
    glue.create_database(DatabaseInput={"Name": "blue"})
    glue.tag_resource(ResourceArn=f"{ARN}:database/blue", TagsToAdd={"Team": "blue", "Age": "3"})
    glue.untag_resource(ResourceArn=f"{ARN}:database/blue", TagsToRemove=["Age"])
    assert glue.get_tags(ResourceArn=f"{ARN}:database/blue")["Tags"] == {"Team": "blue"}
    tagger = as_user(
        "glue:TagResource",
        "*",
        Condition={"StringEquals": {"aws:RequestTag/Team": "red", "aws:ResourceTag/Team": "red"}},
    )
    tagger.tag_resource(ResourceArn=f"{ARN}:database/red", TagsToAdd={"Team": "red"})
    for name, tags in (("red", {"Team": "blue"}), ("blue", {"Team": "red"})):
        asked = {"ResourceArn": f"{ARN}:database/{name}", "TagsToAdd": tags}
        assert refused(tagger.tag_resource, **asked)[0] == "AccessDeniedException"
    assert refused(glue.get_tags, ResourceArn=f"{ARN}:database/none")[0] == "EntityNotFoundException"
    assert refused(glue.get_tags, ResourceArn=f"{ARN}:job/x")[0] == "NotImplemented"
