"""Topics with a KMS key: what is kept of their messages can be read only as long as the key can be used."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from skyglobe.services.sns import delivering

SECRET = "the top secret"
SEVERAL_MINUTES = 601  # more than a data key is used again for


@pytest.fixture
def key(aws):
    return aws.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def stored(cloud):
    """Whether the store holds a text in the clear."""

    def look(text=SECRET):
        async def scan():
            return any(text.encode() in value for _, value in cloud.kernel.store.scan(b"", b"\xff"))

        return cloud.run(scan())

    return look


@pytest.fixture
def held(cloud, monkeypatch):
    """Have the outbox deliver nothing until it is let go, as if the cloud had been killed in between."""
    with monkeypatch.context() as patched:
        patched.setattr(cloud.kernel.outbox, "wake", lambda: None)
        yield patched.undo


@pytest.mark.spec("SNS-010")
def test_messages_on_their_way_are_encrypted_and_arrive_as_they_were_sent(
    cloud, sns, make_topic, subscribe, key, stored, held
):
    plain, sealed = make_topic(), make_topic(KmsMasterKeyId=key)
    queues = [subscribe(plain), subscribe(sealed)]
    attributes = {"a": {"DataType": "String", "StringValue": "shown"}}
    sns.publish(TopicArn=sealed, Message=SECRET, Subject="open", MessageAttributes=attributes)
    entries = [{"Id": "1", "Message": f"{SECRET} too"}]
    sns.publish_batch(TopicArn=sealed, PublishBatchRequestEntries=entries)
    assert not stored()
    assert stored("shown")
    sns.publish(TopicArn=plain, Message=SECRET)
    assert stored()
    held()
    cloud.settle()
    assert queues[0].texts() == [SECRET]
    assert sorted(queues[1].texts()) == [SECRET, f"{SECRET} too"]


def test_what_was_taken_is_delivered_though_the_key_is_disabled_at_once(
    aws, cloud, sns, make_topic, subscribe, key, held, refused
):
    topic = make_topic(KmsMasterKeyId=key)
    queue = subscribe(topic)
    sns.publish(TopicArn=topic, Message=SECRET)
    aws.client("kms").disable_key(KeyId=key)
    held()
    cloud.settle()
    assert queue.texts() == [SECRET]
    cloud.turn(SEVERAL_MINUTES)
    assert refused(sns.publish, TopicArn=topic, Message="more")[:2] == ("KMSDisabled", 400)


def test_after_a_restart_kms_decrypts_what_waits_whoever_is_gone(aws, cloud, make_topic, subscribe, key, held):
    topic, iam, kms = make_topic(KmsMasterKeyId=key), aws.client("iam"), aws.client("kms")
    queue = subscribe(topic)
    allow = {"Effect": "Allow", "Action": ["sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"}
    for name in ("ann", "bob"):
        iam.create_user(UserName=name)
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        user = cloud.session_with(iam.create_access_key(UserName=name)["AccessKey"])
        user.client("sns").publish(TopicArn=topic, Message=f"by {name}")
    iam.delete_user_policy(UserName="bob", PolicyName="p")
    cloud.kernel.caches.clear()
    kms.disable_key(KeyId=key)
    held()
    cloud.turn(1)
    assert queue.texts() == []
    kms.enable_key(KeyId=key)
    cloud.turn(60)
    assert sorted(queue.texts()) == ["by ann", "by bob"]


def test_http_deliveries_wait_encrypted_and_for_the_key(
    aws, cloud, sns, make_topic, confirmed, server, publish, key, stored
):
    topic = make_topic(KmsMasterKeyId=key)
    retries = {"numRetries": 3, "minDelayTarget": SEVERAL_MINUTES, "maxDelayTarget": SEVERAL_MINUTES}
    confirmed(topic, DeliveryPolicy=json.dumps({"healthyRetryPolicy": retries}))
    server.statuses = [500]
    publish(topic, SECRET)
    assert len(server.requests) == 1
    assert not stored()
    aws.client("kms").disable_key(KeyId=key)
    cloud.turn(SEVERAL_MINUTES)
    assert len(server.requests) == 1
    aws.client("kms").enable_key(KeyId=key)
    cloud.turn(SEVERAL_MINUTES)
    assert [body["Message"] for body in server.bodies()] == [SECRET] * 2


def test_a_delivery_that_was_never_decrypted_again_is_lost(
    aws, cloud, sns, make_topic, make_queue, confirmed, server, publish, key
):
    topic, dead = make_topic(KmsMasterKeyId=key), make_queue()
    dead.let_in(topic)
    retries = {"numRetries": 1, "minDelayTarget": SEVERAL_MINUTES, "maxDelayTarget": SEVERAL_MINUTES}
    confirmed(
        topic,
        DeliveryPolicy=json.dumps({"healthyRetryPolicy": retries}),
        RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}),
    )
    server.statuses = [500, 500, 500]
    publish(topic, "redriven")
    cloud.turn(SEVERAL_MINUTES)
    publish(topic, "lost")
    aws.client("kms").disable_key(KeyId=key)
    cloud.turn(2 * SEVERAL_MINUTES)
    assert dead.texts() == ["redriven"]
    assert len(server.requests) == 3


def test_archives_are_encrypted_and_a_replay_without_the_key_fails(
    aws, cloud, sns, make_topic, subscribe, publish, key, stored
):
    topic = make_topic(
        FifoTopic="true",
        ContentBasedDeduplication="true",
        ArchivePolicy='{"MessageRetentionPeriod":"30"}',
        KmsMasterKeyId=key,
    )
    start = datetime.fromtimestamp(cloud.now / 1000, UTC) - timedelta(minutes=1)
    publish(topic, SECRET, MessageGroupId="g")
    assert not stored()
    cloud.turn(SEVERAL_MINUTES)
    aws.client("kms").disable_key(KeyId=key)
    policy = json.dumps({"PointType": "Timestamp", "StartingPoint": start.strftime("%Y-%m-%dT%H:%M:%SZ")})
    queue = subscribe(topic, ReplayPolicy=policy)
    cloud.settle()

    def status():
        found = sns.get_subscription_attributes(SubscriptionArn=queue.subscription)["Attributes"]
        return found.get("ReplayStatus")

    assert (status(), queue.texts()) == ("Failed", [])
    aws.client("kms").enable_key(KeyId=key)
    publish(topic, "new", MessageGroupId="g")
    assert queue.texts() == ["new"]
    change = {"SubscriptionArn": queue.subscription, "AttributeName": "ReplayPolicy"}
    sns.set_subscription_attributes(**change, AttributeValue=policy)
    cloud.settle()
    assert (status(), queue.texts()) == ("Completed", [SECRET, "new"])


def test_letters_for_functions_and_streams_are_encrypted(cloud, sns, make_topic, publish, key, monkeypatch):
    letters, post = [], delivering.post

    def noted(scope, service, kind, payload, **more):
        letters.append(payload)
        post(scope, service, kind, payload, **more)

    monkeypatch.setattr(delivering, "post", noted)
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    for topic in (make_topic(), make_topic(KmsMasterKeyId=key)):
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
        publish(topic, SECRET)
    assert [SECRET in str(payload) for payload in letters] == [True, False]


def test_an_application_tells_of_its_endpoints_only_in_the_name_of_who_may_use_the_key(
    aws, cloud, sns, make_topic, subscribe, key
):
    topic, iam = make_topic(KmsMasterKeyId=key), aws.client("iam")
    queue = subscribe(topic)
    attributes = {"PlatformCredential": "c", "EventEndpointCreated": topic}
    application = sns.create_platform_application(Name="app", Platform="GCM", Attributes=attributes)
    iam.create_user(UserName="ann")
    allow = {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": allow})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    ann = cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"]).client("sns")
    endpoints = [
        client.create_platform_endpoint(PlatformApplicationArn=application["PlatformApplicationArn"], Token=token)
        for client, token in ((ann, "a"), (sns, "b"))
    ]
    cloud.settle()
    assert [json.loads(text)["Resource"] for text in queue.texts()] == [endpoints[1]["EndpointArn"]]
