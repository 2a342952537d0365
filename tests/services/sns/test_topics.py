"""Topics: names, attributes, tags, lists, deletion."""

import json

import pytest


@pytest.mark.spec("SNS-022")
def test_the_same_name_gives_the_same_topic_unless_it_is_asked_to_be_another(sns, refused):
    made = sns.create_topic(Name="t", Attributes={"DisplayName": "One"}, Tags=[{"Key": "a", "Value": "1"}])["TopicArn"]
    assert made == "arn:aws:sns:us-east-1:000000000000:t"
    assert sns.create_topic(Name="t")["TopicArn"] == made
    assert sns.create_topic(Name="t", Attributes={"DisplayName": "One"})["TopicArn"] == made
    assert refused(sns.create_topic, Name="t", Attributes={"DisplayName": "Two"}) == (
        "InvalidParameter",
        400,
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )
    assert refused(sns.create_topic, Name="t", Tags=[{"Key": "a", "Value": "2"}]) == (
        "InvalidParameter",
        400,
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    )


@pytest.mark.parametrize("name", ["", "a" * 257, "has space", "dot.ted", "ümlaut", "a.fifo"])
def test_names_are_checked(sns, refused, name):
    assert refused(sns.create_topic, Name=name)[:2] == ("InvalidParameter", 400)


def test_a_topic_shows_what_it_is(sns, topic):
    shown = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert shown["TopicArn"] == topic
    assert shown["Owner"] == "000000000000"
    assert shown["DisplayName"] == ""
    assert shown["SubscriptionsConfirmed"] == "0"
    statement = json.loads(shown["Policy"])["Statement"][0]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": "000000000000"}}
    retry = json.loads(shown["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
    assert (retry["minDelayTarget"], retry["maxDelayTarget"], retry["numRetries"]) == (20, 20, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DisplayName", "Orders"),
        ("KmsMasterKeyId", "alias/aws/sns"),
        ("SignatureVersion", "2"),
        ("TracingConfig", "Active"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}'),
        ("SQSSuccessFeedbackRoleArn", "arn:aws:iam::000000000000:role/feedback"),
        ("SQSSuccessFeedbackSampleRate", "50"),
        ("HTTPFailureFeedbackRoleArn", "arn:aws:iam::000000000000:role/feedback"),
    ],
)
def test_attributes_are_set_and_shown(sns, topic, name, value):
    sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"][name] == value
    sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue="")
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"].get(name, "") == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Nonsense", "x"),
        ("TopicArn", "x"),
        ("FifoTopic", "true"),
        ("ContentBasedDeduplication", "true"),
        ("ArchivePolicy", '{"MessageRetentionPeriod":"30"}'),
        ("DisplayName", "x" * 101),
        ("SignatureVersion", "3"),
        ("TracingConfig", "Sometimes"),
        ("SQSSuccessFeedbackSampleRate", "101"),
        ("SQSFailureFeedbackRoleArn", "role"),
        ("Policy", "no json"),
        ("Policy", '{"Statement": []}'),
        ("Policy", ""),
        ("Policy", '{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}}'),
        ("DeliveryPolicy", "[]"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}'),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":30,"maxDelayTarget":20}}}'),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":1,"numNoDelayRetries":2}}}'),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"backoffFunction":"random"}}}'),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":3600,"maxDelayTarget":3600}}}'),
    ],
)
def test_wrong_attributes_are_refused(sns, topic, refused, name, value):
    change = {"AttributeName": name, "AttributeValue": value}
    assert refused(sns.set_topic_attributes, TopicArn=topic, **change)[:2] == ("InvalidParameter", 400)


def test_missing_topics_and_odd_arns_have_their_own_errors(sns, refused, aws):
    missing = "arn:aws:sns:us-east-1:000000000000:nowhere"
    assert refused(sns.get_topic_attributes, TopicArn=missing) == ("NotFound", 404, "Topic does not exist")
    assert refused(sns.publish, TopicArn=missing, Message="x") == ("NotFound", 404, "Topic does not exist")
    assert refused(sns.subscribe, TopicArn=missing, Protocol="sms", Endpoint="+15555550100")[0] == "NotFound"
    assert refused(sns.publish, TopicArn="topic", Message="x") == (
        "InvalidParameter",
        400,
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
    )
    elsewhere = "arn:aws:sns:eu-west-1:000000000000:t"
    assert refused(sns.publish, TopicArn=elsewhere, Message="x")[0] == "InvalidParameter"
    sns.delete_topic(TopicArn=missing)


@pytest.mark.spec("SNS-032")
def test_lists_come_in_pages_of_a_hundred(sns, refused):
    arns = [sns.create_topic(Name=f"page-{number:03}")["TopicArn"] for number in range(205)]
    first = sns.list_topics()
    assert len(first["Topics"]) == 100
    pages = list(sns.get_paginator("list_topics").paginate())
    assert [len(page["Topics"]) for page in pages] == [100, 100, 5]
    assert [topic["TopicArn"] for page in pages for topic in page["Topics"]] == arns
    assert refused(sns.list_topics, NextToken="made up")[0] == "InvalidParameter"
    for number in range(101):
        endpoint = f"arn:aws:sqs:us-east-1:000000000000:q{number}"
        sns.subscribe(TopicArn=arns[0], Protocol="sqs", Endpoint=endpoint)
    sns.subscribe(TopicArn=arns[1], Protocol="sqs", Endpoint=endpoint)
    for name, given, wanted in (
        ("list_subscriptions", {}, 102),
        ("list_subscriptions_by_topic", {"TopicArn": arns[0]}, 101),
    ):
        pages = list(sns.get_paginator(name).paginate(**given))
        found = {one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]}
        assert (len(pages), len(found)) == (2, wanted)


@pytest.mark.spec("SNS-034")
def test_what_is_deleted_takes_its_subscriptions_along(sns, cloud, topic, subscribe, publish, refused):
    queue = subscribe(topic)
    other = subscribe(topic)
    sns.unsubscribe(SubscriptionArn=queue.subscription)
    sns.unsubscribe(SubscriptionArn=queue.subscription)
    publish(topic, "one is left")
    assert queue.texts() == []
    assert other.texts() == ["one is left"]
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsDeleted"] == "1"
    sns.delete_topic(TopicArn=topic)
    assert sns.list_subscriptions()["Subscriptions"] == []
    assert refused(sns.publish, TopicArn=topic, Message="x")[:2] == ("NotFound", 404)
    assert refused(sns.get_subscription_attributes, SubscriptionArn=other.subscription)[:2] == ("NotFound", 404)
    name = topic.rpartition(":")[2]
    sns.create_topic(Name=name)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    publish(topic, "nobody")
    assert other.texts() == []


def test_tags_come_and_go(sns, topic, refused):
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a", "nothing"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "2"}]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert refused(sns.tag_resource, ResourceArn=topic, Tags=many)[:2] == ("TagLimitExceeded", 400)
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert refused(sns.tag_resource, ResourceArn=topic, Tags=twice)[0] == "InvalidParameter"
    missing = "arn:aws:sns:us-east-1:000000000000:nowhere"
    assert refused(sns.list_tags_for_resource, ResourceArn=missing)[:2] == ("ResourceNotFound", 404)


def test_subscribing_twice_is_subscribing_once(sns, topic, make_queue, refused):
    queue = make_queue()
    wanted = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue.arn}
    first = sns.subscribe(**wanted, Attributes={"RawMessageDelivery": "true"})["SubscriptionArn"]
    assert sns.subscribe(**wanted)["SubscriptionArn"] == first
    assert refused(sns.subscribe, **wanted, Attributes={"RawMessageDelivery": "false"})[2] == (
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    )


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("carrier-pigeon", "home"),
        ("http", "https://localhost/"),
        ("http", "http://"),
        ("http", "http://local host/"),
        ("http", "http://localhost:99999/"),
        ("https", "ftp://localhost/"),
        ("email", "nobody"),
        ("sms", "call me"),
        ("sqs", "queue"),
        ("sqs", "arn:aws:sns:us-east-1:000000000000:t"),
        ("application", "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/1"),
        ("sqs", ""),
    ],
)
def test_odd_endpoints_are_refused(sns, topic, refused, protocol, endpoint):
    refusal = refused(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert refusal[:2] == ("InvalidParameter", 400)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Nonsense", "x"),
        ("RawMessageDelivery", "maybe"),
        ("FilterPolicyScope", "Everything"),
        ("DeliveryPolicy", "{}"),
        ("RedrivePolicy", "{"),
        ("RedrivePolicy", '{"deadLetterTargetArn": "queue"}'),
        ("RedrivePolicy", '{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:000000000000:far"}'),
        ("SubscriptionRoleArn", "arn:aws:iam::000000000000:role/r"),
        ("ReplayPolicy", '{"PointType": "Timestamp", "StartingPoint": "2026-01-01T00:00:00Z"}'),
    ],
)
def test_wrong_subscription_attributes_are_refused(sns, topic, subscribe, refused, name, value):
    change = {"SubscriptionArn": subscribe(topic).subscription, "AttributeName": name, "AttributeValue": value}
    assert refused(sns.set_subscription_attributes, **change)[:2] == ("InvalidParameter", 400)


def test_a_topics_delivery_policy_may_overrule_its_subscriptions(sns, topic, confirmed):
    arn = confirmed(topic, DeliveryPolicy='{"healthyRetryPolicy":{"numRetries":9}}')

    def effective():
        shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["EffectiveDeliveryPolicy"]
        return json.loads(shown)["healthyRetryPolicy"]["numRetries"]

    assert effective() == 9
    policy = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 7}, "disableSubscriptionOverrides": True}}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(policy))
    assert effective() == 7


def test_subscriptions_of_what_is_not_built_are_refused(cloud, sns, topic, refused):
    for protocol, service, resource in (
        ("lambda", "lambda", "function:f"),
        ("firehose", "firehose", "deliverystream/d"),
    ):
        if cloud.kernel.services.find(service) is not None:
            continue
        endpoint = f"arn:aws:{service}:us-east-1:000000000000:{resource}"
        assert refused(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)[:2] == (
            "NotImplemented",
            501,
        )
