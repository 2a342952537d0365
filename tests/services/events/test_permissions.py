"""Who may put events on which bus, and what goes from bus to bus."""

import json

import pytest

from tests.services.events.conftest import ONCE, make_role

CENTRE, MEMBER, STRANGER = "111111111111", "222222222222", "333333333333"
BUS = f"arn:aws:events:us-east-1:{CENTRE}:event-bus/central"


@pytest.fixture
def centre(cloud):
    client = cloud.session(CENTRE).client("events", config=ONCE)
    client.create_event_bus(Name="central")
    return client


@pytest.fixture
def member(cloud):
    return cloud.session(MEMBER).client("events", config=ONCE)


@pytest.fixture
def heard(cloud, centre, watch, make_queue):
    queue = make_queue(session=cloud.session(CENTRE), account=CENTRE)
    return watch({"source": [{"prefix": ""}]}, bus="central", client=centre, queue=queue)


@pytest.mark.spec("EVB-006", "EVB-008")
def test_another_account_puts_events_once_the_bus_lets_it(cloud, centre, member, heard, put, refused):
    entry = put({"n": 1}, client=member, EventBusName=BUS)
    assert entry["ErrorCode"] == "AccessDeniedException"
    permission = {"EventBusName": "central", "Action": "events:PutEvents"}
    centre.put_permission(**permission, Principal=MEMBER, StatementId="member")
    centre.put_permission(**permission, Principal=STRANGER, StatementId="stranger")
    assert "ErrorCode" not in put({"n": 2}, client=member, EventBusName=BUS)
    (event,) = heard.events()
    assert (event["account"], event["detail"]) == (MEMBER, {"n": 2})
    described = json.loads(centre.describe_event_bus(Name="central")["Policy"])
    assert [one["Sid"] for one in described["Statement"]] == ["member", "stranger"]
    assert described["Statement"][0]["Resource"] == BUS
    centre.remove_permission(EventBusName="central", StatementId="member")
    assert put(client=member, EventBusName=BUS)["ErrorCode"] == "AccessDeniedException"
    gone = {"EventBusName": "central", "StatementId": "member"}
    assert refused(centre.remove_permission, **gone)[0] == "ResourceNotFoundException"
    centre.remove_permission(EventBusName="central", RemoveAllPermissions=True)
    assert "Policy" not in centre.describe_event_bus(Name="central")
    long = json.dumps({"Statement": [], "x": "y" * 10_240})
    assert refused(centre.put_permission, EventBusName="central", Policy=long)[0] == "PolicyLengthExceededException"
    assert refused(centre.put_permission, EventBusName="central", Policy="{")[0] == "ValidationException"


def test_a_policy_of_conditions_lets_in_some_sources_only(cloud, centre, member, heard, put):
    statement = {
        "Sid": "orders",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"},
        "Action": "events:PutEvents",
        "Resource": BUS,
        "Condition": {"StringEquals": {"events:source": "orders"}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    centre.put_permission(EventBusName="central", Policy=json.dumps(document))
    assert "ErrorCode" not in put(client=member, source="orders", EventBusName=BUS)
    assert put(client=member, source="bills", EventBusName=BUS)["ErrorCode"] == "AccessDeniedException"
    assert len(heard.events()) == 1


@pytest.mark.spec("EVB-007")
def test_members_of_an_organization_gather_their_events_on_one_bus(cloud, centre, heard, put, make_queue):
    organizations = cloud.session(CENTRE).client("organizations")
    identity = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    asked = [
        organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["Id"]
        for name in ("one", "two")
    ]
    cloud.settle()
    ask = organizations.describe_create_account_status
    accounts = [ask(CreateAccountRequestId=one)["CreateAccountStatus"]["AccountId"] for one in asked]
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": identity}
    permission = {"EventBusName": "central", "Action": "events:PutEvents", "Principal": "*", "StatementId": "all"}
    centre.put_permission(**permission, Condition=condition)

    def forwarding(account):
        session = cloud.session(account)
        client = session.client("events", config=ONCE)
        role = make_role(session, "forward", ["events:PutEvents"])
        dead = make_queue(session=session, account=account)
        client.put_rule(Name="all", EventPattern='{"source": ["my.app"]}')
        target = {"Id": "1", "Arn": BUS, "RoleArn": role, "DeadLetterConfig": {"Arn": dead.arn}}
        client.put_targets(Rule="all", Targets=[target])
        put({"of": account}, client=client)
        return [message["MessageAttributes"]["ERROR_CODE"]["StringValue"] for message in dead.messages()]

    assert [forwarding(account) for account in (*accounts, STRANGER)] == [[], [], ["NO_PERMISSIONS"]]
    found = heard.events()
    assert [event["account"] for event in found] == accounts
    assert [event["detail"]["of"] for event in found] == accounts


def test_a_forwarded_event_keeps_its_id_and_is_not_forwarded_again(cloud, aws, events, watch, put, make_queue):
    events.create_event_bus(Name="second")
    events.create_event_bus(Name="third")
    dead = make_queue()
    arns = {name: f"arn:aws:events:us-east-1:000000000000:event-bus/{name}" for name in ("second", "third")}
    elsewhere = aws.client("events", region_name="eu-west-1")
    elsewhere.create_event_bus(Name="far")
    far = watch({"source": ["my.app"]}, bus="far", client=elsewhere, queue=make_queue(region="eu-west-1"))
    distant = "arn:aws:events:eu-west-1:000000000000:event-bus/far"
    for bus, targets in (("default", (arns["second"], distant)), ("second", (arns["third"],))):
        events.put_rule(Name="on", EventPattern='{"source": ["my.app"]}', EventBusName=bus)
        named = [
            {"Id": str(number), "Arn": arn, "DeadLetterConfig": {"Arn": dead.arn}} for number, arn in enumerate(targets)
        ]
        events.put_targets(Rule="on", EventBusName=bus, Targets=named)
    second, third = watch({"source": ["my.app"]}, bus="second"), watch({"source": ["my.app"]}, bus="third")
    entry = put()
    (event,) = second.events()
    assert (event["id"], event["region"]) == (entry["EventId"], "us-east-1")
    assert [one["id"] for one in far.events()] == [entry["EventId"]]
    assert third.events() == []
    (letter,) = dead.messages()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "THIRD_ACCOUNT_HOP_DETECTED"


def test_a_user_puts_what_policies_allow(cloud, aws, events, watch, put):
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    statement = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": "*",
        "Condition": {"StringEquals": {"events:source": "my.app"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    session = cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"])
    client = session.client("events", config=ONCE)
    assert "ErrorCode" not in put(client=client)
    with pytest.raises(client.exceptions.ClientError) as caught:
        put(client=client, source="other")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "is not authorized to perform: events:PutEvents on resource" in str(caught.value)
