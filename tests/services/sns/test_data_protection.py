"""Data protection policies: what they deny, mask and redact, what their audits tell, and to whom."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from skyglobe.services.sns import auditing

IDENTIFIER = "arn:aws:dataprotection::aws:data-identifier/"
GROUP = "/aws/vendedlogs/audit"
MINUTES = 60


def policy(*statements):
    return json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": list(statements)})


def statement(operation, *names, direction="Inbound", principals=("*",)):
    identifiers = [IDENTIFIER + name for name in names]
    return {
        "DataDirection": direction,
        "Principal": list(principals),
        "DataIdentifier": identifiers,
        "Operation": operation,
    }


def audit(findings=None, no_findings=None, rate="99"):
    told = {"FindingsDestination": findings, "NoFindingsDestination": no_findings}
    return {"Audit": {"SampleRate": rate, **{name: where for name, where in told.items() if where is not None}}}


@pytest.fixture
def put(sns, topic):
    def put(*statements):
        sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=policy(*statements))

    return put


@pytest.fixture
def always(monkeypatch):
    """Have every message in the sample: 99 percent are the most that can be asked for."""
    monkeypatch.setattr(auditing, "is_sampled", lambda scope, rate: rate > 0)


@pytest.fixture
def findings(aws, cloud):
    """What a log group has of findings, without what differs from run to run."""

    def look(group=GROUP):
        cloud.settle()
        found = aws.client("logs").filter_log_events(logGroupName=group)["events"]
        return [json.loads(one["message"]) for one in found]

    return look


def test_an_audit_tells_of_what_it_finds_and_lets_messages_pass(
    aws, sns, topic, subscribe, publish, put, always, findings
):
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_group(logGroupName=f"{GROUP}/none")
    queue = subscribe(topic)
    found, nothing = {"CloudWatchLogs": {"LogGroup": GROUP}}, {"CloudWatchLogs": {"LogGroup": f"{GROUP}/none"}}
    put(
        statement(audit(found, nothing), "EmailAddress", "IpAddress", "Ssn-US"),
        statement({"Deidentify": {"MaskConfig": {"MaskWithCharacter": "*"}}}, "EmailAddress"),
    )
    text = "ann@example.com and bob@example.com at 10.0.0.1"
    sent = publish(topic, text)["MessageId"]
    quiet = publish(topic, "nobody")["MessageId"]
    assert queue.texts() == ["*************** and *************** at 10.0.0.1", "nobody"]
    (told,) = findings()
    assert told.pop("auditTimestamp").endswith("Z")
    assert told == {
        "messageId": sent,
        "callerPrincipal": "arn:aws:iam::000000000000:root",
        "resourceArn": topic,
        "dataIdentifiers": [
            {"name": "EmailAddress", "count": 2, "detections": [{"start": 1, "end": 15}, {"start": 21, "end": 35}]},
            {"name": "IpAddress", "count": 1, "detections": [{"start": 40, "end": 47}]},
        ],
    }
    (other,) = findings(f"{GROUP}/none")
    assert (other["messageId"], other["dataIdentifiers"]) == (quiet, [])
    (known,) = logs.describe_resource_policies()["resourcePolicies"]
    (allowed,) = json.loads(known["policyDocument"])["Statement"]
    assert allowed["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    logs.delete_resource_policy(policyName=known["policyName"])
    publish(topic, text)
    assert len(findings()) == 1
    put(statement(audit(found), "EmailAddress"))
    publish(topic, text)
    assert len(findings()) == 2


def test_findings_come_to_buckets_in_files_and_to_delivery_streams_as_lines(
    aws, cloud, sns, topic, publish, put, always
):
    s3, iam, firehose = aws.client("s3"), aws.client("iam"), aws.client("firehose")
    for bucket in ("audits", "streamed"):
        s3.create_bucket(Bucket=bucket)
    trust = {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="writer", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )["Role"]["Arn"]
    allow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    iam.put_role_policy(RoleName="writer", PolicyName="p", PolicyDocument=json.dumps(allow))
    firehose.create_delivery_stream(
        DeliveryStreamName="audits",
        ExtendedS3DestinationConfiguration={"RoleARN": role, "BucketARN": "arn:aws:s3:::streamed"},
    )
    cloud.settle()
    put(statement(audit({"S3": {"Bucket": "audits"}, "Firehose": {"DeliveryStream": "audits"}}), "EmailAddress"))
    sent = [publish(topic, "ann@example.com")["MessageId"] for _ in range(2)]
    tags = firehose.list_tags_for_delivery_stream(DeliveryStreamName="audits")["Tags"]
    assert tags == [{"Key": "LogDeliveryEnabled", "Value": "true"}]
    assert iam.get_role(RoleName="AWSServiceRoleForLogDelivery")
    assert "Contents" not in s3.list_objects_v2(Bucket="audits")
    cloud.turn(6 * MINUTES)

    def lines(bucket):
        (one,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
        body = s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
        text = gzip.decompress(body) if one["Key"].endswith(".gz") else body
        return one["Key"], [json.loads(line)["messageId"] for line in text.decode().splitlines()]

    key, told = lines("audits")
    assert told == sent
    assert key.startswith("AWSLogs/000000000000/")
    assert sorted(lines("streamed")[1]) == sorted(sent)


def test_whoever_asks_for_an_audit_must_be_allowed_to_let_log_delivery_in(aws, cloud, topic, refused):
    iam = aws.client("iam")
    aws.client("logs").create_log_group(logGroupName=GROUP)
    iam.create_user(UserName="ann")
    ann = cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"]).client("sns")
    document = policy(statement(audit({"CloudWatchLogs": {"LogGroup": GROUP}}), "EmailAddress"))
    allowed = ["sns:PutDataProtectionPolicy"]
    steps = (
        ["logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"],
        ["logs:ListLogDeliveries"],
        ["logs:DescribeLogGroups"],
        ["logs:DescribeResourcePolicies"],
        ["logs:PutResourcePolicy"],
    )
    for missing in steps:
        given = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": given})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=text)
        put = {"ResourceArn": topic, "DataProtectionPolicy": document}
        code, status, said = refused(ann.put_data_protection_policy, **put)
        assert (code, status) == ("AuthorizationError", 403)
        assert missing[0] in said
        allowed += missing
    given = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": given})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=text)
    ann.put_data_protection_policy(**put)


def test_audits_are_counted_and_their_sample_may_be_empty(aws, cloud, sns, topic, publish, put, always):
    put(statement(audit(findings={}), "EmailAddress"))
    for text in ("ann@example.com", "bob@example.com", "nobody"):
        publish(topic, text)
    put(statement(audit(findings={}, rate=0), "EmailAddress"))
    publish(topic, "ann@example.com")

    def counted(name):
        now = datetime.fromtimestamp(cloud.now / 1000, UTC)
        found = aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SNS",
            MetricName=name,
            Dimensions=[{"Name": "TopicName", "Value": topic.rpartition(":")[2]}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in found)

    assert counted("MessagesWithFindings") == 2
    assert counted("MessagesWithNoFindings") == 1


@pytest.mark.spec("SNS-036")
def test_what_is_denied_is_an_authorization_error_and_nothing_is_left_of_the_message(
    sns, topic, subscribe, publish, put, refused
):
    queue = subscribe(topic)
    mask = {"Deidentify": {"MaskConfig": {}}}
    put(statement(mask, "EmailAddress"), statement({"Deny": {}}, "EmailAddress", "IpAddress"))
    answer = refused(sns.publish, TopicArn=topic, Message="write to ann@example.com")
    said = f"The topic's data protection policy prohibits this message from being published to {topic}"
    assert answer == ("AuthorizationError", 403, said)
    entries = [{"Id": "a", "Message": "from 10.0.0.1"}, {"Id": "b", "Message": "fine"}]
    batch = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [one["Code"] for one in batch["Failed"]] == ["AuthorizationError"]
    put(statement({"Deidentify": {"RedactConfig": {}}}, "EmailAddress"))
    assert refused(sns.publish, TopicArn=topic, Message="ann@example.com")[0] == "AuthorizationError"
    put(statement({"Deidentify": {"MaskConfig": {"MaskWithCharacter": "\\"}}}, "EmailAddress"))
    publish(topic, json.dumps({"default": "to ann@example.com", "email": "x"}), MessageStructure="json")
    assert queue.texts() == ["fine", "to " + "\\" * 15]


def test_a_role_is_known_by_its_own_arn_whoever_acts_in_it(aws, cloud, sns, topic, subscribe, put, refused):
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": one}) for one in (trust, allow)]
    role = iam.create_role(RoleName="Publisher", AssumeRolePolicyDocument=documents[0])["Role"]["Arn"]
    iam.put_role_policy(RoleName="Publisher", PolicyName="p", PolicyDocument=documents[1])
    iam.create_user(UserName="ann")
    aws.client("iam").put_user_policy(
        UserName="ann",
        PolicyName="p",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}
        ),
    )
    ann = cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"])
    given = ann.client("sts").assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
    acting = cloud.session_with(given).client("sns")
    put(statement({"Deny": {}}, "EmailAddress", principals=[role]))
    assert refused(acting.publish, TopicArn=topic, Message="ann@example.com")[0] == "AuthorizationError"
    assert sns.publish(TopicArn=topic, Message="ann@example.com")["MessageId"]
    queue = subscribe(topic)
    subscribed = acting.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@b.c", ReturnSubscriptionArn=True)
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscribed["SubscriptionArn"])["Attributes"]
    assert attributes["SubscriptionPrincipal"] == role
    assert queue.messages() == []


def test_a_policy_brings_identifiers_of_its_own(sns, topic, subscribe, publish):
    def put(*statements, **custom):
        document = json.loads(policy(*statements))
        own = [{"Name": name, "Regex": regex} for name, regex in custom.items()]
        document["Configuration"] = {"CustomDataIdentifier": own}
        sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=json.dumps(document))

    queue = subscribe(topic)
    mask = statement({"Deidentify": {"MaskConfig": {"MaskWithCharacter": "#"}}}, "IpAddress")
    mask["DataIdentifier"] += ["EmployeeId", "Project"]
    put(mask, EmployeeId=r"EID-\d{9}-US", Project="[A-Z]+[a-z]+-[0-9]+")
    publish(topic, "EID-123456789-US at 10.0.0.1 in Lunar-7, not EID-1-US")
    publish(topic, "x" * 20_000 + " Lunar-7")
    assert queue.texts() == [f"{'#' * 16} at ######## in #######, not EID-1-US", "x" * 20_000 + " #######"]


def custom(*own, named="A"):
    document = json.loads(policy(statement({"Deny": {}}, "EmailAddress")))
    document["Statement"][0]["DataIdentifier"] = [named]
    document["Configuration"] = {"CustomDataIdentifier": list(own)}
    return json.dumps(document)


@pytest.mark.parametrize(
    "document",
    [
        custom({"Name": "A", "Regex": "(a)"}),
        custom({"Name": "A", "Regex": "a" * 201}),
        custom({"Name": "A", "Regex": "[a"}),
        custom({"Name": "A", "Regex": ""}),
        custom({"Name": "A", "Regex": "[ab]{4000}"}),
        custom({"Name": "A b", "Regex": "a"}, named="A b"),
        custom({"Name": "A"}),
        custom({"Name": "A", "Regex": "a"}, {"Name": "A", "Regex": "b"}),
        custom({"Name": "EmailAddress", "Regex": "a"}, named="EmailAddress"),
        custom({"Name": "A", "Regex": "a"}, named="B"),
        custom(*({"Name": f"A{number}", "Regex": "a"} for number in range(11)), named="A1"),
    ],
)
def test_identifiers_of_ones_own_that_cannot_be_are_refused(sns, topic, refused, document):
    answer = refused(sns.put_data_protection_policy, ResourceArn=topic, DataProtectionPolicy=document)
    assert answer[:2] == ("InvalidParameter", 400)


NOWHERE = {"CloudWatchLogs": {"LogGroup": f"{GROUP}/nowhere"}}


@pytest.mark.parametrize(
    "statements",
    [
        [statement({"Audit": {"SampleRate": "99"}}, "EmailAddress")],
        [statement(audit({}, rate="100"), "EmailAddress")],
        [statement(audit({}, rate="-1"), "EmailAddress")],
        [statement(audit({}, rate=None), "EmailAddress")],
        [statement(audit({}, rate=True), "EmailAddress")],
        [statement(audit({}), "EmailAddress", direction="Outbound")],
        [statement(audit({}), "EmailAddress"), statement(audit({}), "IpAddress")],
        [statement(audit({"CloudWatchLogs": {"LogGroup": "audit"}}), "EmailAddress")],
        [statement(audit({"CloudWatchLogs": {}}), "EmailAddress")],
        [statement(audit({"SQS": {"Queue": "q"}}), "EmailAddress")],
        [statement(audit(NOWHERE), "EmailAddress")],
        [statement(audit({"S3": {"Bucket": "nowhere"}}), "EmailAddress")],
        [statement(audit({"Firehose": {"DeliveryStream": "nowhere"}}), "EmailAddress")],
        [statement({"Deidentify": {"MaskConfig": {"MaskWithCharacter": '"'}}}, "EmailAddress")],
        [statement({"Deidentify": {"MaskConfig": {"MaskWithCharacter": "##"}}}, "EmailAddress")],
        [statement({"Deny": {}, "Audit": {}}, "EmailAddress")],
    ],
)
def test_audits_and_masks_that_cannot_be_are_refused(topic, put, refused, statements):
    assert refused(put, *statements)[:2] == ("InvalidParameter", 400)
