"""Buses and rules: names, lists, tags, and what belongs to services."""

import pytest

from skyglobe.kernel.callers import ServiceCaller
from tests.services.events.conftest import ACCOUNT

BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus"


@pytest.mark.spec("EVB-019")
def test_what_is_not_there_or_there_already_is_refused(cloud, events, refused):
    assert refused(events.describe_rule, Name="r") == (
        "ResourceNotFoundException", "Rule r does not exist on EventBus default."
    )  # fmt: skip
    pattern = {"EventPattern": '{"source": ["a"]}'}
    for function, params in (
        (events.put_rule, {"Name": "r", "EventBusName": "no", **pattern}),
        (events.describe_event_bus, {"Name": "no"}),
        (events.put_targets, {"Rule": "r", "Targets": [{"Id": "1", "Arn": f"{BUS}/x"}]}),
        (events.enable_rule, {"Name": "r"}),
        (events.describe_connection, {"Name": "no"}),
        (events.describe_replay, {"ReplayName": "no"}),
        (events.list_tags_for_resource, {"ResourceARN": f"{BUS}/no"}),
    ):
        assert refused(function, **params)[0] == "ResourceNotFoundException"
    events.create_event_bus(Name="b")
    assert refused(events.create_event_bus, Name="b")[0] == "ResourceAlreadyExistsException"
    assert refused(events.create_event_bus, Name="default")[0] == "ResourceAlreadyExistsException"
    assert refused(events.delete_event_bus, Name="default")[0] == "ValidationException"
    events.put_rule(Name="r", EventBusName="b", **pattern)
    assert refused(events.delete_event_bus, Name="b")[1] == "EventBus can't be deleted since it has rules."
    events.delete_rule(Name="r", EventBusName="b")
    events.delete_event_bus(Name="b")
    events.delete_event_bus(Name="b")
    events.delete_rule(Name="never")

    async def manage():
        caller = ServiceCaller(cloud.kernel, "config", ACCOUNT, "us-east-1")
        await caller.call("events", "PutRule", {"Name": "managed", **pattern})

    cloud.run(manage())
    assert events.describe_rule(Name="managed")["ManagedBy"] == "config.amazonaws.com"
    assert refused(events.disable_rule, Name="managed")[0] == "ManagedRuleException"
    assert refused(events.delete_rule, Name="managed")[0] == "ManagedRuleException"
    events.delete_rule(Name="managed", Force=True)


@pytest.mark.spec("EVB-024")
def test_rules_are_listed_by_prefix_page_by_page_and_by_target(events, make_queue, refused):
    queue = make_queue()
    for name in ("a1", "b1", "b2", "b3", "c1"):
        events.put_rule(Name=name, ScheduleExpression="rate(1 day)", Tags=[{"Key": "k", "Value": name}])
        events.put_targets(Rule=name, Targets=[{"Id": "x", "Arn": queue.arn}, {"Id": "y", "Arn": queue.arn}])
    first = events.list_rules(NamePrefix="b", Limit=2)
    second = events.list_rules(NamePrefix="b", Limit=2, NextToken=first["NextToken"])
    assert [[rule["Name"] for rule in page["Rules"]] for page in (first, second)] == [["b1", "b2"], ["b3"]]
    assert "NextToken" not in second
    assert refused(events.list_rules, NextToken=first["NextToken"])[0] == "ValidationException"
    names = events.list_rule_names_by_target(TargetArn=queue.arn, Limit=3)
    assert names["RuleNames"] == ["a1", "b1", "b2"]
    rest = events.list_rule_names_by_target(TargetArn=queue.arn, Limit=3, NextToken=names["NextToken"])
    assert rest["RuleNames"] == ["b3", "c1"]
    arn = events.describe_rule(Name="a1")["Arn"]
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "a1"}]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "k2", "Value": "v"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["k"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k2", "Value": "v"}]
    reserved = [{"Key": "aws:x", "Value": "v"}]
    assert refused(events.tag_resource, ResourceARN=arn, Tags=reserved)[0] == "ValidationException"
