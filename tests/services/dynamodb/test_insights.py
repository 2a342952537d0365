"""Contributor Insights: which keys are accessed and throttled most, as CloudWatch reports it."""

import json
from datetime import UTC, datetime, timedelta

from botocore.config import Config as ClientConfig

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud
from tests.services.dynamodb.conftest import index, wire
from tests.services.dynamodb.test_quotas import provisioned


def enable(client, table, **more):
    return client.update_contributor_insights(TableName=table.name, ContributorInsightsAction="ENABLE", **more)


def rules_of(client, table, **more):
    """Return the names of a table's rules by kind: ``PKC``."""
    told = client.describe_contributor_insights(TableName=table.name, **more)
    return {name.split("-")[1]: name for name in told["ContributorInsightsRuleList"]}


def report(cloud, rule, **more):
    """Return what CloudWatch tells of the last hour: by key, and the whole report."""
    now = datetime.fromtimestamp(cloud.kernel.clock.now() / 1000, UTC)
    told = cloud.client("cloudwatch").get_insight_rule_report(
        RuleName=rule, StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1), Period=60, **more
    )
    return {tuple(one["Keys"]): one["ApproximateAggregateValue"] for one in told["Contributors"]}, told


def test_the_most_accessed_keys_are_counted_in_throughput_units(cloud, dynamodb, make_table):
    table = make_table("pk:S", "sk:N")
    table.put({"pk": "before", "sk": 1})
    told = enable(dynamodb, table)
    assert (told["ContributorInsightsStatus"], told["ContributorInsightsMode"]) == (
        "ENABLING",
        "ACCESSED_AND_THROTTLED_KEYS",
    )
    assert dynamodb.describe_contributor_insights(TableName=table.name)["ContributorInsightsStatus"] == "ENABLED"
    rules = rules_of(dynamodb, table)
    assert sorted(rules) == ["PKC", "PKT", "SKC", "SKT"]
    assert rules["PKC"].startswith(f"DynamoDBContributorInsights-PKC-{table.name}-1")
    for _ in range(3):
        table.put({"pk": "hot", "sk": 1})  # three units of throughput for each write unit
    table.get({"pk": "hot", "sk": 1}, ConsistentRead=True)
    table.query("pk = :a", {":a": "cold"})
    dynamodb.batch_get_item(RequestItems={table.name: {"Keys": [wire({"pk": "cold", "sk": 2})]}})
    dynamodb.transact_write_items(
        TransactItems=[{"Put": {"TableName": table.name, "Item": wire({"pk": "t", "sk": 1})}}]
    )
    dynamodb.execute_statement(Statement=f"SELECT * FROM \"{table.name}\" WHERE pk = 'p'")
    table.scan()
    values, told = report(cloud, rules["PKC"], Metrics=["UniqueContributors", "MaxContributorValue", "Sum"])
    assert values == {("hot",): 10, ("t",): 6, ("cold",): 1, ("p",): 0.5}
    assert list(values) == [("hot",), ("t",), ("cold",), ("p",)]
    assert (told["KeyLabels"], told["AggregateValue"], told["ApproximateUniqueCount"]) == (["PartitionKey"], 17.5, 4)
    assert sum(point["Sum"] for point in told["MetricDatapoints"]) == 17.5
    values, told = report(cloud, rules["SKC"], MaxContributorCount=2)
    assert values == {("hot", "1"): 10, ("t", "1"): 6}
    assert told["KeyLabels"] == ["PartitionKey", "SortKey"]
    assert report(cloud, rules["PKT"])[0] == {}


def test_global_indexes_have_insights_of_their_own(cloud, dynamodb, make_table, refused):
    table = make_table(attributes=["group:S"], GlobalSecondaryIndexes=[index("groups", "group")])
    enable(dynamodb, table, IndexName="groups")
    assert dynamodb.describe_contributor_insights(TableName=table.name)["ContributorInsightsStatus"] == "DISABLED"
    rules = rules_of(dynamodb, table, IndexName="groups")
    assert sorted(rules) == ["PKC", "PKT"]
    assert rules["PKC"].startswith(f"DynamoDBContributorInsights-PKC-{table.name}-groups-")
    table.put({"pk": "a", "group": "g"})
    table.put({"pk": "b"})
    table.query("#g = :g", {":g": "h"}, IndexName="groups", ExpressionAttributeNames={"#g": "group"})
    assert report(cloud, rules["PKC"])[0] == {("g",): 3, ("h",): 0.5}
    (listed,) = dynamodb.list_contributor_insights()["ContributorInsightsSummaries"]
    assert (listed["IndexName"], listed["ContributorInsightsStatus"]) == ("groups", "ENABLED")
    dynamodb.update_table(TableName=table.name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "groups"}}])
    assert cloud.client("cloudwatch").describe_insight_rules()["InsightRules"] == []
    assert refused(report, cloud, rules["PKC"])[0] == "ResourceNotFoundException"


def test_throttled_keys_are_counted_in_either_mode(make_table, refused):
    cloud = TestCloud(Config(quotas=True))
    try:
        client = cloud.client("dynamodb", config=ClientConfig(retries={"total_max_attempts": 1}))
        table = make_table(client=client, **provisioned(1, 1))
        enable(client, table, ContributorInsightsMode="THROTTLED_KEYS")
        rules = rules_of(client, table)
        assert sorted(rules) == ["PKT"]
        for _ in range(2):
            assert refused(table.put, {"pk": "hot", "text": "x" * 310_000})[0] == (
                "ProvisionedThroughputExceededException"
            )
        cloud.settle()
        assert report(cloud, rules["PKT"])[0] == {("hot",): 2}
        (rule,) = cloud.client("cloudwatch").describe_insight_rules()["InsightRules"]
        assert (rule["Name"], rule["State"], rule["ManagedRule"]) == (rules["PKT"], "ENABLED", True)
        assert json.loads(rule["Definition"])["Contribution"]["Keys"] == ["$.PartitionKey"]
    finally:
        cloud.close()


def test_what_was_never_enabled_is_disabled_and_not_listed(dynamodb, table, refused):
    told = dynamodb.describe_contributor_insights(TableName=table.name)
    assert (told["ContributorInsightsStatus"], told["ContributorInsightsRuleList"]) == ("DISABLED", [])
    change = dynamodb.update_contributor_insights
    told = change(TableName=table.name, ContributorInsightsAction="DISABLE")
    assert told["ContributorInsightsStatus"] == "DISABLED"
    assert dynamodb.list_contributor_insights()["ContributorInsightsSummaries"] == []
    for call, more in ((change, {"ContributorInsightsAction": "DISABLE"}), (dynamodb.list_contributor_insights, {})):
        assert refused(call, TableName="unknown", **more)[0] == "ResourceNotFoundException"
    none = {"TableName": table.name, "IndexName": "none"}
    assert refused(dynamodb.describe_contributor_insights, **none)[0] == "ResourceNotFoundException"


def test_insights_go_when_they_are_disabled_and_with_their_table(cloud, dynamodb, make_table):
    cloudwatch = cloud.client("cloudwatch")
    table = make_table()
    enable(dynamodb, table)
    dynamodb.update_contributor_insights(TableName=table.name, ContributorInsightsAction="DISABLE")
    told = dynamodb.describe_contributor_insights(TableName=table.name)
    assert (told["ContributorInsightsStatus"], told["ContributorInsightsRuleList"]) == ("DISABLED", [])
    assert cloudwatch.describe_insight_rules()["InsightRules"] == []
    enable(dynamodb, table)
    table.put({"pk": "a"})
    dynamodb.delete_table(TableName=table.name)
    cloud.turn(seconds=1)
    assert cloudwatch.describe_insight_rules()["InsightRules"] == []


def test_who_enables_insights_must_be_allowed_to_make_their_role(cloud, aws, make_table):
    iam = aws.client("iam")
    table = make_table()
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    ann = cloud.session_with(key).client("dynamodb")
    enable(ann, table)
    told = ann.describe_contributor_insights(TableName=table.name)
    assert told["ContributorInsightsStatus"] == "FAILED"
    assert "service-linked role" in told["FailureException"]["ExceptionDescription"]
    assert told["ContributorInsightsRuleList"] == []
    enable(aws.client("dynamodb"), table)
    assert iam.get_role(RoleName="AWSServiceRoleForDynamoDBCloudWatchContributorInsights")
    assert ann.describe_contributor_insights(TableName=table.name)["ContributorInsightsStatus"] == "ENABLED"


def test_old_contributions_are_forgotten_and_many_contributors_bounded(cloud, dynamodb, make_table, many):
    table = make_table()
    enable(dynamodb, table)
    rule = rules_of(dynamodb, table)["PKC"]
    many("dynamodb", "PutItem", [{"TableName": table.name, "Item": wire({"pk": f"{n}"})} for n in range(600)])
    _, told = report(cloud, rule)
    assert 500 <= told["ApproximateUniqueCount"] <= 600  # two minutes, when the first is over meanwhile
    assert told["AggregateValue"] == 1800
    cloud.turn(days=16)
    table.put({"pk": "a"})
    now = datetime.fromtimestamp(cloud.kernel.clock.now() / 1000, UTC)
    told = cloud.client("cloudwatch").get_insight_rule_report(
        RuleName=rule, StartTime=now - timedelta(days=17), EndTime=now + timedelta(minutes=1), Period=60
    )
    assert told["AggregateValue"] == 3
