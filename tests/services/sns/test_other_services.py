"""Functions and delivery streams as subscribers: what they are called with, once such services are there."""

import json

import pytest

from skyglobe.kernel.access import Need
from skyglobe.kernel.service import Service

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
STREAM = "arn:aws:firehose:us-east-1:000000000000:deliverystream/d"
ROLE = "arn:aws:iam::000000000000:role/r"


@pytest.fixture
def calls():
    return []


@pytest.fixture
def function(cloud, calls):
    """A Lambda service in miniature: what it was invoked with, and by whom. ``function.policy`` is the function's."""
    service = Service("lambda")
    allowing = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "lambda:InvokeFunction"}
    service.policy = json.dumps({"Statement": {**allowing, "Resource": FUNCTION}})

    @service.operation
    def invoke(call, function_name, invocation_type=None, payload=b"", **_):
        calls.append((function_name, invocation_type, json.loads(payload), call.principal))
        if service.fails:
            raise service.errors.ResourceNotFoundException("gone")
        return {"StatusCode": 202}

    service.fails = False
    service.needs(lambda call, operation, params: [Need("lambda:InvokeFunction", FUNCTION, call.account)])
    service.resource_policies(lambda scope, arn: service.policy)
    cloud.kernel.services.add(service)
    return service


def test_a_function_is_invoked_with_the_message_as_an_event(sns, topic, function, calls, publish):
    arn = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION)["SubscriptionArn"]
    attributes = {"a": {"DataType": "String", "StringValue": "x"}}
    sent = publish(topic, "work", Subject="s", MessageAttributes=attributes)
    ((name, kind, event, principal),) = calls
    assert (name, kind) == (FUNCTION, "Event")
    assert (principal.arn, principal.source_arn) == ("sns.amazonaws.com", topic)
    (record,) = event["Records"]
    assert (record["EventSource"], record["EventVersion"], record["EventSubscriptionArn"]) == ("aws:sns", "1.0", arn)
    message = record["Sns"]
    assert message["Message"] == "work"
    assert message["MessageId"] == sent["MessageId"]
    assert message["MessageAttributes"] == {"a": {"Type": "String", "Value": "x"}}
    assert {"SigningCertUrl", "UnsubscribeUrl", "Signature", "Timestamp", "TopicArn"} <= set(message)


@pytest.mark.parametrize("trouble", ["policy", "gone"])
def test_a_function_that_cannot_be_invoked_dead_letters_its_messages(
    sns, topic, function, publish, make_queue, trouble
):
    dead = make_queue()
    dead.let_in(topic)
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead.arn})}
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION, Attributes=redrive)
    if trouble == "policy":
        function.policy = ""
    else:
        function.fails = True
    publish(topic, "lost")
    (message,) = dead.messages()
    assert json.loads(message["Body"])["Message"] == "lost"
    code = message["MessageAttributes"]["ErrorCode"]["StringValue"]
    assert code == ("AccessDeniedException" if trouble == "policy" else "ResourceNotFoundException")


def test_functions_do_not_take_raw_messages(sns, topic, function, refused):
    raw = {"RawMessageDelivery": "true"}
    code, status, _ = refused(sns.subscribe, TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION, Attributes=raw)
    assert (code, status) == ("InvalidParameter", 400)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def role(aws):
    """A role that SNS and Firehose may assume, to write to streams and buckets."""
    iam = aws.client("iam")
    services = ["sns.amazonaws.com", "firehose.amazonaws.com"]
    trust = policy({"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
    allowing = policy({"Effect": "Allow", "Action": ["firehose:PutRecord", "s3:PutObject"], "Resource": "*"})
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=allowing)
    return ROLE


@pytest.fixture
def stream(aws, role):
    """A delivery stream into the bucket ``landing``; what has landed there, when called."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="landing")
    hints = {"IntervalInSeconds": 60, "SizeInMBs": 1}
    destination = {"RoleARN": role, "BucketARN": "arn:aws:s3:::landing", "BufferingHints": hints}
    aws.client("firehose").create_delivery_stream(
        DeliveryStreamName="d", ExtendedS3DestinationConfiguration=destination
    )

    def landed():
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket="landing").get("Contents", [])]
        return b"".join(s3.get_object(Bucket="landing", Key=key)["Body"].read() for key in keys).decode()

    return landed


@pytest.mark.spec("SNS-017")
def test_messages_reach_a_bucket_by_way_of_a_delivery_stream(cloud, sns, topic, stream, publish, refused):
    wanted = {"TopicArn": topic, "Protocol": "firehose", "Endpoint": STREAM}
    assert refused(sns.subscribe, **wanted)[:2] == ("InvalidParameter", 400)
    sns.subscribe(**wanted, Attributes={"SubscriptionRoleArn": ROLE, "RawMessageDelivery": "true"})
    publish(topic, "one")
    publish(topic, "two")
    assert stream() == ""
    cloud.turn(61)
    assert stream() == "one\ntwo\n"


def test_a_role_that_may_not_write_to_the_stream_delivers_nothing(aws, cloud, sns, topic, stream, publish, make_queue):
    dead = make_queue()
    dead.let_in(topic)
    attributes = {"SubscriptionRoleArn": ROLE, "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead.arn})}
    sns.subscribe(TopicArn=topic, Protocol="firehose", Endpoint=STREAM, Attributes=attributes)
    allowing = policy({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"})
    aws.client("iam").put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=allowing)
    publish(topic, "lost")
    cloud.turn(61)
    assert stream() == ""
    assert dead.texts() == ["lost"]
