"""Who may do what to a topic."""

import json

import pytest

OTHER = "111122223333"


@pytest.fixture
def user(aws, cloud):
    """Make an IAM user with a policy; return a client of SNS with its key."""
    iam = aws.client("iam")

    def make(*statements, name="ann"):
        iam.create_user(UserName=name)
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session = cloud.session(key["AccessKeyId"])
        session._session.set_credentials(key["AccessKeyId"], key["SecretAccessKey"])
        return session.client("sns")

    return make


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.spec("SNS-012")
def test_a_user_needs_the_permission_to_publish(user, topic, refused):
    ann = user()
    code, status, message = refused(ann.publish, TopicArn=topic, Message="x")
    assert (code, status) == ("AuthorizationError", 403)
    assert "is not authorized to perform: SNS:Publish on resource: " + topic in message
    bob = user(allow("sns:Publish", topic), name="bob")
    assert bob.publish(TopicArn=topic, Message="x")["MessageId"]
    assert bob.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "x"}])["Successful"]
    assert refused(bob.delete_topic, TopicArn=topic)[0] == "AuthorizationError"


def test_conditions_bind_subscriptions_to_protocols_and_endpoints(user, topic, refused):
    ann = user(
        allow(
            "sns:Subscribe",
            Condition={"StringEquals": {"sns:Protocol": "email"}, "StringLike": {"sns:Endpoint": "*@example.com"}},
        )
    )
    ann.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com")
    for protocol, endpoint in (("email", "ann@example.org"), ("sms", "+15555550100")):
        code, _, _ = refused(ann.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
        assert code == "AuthorizationError"


@pytest.mark.spec("SNS-013")
def test_another_account_publishes_once_it_is_let_in(sns, cloud, topic, refused):
    theirs = cloud.session(OTHER).client("sns")
    assert refused(theirs.publish, TopicArn=topic, Message="x")[:2] == ("AuthorizationError", 403)
    sns.add_permission(TopicArn=topic, Label="friends", AWSAccountId=[OTHER], ActionName=["Publish"])
    assert theirs.publish(TopicArn=topic, Message="x")["MessageId"]
    assert refused(theirs.get_topic_attributes, TopicArn=topic)[0] == "AuthorizationError"
    again = {"Label": "friends", "AWSAccountId": [OTHER], "ActionName": ["Publish"]}
    assert refused(sns.add_permission, TopicArn=topic, **again)[0] == "InvalidParameter"
    sns.remove_permission(TopicArn=topic, Label="friends")
    assert refused(theirs.publish, TopicArn=topic, Message="x")[0] == "AuthorizationError"


@pytest.mark.spec("SNS-013")
def test_a_policy_that_is_set_is_enforced_and_given_back(sns, cloud, topic, refused):
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sns:Subscribe", "Resource": topic}
            ],
        }
    )
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"] == policy
    theirs = cloud.session(OTHER).client("sns")
    arn = theirs.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com", ReturnSubscriptionArn=True)[
        "SubscriptionArn"
    ]
    assert refused(theirs.publish, TopicArn=topic, Message="x")[0] == "AuthorizationError"
    (listed,) = theirs.list_subscriptions()["Subscriptions"]
    assert (listed["Owner"], listed["TopicArn"]) == (OTHER, topic)
    assert sns.list_subscriptions()["Subscriptions"] == []
    assert theirs.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["Owner"] == OTHER


@pytest.mark.spec("SNS-009")
def test_a_topic_may_refuse_what_does_not_come_over_tls(aws, sns, topic, refused):
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    plain = aws.client("sns", endpoint_url="http://localhost:4566")
    assert refused(plain.publish, TopicArn=topic, Message="x")[:2] == ("AuthorizationError", 403)
    assert sns.publish(TopicArn=topic, Message="x")["MessageId"]


def test_wrong_permissions_are_refused(sns, topic, refused):
    right = {"TopicArn": topic, "Label": "l", "AWSAccountId": [OTHER], "ActionName": ["Publish"]}
    for change in ({"Label": ""}, {"AWSAccountId": ["me"]}, {"ActionName": ["SendMessage"]}, {"ActionName": []}):
        assert refused(sns.add_permission, **{**right, **change})[:2] == ("InvalidParameter", 400)
