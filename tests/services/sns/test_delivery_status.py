"""What became of deliveries is logged, in the roles a topic names for it."""

import hashlib
import json
import re

import pytest

LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@pytest.fixture
def role(aws):
    """A role that lets SNS in and may log."""
    iam = aws.client("iam")
    trust = policy(Principal={"Service": "sns.amazonaws.com"}, Action="sts:AssumeRole")
    arn = iam.create_role(RoleName="logger", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="logger", PolicyName="p", PolicyDocument=policy(Action=LOGS, Resource="*"))
    return arn


@pytest.fixture
def lines(aws, cloud):
    """The lines in a log group; none where there is no such group."""

    def look(group):
        cloud.settle()
        client = aws.client("logs")
        if not client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        return [json.loads(event["message"]) for event in client.filter_log_events(logGroupName=group)["events"]]

    return look


@pytest.fixture
def log_all(sns, role):
    def log(topic, prefix, rate="100"):
        given = {"SuccessFeedbackRoleArn": role, "FailureFeedbackRoleArn": role, "SuccessFeedbackSampleRate": rate}
        for name, value in given.items():
            sns.set_topic_attributes(TopicArn=topic, AttributeName=f"{prefix}{name}", AttributeValue=value)

    return log


@pytest.mark.spec("SNS-035")
def test_each_delivery_to_a_queue_is_a_line(cloud, sns, topic, subscribe, publish, make_queue, log_all, lines):
    queues = [subscribe(topic), subscribe(topic)]
    closed = make_queue()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=closed.arn)
    publish(topic, "unlogged")
    log_all(topic, "SQS")
    sent = publish(topic, "logged")
    group = f"sns/us-east-1/000000000000/{topic.rpartition(':')[2]}"
    found = [line for line in lines(group) if line["status"] == "SUCCESS"]
    assert {line["delivery"]["destination"] for line in found} == {queue.arn for queue in queues}
    assert found[0]["notification"]["messageId"] == sent["MessageId"]
    assert found[0]["notification"]["messageMD5Sum"] == hashlib.md5(b"logged").hexdigest()
    assert found[0]["notification"]["topicArn"] == topic
    assert found[0]["delivery"]["statusCode"] == 200
    received = {queue.messages()[-1]["MessageId"] for queue in queues}
    assert {json.loads(line["delivery"]["providerResponse"])["sqsMessageId"] for line in found} == received
    (failed,) = lines(f"{group}/Failure")
    assert (failed["status"], failed["delivery"]["statusCode"]) == ("FAILURE", 403)
    assert failed["delivery"]["destination"] == closed.arn
    assert "AccessDenied" in failed["delivery"]["providerResponse"]


def test_of_successes_a_sample_is_logged_and_nothing_without_the_role(aws, topic, subscribe, publish, log_all, lines):
    subscribe(topic)
    group = f"sns/us-east-1/000000000000/{topic.rpartition(':')[2]}"
    log_all(topic, "SQS", rate="0")
    publish(topic)
    assert lines(group) == []
    log_all(topic, "SQS")
    aws.client("iam").delete_role_policy(RoleName="logger", PolicyName="p")
    publish(topic)
    assert lines(group) == []


def test_what_an_http_server_answered_at_last_is_logged(cloud, topic, server, confirmed, publish, log_all, lines):
    log_all(topic, "HTTP")
    confirmed(topic)
    server.statuses = [503]
    publish(topic, "later")
    cloud.turn(minutes=2)
    group = f"sns/us-east-1/000000000000/{topic.rpartition(':')[2]}"
    (line,) = lines(group)
    assert line["delivery"]["destination"] == server.url
    assert line["delivery"]["attempts"] == 2
    assert line["delivery"]["dwellTimeMs"] >= 20_000
    assert line["notification"]["messageMD5Sum"] == hashlib.md5(b"later").hexdigest()


def test_pushes_are_logged_for_their_application(sns, role, lines):
    attributes = {"PlatformCredential": "secret", "SuccessFeedbackRoleArn": role}
    app = sns.create_platform_application(Name="game", Platform="GCM", Attributes=attributes)["PlatformApplicationArn"]
    device = sns.create_platform_endpoint(PlatformApplicationArn=app, Token="t")["EndpointArn"]
    sent = sns.publish(TargetArn=device, Message="hi")
    (line,) = lines("sns/us-east-1/000000000000/app/GCM/game")
    assert line["notification"]["messageId"] == sent["MessageId"]
    assert line["delivery"]["destination"] == device


def test_text_messages_are_logged_in_the_accounts_role(sns, role, captured, lines):
    phone = "+15555550100"
    sns.set_sms_attributes(attributes={"DeliveryStatusIAMRole": role, "DefaultSMSType": "Transactional"})
    sns.create_sms_sandbox_phone_number(PhoneNumber=phone)
    code = re.search(r"\d{6}", captured("sms")[0]["text"])[0]
    sns.verify_sms_sandbox_phone_number(PhoneNumber=phone, OneTimePassword=code)
    sent = sns.publish(PhoneNumber=phone, Message="hello")
    (line,) = lines("sns/us-east-1/000000000000/DirectPublishToPhoneNumber")
    assert (line["status"], line["notification"]["messageId"]) == ("SUCCESS", sent["MessageId"])
    assert (line["delivery"]["destination"], line["delivery"]["smsType"]) == (phone, "Transactional")


def test_what_data_protection_keeps_back_is_a_failure(sns, topic, subscribe, publish, log_all, lines):
    queue = subscribe(topic)
    log_all(topic, "SQS")
    denied = {
        "DataDirection": "Outbound",
        "Principal": ["*"],
        "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
        "Operation": {"Deny": {}},
    }
    document = json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": [denied]})
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=document)
    publish(topic, "ann@example.com")
    (line,) = lines(f"sns/us-east-1/000000000000/{topic.rpartition(':')[2]}/Failure")
    delivery = line["delivery"]
    assert (delivery["statusCode"], delivery["attempts"], delivery["destination"]) == (403, 1, queue.arn)
    assert delivery["providerResponse"] == (
        f"The topic's data protection policy prohibits this message from being delivered to {queue.subscription}"
    )
    assert queue.messages() == []
