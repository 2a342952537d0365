"""Who may do what: identity-based policies, resource policies for services, tags as conditions."""

import json

import pytest

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError

ACCOUNT = "000000000000"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def as_user(aws, cloud):
    """A client of a user who is allowed some actions on a resource."""

    def make(actions, resource="*", **more):
        iam = aws.client("iam")
        name = f"u{cloud.kernel.next_order()}"
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": actions, "Resource": resource, **more}
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(statement))
        return cloud.session_with(iam.create_access_key(UserName=name)["AccessKey"]).client("logs")

    return make


def test_actions_on_groups_and_streams_need_the_arn_with_an_asterisk(group, as_user, refused, cloud):
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/my/app"
    client = as_user(["logs:CreateLogStream", "logs:PutLogEvents", "logs:FilterLogEvents"], f"{arn}:*")
    client.create_log_stream(logGroupName=group.name, logStreamName="mine")
    client.put_log_events(
        logGroupName=group.name, logStreamName="mine", logEvents=[{"timestamp": cloud.now, "message": "m"}]
    )
    assert len(client.filter_log_events(logGroupName=group.name)["events"]) == 1
    code, status, text = refused(client.get_log_events, logGroupName=group.name, logStreamName="mine")
    assert (code, status) == ("AccessDeniedException", 400)
    assert f"logs:GetLogEvents on resource: {arn}:log-stream:mine" in text
    one_stream = as_user("logs:PutLogEvents", f"{arn}:log-stream:other")
    asked = {"logGroupName": group.name, "logStreamName": "mine", "logEvents": [{"timestamp": 1, "message": "m"}]}
    assert refused(one_stream.put_log_events, **asked)[0] == "AccessDeniedException"
    listing = as_user("logs:DescribeLogGroups", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*")
    assert len(listing.describe_log_groups()["logGroups"]) == 1


def test_tags_of_a_group_decide(make_group, as_user, refused):
    red, blue = make_group("red", tags={"Team": "red"}), make_group("blue", tags={"Team": "blue"})
    client = as_user("logs:*", Condition={"StringEquals": {"aws:ResourceTag/Team": "red"}})
    client.get_log_events(logGroupName=red.name, logStreamName="s")
    asked = {"logGroupName": blue.name, "logStreamName": "s"}
    assert refused(client.get_log_events, **asked)[0] == "AccessDeniedException"


def test_roles_must_be_passed(group, as_user, refused):
    client = as_user("logs:*")
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    asked = {"logGroupName": group.name, "filterName": "f", "filterPattern": "", "destinationArn": stream}
    code, _, text = refused(client.put_subscription_filter, **asked, roleArn=role)
    assert code == "AccessDeniedException"
    assert "iam:PassRole" in text


@pytest.fixture
def write_as(cloud, group):
    """Have a service write an event for a resource, in process as services do."""

    def write(service, source):
        caller = ServiceCaller(cloud.kernel, service, ACCOUNT, "us-east-1", source)
        event = {"timestamp": cloud.now, "message": f"from {service}"}
        request = {"logGroupName": group.name, "logStreamName": "s", "logEvents": [event]}
        return cloud.run(caller.call("logs", "PutLogEvents", request))

    return write


ZONE = "arn:aws:route53:::hostedzone/Z1"


def letting(service, resource, **more):
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": resource,
            **more,
        }
    )


@pytest.mark.spec("CWL-030")
def test_a_resource_policy_lets_services_write(logs, group, write_as, refused):
    with pytest.raises(ServiceError) as denied:
        write_as("route53", ZONE)
    assert denied.value.code == "AccessDeniedException"
    condition = {"ArnLike": {"aws:SourceArn": ZONE}}
    logs.put_resource_policy(
        policyName="dns",
        policyDocument=letting("route53", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/my/*", Condition=condition),
    )
    logs.put_resource_policy(policyName="events", policyDocument=letting("events", f"{group.arn}:*"))
    write_as("route53", ZONE)
    write_as("events", "arn:aws:events:us-east-1:000000000000:rule/r")
    with pytest.raises(ServiceError):
        write_as("route53", "arn:aws:route53:::hostedzone/Z2")
    assert group.messages() == ["from route53", "from events"]
    found = logs.describe_resource_policies()["resourcePolicies"]
    assert [one["policyName"] for one in found] == ["dns", "events"]
    logs.delete_resource_policy(policyName="dns")
    with pytest.raises(ServiceError):
        write_as("route53", ZONE)
    code, _, text = refused(logs.delete_resource_policy, policyName="dns")
    assert (code, text) == ("ResourceNotFoundException", "Policy with name [dns] does not exist")


@pytest.mark.spec("CWL-030")
def test_an_account_has_ten_resource_policies(logs, refused):
    for number in range(10):
        logs.put_resource_policy(policyName=f"p{number}", policyDocument=letting("events", "*"))
    asked = {"policyName": "p10", "policyDocument": letting("events", "*")}
    assert refused(logs.put_resource_policy, **asked)[0] == "LimitExceededException"
    logs.put_resource_policy(policyName="p3", policyDocument=letting("route53", "*"))
    code, _, _ = refused(logs.put_resource_policy, policyName="p3", policyDocument="{}")
    assert code == "InvalidParameterException"


def test_a_group_has_a_policy_of_its_own_with_revisions(logs, group, write_as, refused):
    document = letting("events", "*")
    first = logs.put_resource_policy(resourceArn=group.arn, policyName="g", policyDocument=document)
    write_as("events", "arn:aws:events:us-east-1:000000000000:rule/r")
    asked = {"resourceArn": group.arn, "policyName": "g", "policyDocument": document}
    assert refused(logs.put_resource_policy, **asked)[0] == "InvalidParameterException"
    assert refused(logs.put_resource_policy, **asked, expectedRevisionId="x")[0] == "OperationAbortedException"
    second = logs.put_resource_policy(**asked, expectedRevisionId=first["revisionId"])
    (found,) = logs.describe_resource_policies(resourceArn=group.arn)["resourcePolicies"]
    assert (found["policyScope"], found["revisionId"]) == ("RESOURCE", second["revisionId"])
    assert logs.describe_resource_policies()["resourcePolicies"] == []
    assert len(logs.describe_resource_policies(policyScope="RESOURCE")["resourcePolicies"]) == 1
    logs.delete_resource_policy(resourceArn=group.arn, expectedRevisionId=second["revisionId"])
    with pytest.raises(ServiceError):
        write_as("events", "arn:aws:events:us-east-1:000000000000:rule/r")


def test_resource_policies_give_users_nothing(logs, group, as_user, refused):
    everybody = policy({"Effect": "Allow", "Principal": "*", "Action": "logs:PutLogEvents", "Resource": "*"})
    logs.put_resource_policy(policyName="p", policyDocument=everybody)
    client = as_user("logs:CreateLogStream")
    asked = {"logGroupName": group.name, "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]}
    assert refused(client.put_log_events, **asked)[0] == "AccessDeniedException"
