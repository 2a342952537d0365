"""Subscription filters: events really sent to streams and delivery streams, here and in other accounts."""

import base64
import gzip
import json

import pytest

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.service import Service

DAY = 86_400_000
OTHER = "111111111111"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(session, name="sends", actions=("kinesis:PutRecord", "firehose:PutRecord"), service="logs.amazonaws.com"):
    iam = session.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    allowed = policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allowed)
    return arn


class StreamInHand:
    """A Kinesis stream and what was put into it."""

    def __init__(self, session, name="sink"):
        self.client = session.client("kinesis")
        self.client.create_stream(StreamName=name, ShardCount=1)
        self.name = name
        self.arn = self.client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]

    def records(self):
        iterator = self.client.get_shard_iterator(
            StreamName=self.name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return self.client.get_records(ShardIterator=iterator)["Records"]

    def documents(self, kind="DATA_MESSAGE"):
        found = [json.loads(gzip.decompress(record["Data"])) for record in self.records()]
        return [one for one in found if one["messageType"] == kind]

    def messages(self):
        return [event["message"] for one in self.documents() for event in one["logEvents"]]


@pytest.fixture
def stream(aws):
    return StreamInHand(aws)


@pytest.fixture
def role(aws):
    return make_role(aws)


@pytest.fixture
def subscribe(group):
    def put(destination, name="f", pattern="", **more):
        group.client.put_subscription_filter(
            logGroupName=group.name, filterName=name, filterPattern=pattern, destinationArn=destination, **more
        )

    return put


def test_a_stream_gets_compressed_documents_of_what_the_pattern_finds(group, stream, role, subscribe, cloud):
    subscribe(stream.arn, pattern="ERROR", roleArn=role)
    group.put("ERROR one", "fine", "ERROR two")
    cloud.settle()
    (document,) = stream.documents()
    events = document.pop("logEvents")
    assert document == {
        "messageType": "DATA_MESSAGE",
        "owner": "000000000000",
        "logGroup": "/my/app",
        "logStream": "s",
        "subscriptionFilters": ["f"],
    }
    assert [event["message"] for event in events] == ["ERROR one", "ERROR two"]
    ids = [event["eventId"] for event in group.client.filter_log_events(logGroupName=group.name)["events"]]
    assert [event["id"] for event in events] == [ids[0], ids[2]]
    (control,) = stream.documents("CONTROL_MESSAGE")
    assert control["owner"] == "CloudwatchLogs"
    assert {record["PartitionKey"] for record in stream.records()} == {"control", "s"}


@pytest.mark.spec("CWL-017")
def test_a_delivery_stream_gets_them_and_buffers(group, role, subscribe, aws, cloud):
    s3, firehose = aws.client("s3"), aws.client("firehose")
    s3.create_bucket(Bucket="landing")
    lands = make_role(aws, "lands", ["s3:PutObject"], "firehose.amazonaws.com")
    arn = firehose.create_delivery_stream(
        DeliveryStreamName="d",
        ExtendedS3DestinationConfiguration={
            "RoleARN": lands,
            "BucketARN": "arn:aws:s3:::landing",
            "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
        },
    )["DeliveryStreamARN"]
    subscribe(arn, roleArn=role)
    group.put("one")
    cloud.settle()
    assert "Contents" not in s3.list_objects_v2(Bucket="landing")
    cloud.turn(61)
    (landed,) = s3.list_objects_v2(Bucket="landing")["Contents"]
    data = s3.get_object(Bucket="landing", Key=landed["Key"])["Body"].read()
    # Two members of gzip one after the other: the control message and the data.
    assert b'"message":"one"' in gzip.decompress(data)


@pytest.fixture
def function(cloud):
    """A Lambda service that only listens: what it is invoked with, by whom, and whether it lets it."""
    invoked = []
    service = Service("lambda")
    service.denies = set()

    @service.needs
    def find_needs(call, operation, params):
        return []

    @service.operation
    def invoke(call, request):
        if call.principal.arn in service.denies:
            raise ServiceError("no", code="AccessDeniedException", status=403)
        invoked.append((call.principal.arn, call.principal.source_arn, request))
        return {"StatusCode": 202}

    cloud.kernel.services.add(service)
    service.invoked = invoked
    return service


def test_a_function_is_invoked_at_once(group, function, subscribe, cloud):
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
    function.denies.add("logs.amazonaws.com")
    subscribe(arn)
    group.put("one", "two")
    cloud.settle()
    (dry, real) = function.invoked
    assert dry[2]["InvocationType"] == "DryRun"
    assert real[0] == "logs.us-east-1.amazonaws.com"
    assert real[1] == "arn:aws:logs:us-east-1:000000000000:log-group:/my/app:*"
    assert real[2]["FunctionName"] == arn
    assert real[2]["InvocationType"] == "Event"
    data = json.loads(real[2]["Payload"])["awslogs"]["data"]
    document = json.loads(gzip.decompress(base64.b64decode(data)))
    assert [event["message"] for event in document["logEvents"]] == ["one", "two"]


def test_a_function_that_may_not_be_invoked_cannot_subscribe(function, subscribe, refused):
    function.denies |= {"logs.amazonaws.com", "logs.us-east-1.amazonaws.com"}
    code, _, text = refused(subscribe, "arn:aws:lambda:us-east-1:000000000000:function:f")
    assert code == "InvalidParameterException"
    assert text.startswith("Could not execute the lambda function.")


@pytest.mark.spec("CWL-023")
def test_a_group_has_two_subscription_filters(group, stream, role, subscribe, refused, logs):
    subscribe(stream.arn, "b", roleArn=role)
    subscribe(stream.arn, "a", "x", roleArn=role, distribution="Random")
    assert refused(subscribe, stream.arn, "c", roleArn=role)[0] == "LimitExceededException"
    subscribe(stream.arn, "a", "y", roleArn=role)
    found = logs.describe_subscription_filters(logGroupName=group.name)["subscriptionFilters"]
    assert [(one["filterName"], one["filterPattern"], one["distribution"]) for one in found] == [
        ("a", "y", "ByLogStream"),
        ("b", "", "ByLogStream"),
    ]
    assert found[0]["roleArn"] == role
    logs.delete_subscription_filter(logGroupName=group.name, filterName="a")
    code = refused(logs.delete_subscription_filter, logGroupName=group.name, filterName="a")[0]
    assert code == "ResourceNotFoundException"


def test_destinations_that_cannot_be_reached_are_refused(aws, stream, role, subscribe, refused):
    missing = stream.arn.replace("/sink", "/other")
    code, _, text = refused(subscribe, missing, roleArn=role)
    assert code == "InvalidParameterException"
    assert text.startswith("Could not deliver test message to specified Kinesis stream.")
    weak = make_role(aws, "weak", ["s3:PutObject"])
    assert refused(subscribe, stream.arn, roleArn=weak)[2] == text
    closed = make_role(aws, "closed", service="ec2.amazonaws.com")
    assert refused(subscribe, stream.arn, roleArn=closed)[2] == text
    assert refused(subscribe, stream.arn)[0] == "InvalidParameterException"
    assert refused(subscribe, "nothing", roleArn=role)[0] == "InvalidParameterException"
    assert refused(subscribe, "arn:aws:sqs:us-east-1:000000000000:q", roleArn=role)[0] == "InvalidParameterException"
    elsewhere = stream.arn.replace("us-east-1", "eu-west-1")
    assert refused(subscribe, elsewhere, roleArn=role)[0] == "InvalidParameterException"


def test_a_role_may_trust_the_regions_service(aws, group, stream, subscribe, cloud):
    subscribe(stream.arn, roleArn=make_role(aws, "regional", service="logs.us-east-1.amazonaws.com"))
    group.put("x")
    cloud.settle()
    assert stream.messages() == ["x"]


def test_deliveries_are_tried_again_until_they_succeed_or_a_day_is_over(aws, group, stream, role, subscribe, cloud):
    subscribe(stream.arn, roleArn=role)
    iam = aws.client("iam")
    iam.delete_role_policy(RoleName="sends", PolicyName="p")
    group.put("late")
    cloud.settle()
    cloud.turn(3600)
    assert stream.messages() == []
    allowed = policy({"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"})
    iam.put_role_policy(RoleName="sends", PolicyName="p", PolicyDocument=allowed)
    cloud.turn(900)
    assert stream.messages() == ["late"]
    iam.delete_role_policy(RoleName="sends", PolicyName="p")
    group.put("never")
    cloud.turn(days=1)
    iam.put_role_policy(RoleName="sends", PolicyName="p", PolicyDocument=allowed)
    cloud.turn(days=1)
    assert "never" not in stream.messages()


@pytest.mark.spec("CWL-018")
def test_another_accounts_destination_takes_logs_its_policy_allows(cloud, group, subscribe, refused):
    theirs = cloud.session(OTHER)
    stream, role, logs = StreamInHand(theirs), make_role(theirs), theirs.client("logs")
    made = logs.put_destination(destinationName="central", targetArn=stream.arn, roleArn=role)["destination"]
    assert "accessPolicy" not in made
    assert refused(subscribe, made["arn"])[0] in ("AccessDeniedException", "InvalidParameterException")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "000000000000"},
        "Action": "logs:PutSubscriptionFilter",
        "Resource": made["arn"],
    }
    logs.put_destination_policy(destinationName="central", accessPolicy=policy(statement))
    subscribe(made["arn"])
    group.put("from afar")
    cloud.settle()
    (document,) = stream.documents()
    assert document["owner"] == "000000000000"
    assert stream.messages() == ["from afar"]
    (found,) = logs.describe_destinations(DestinationNamePrefix="cen")["destinations"]
    assert found["targetArn"] == stream.arn
    assert json.loads(found["accessPolicy"])["Statement"] == [statement]
    logs.delete_destination(destinationName="central")
    assert logs.describe_destinations()["destinations"] == []
    assert refused(logs.put_destination_policy, destinationName="x", accessPolicy="{")[0] == "InvalidParameterException"


@pytest.mark.spec("CWL-023")
def test_an_accounts_policy_subscribes_to_all_groups_but_some(group, make_group, stream, role, logs, cloud, refused):
    document = json.dumps({"DestinationArn": stream.arn, "RoleArn": role, "FilterPattern": "ERROR"})
    asked = {"policyName": "all", "policyDocument": document, "policyType": "SUBSCRIPTION_FILTER_POLICY"}
    put = logs.put_account_policy(**asked, selectionCriteria='LogGroupName NOT IN ["/left/out"]', scope="ALL")
    assert put["accountPolicy"]["selectionCriteria"] == 'LogGroupName NOT IN ["/left/out"]'
    out = make_group("/left/out")
    out.put("ERROR unheard")
    group.put("ERROR heard", "fine")
    cloud.settle()
    assert stream.messages() == ["ERROR heard"]
    assert stream.documents()[0]["policyLevel"] == "ACCOUNT_LEVEL_POLICY"
    assert refused(logs.put_account_policy, **{**asked, "policyName": "second"})[0] == "LimitExceededException"
    (found,) = logs.describe_account_policies(policyType="SUBSCRIPTION_FILTER_POLICY")["accountPolicies"]
    assert found["policyDocument"] == document
    logs.delete_account_policy(policyName="all", policyType="SUBSCRIPTION_FILTER_POLICY")
    group.put("ERROR later")
    cloud.settle()
    assert stream.messages() == ["ERROR heard"]


def test_large_batches_are_sent_in_pieces(group, stream, role, subscribe, cloud):
    subscribe(stream.arn, roleArn=role)
    group.put(*[f"{number} " + "x" * 100_000 for number in range(10)])
    cloud.settle()
    assert len(stream.documents()) == 2
    assert [text.split()[0] for text in stream.messages()] == list(map(str, range(10)))


@pytest.mark.spec("ORG-014")
def test_members_of_an_organization_log_into_one_account(cloud, refused):
    boss, central, member = (cloud.session(account) for account in ("222222222222", OTHER, "333333333333"))
    organizations = boss.client("organizations")
    organization = organizations.create_organization()["Organization"]["Id"]
    stream, role = StreamInHand(central), make_role(central)
    central_logs, logs = central.client("logs"), member.client("logs")
    arn = central_logs.put_destination(destinationName="all", targetArn=stream.arn, roleArn=role)["destination"]["arn"]
    ours = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "logs:PutSubscriptionFilter", "Resource": arn}
    central_logs.put_destination_policy(
        destinationName="all", accessPolicy=policy({**statement, "Condition": ours}), forceUpdate=True
    )
    logs.create_log_group(logGroupName="/app")
    logs.create_log_stream(logGroupName="/app", logStreamName="one")
    filtered = {"logGroupName": "/app", "filterName": "to-all", "filterPattern": "", "destinationArn": arn}
    assert refused(logs.put_subscription_filter, **filtered)[0] == "AccessDeniedException"
    for account, session in ((OTHER, central), ("333333333333", member)):
        target = {"Id": account, "Type": "ACCOUNT"}
        handshake = organizations.invite_account_to_organization(Target=target)["Handshake"]["Id"]
        session.client("organizations").accept_handshake(HandshakeId=handshake)
    logs.put_subscription_filter(**filtered)
    event = {"timestamp": cloud.now, "message": "from a member"}
    logs.put_log_events(logGroupName="/app", logStreamName="one", logEvents=[event])
    cloud.settle()
    (document,) = stream.documents()
    assert (document["owner"], stream.messages()) == ("333333333333", ["from a member"])
