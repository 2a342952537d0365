"""Servers subscribe: they are asked, they are told, they are tried again, they may leave."""

import base64
import json
import socket

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from skyglobe.kernel.wire import Request

SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


def verify(cloud, body, tamper=False):
    """Verify a message as the developer guide says: by the certificate at its SigningCertURL."""
    path = "/" + body["SigningCertURL"].partition("://")[2].partition("/")[2]
    served = cloud.send(Request("GET", path, "", {"host": "localhost:4566"}))
    assert served.status == 200
    key = x509.load_pem_x509_certificate(served.body).public_key()
    content = "".join(f"{name}\n{body[name]}\n" for name in SIGNED[body["Type"]] if name in body)
    algorithm = SHA256() if body["SignatureVersion"] == "2" else SHA1()
    key.verify(base64.b64decode(body["Signature"]), content.encode() + b"!" * tamper, PKCS1v15(), algorithm)


@pytest.mark.spec("SNS-023")
def test_a_server_is_asked_before_it_is_told_anything(sns, topic, server, publish, cloud):
    answer = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url)
    assert answer["SubscriptionArn"] == "pending confirmation"
    publish(topic, "too early")
    ((headers, body),) = server.requests
    asked = json.loads(body)
    assert headers["x-amz-sns-message-type"] == asked["Type"] == "SubscriptionConfirmation"
    assert headers["x-amz-sns-topic-arn"] == asked["TopicArn"] == topic
    assert headers["x-amz-sns-message-id"] == asked["MessageId"]
    assert "x-amz-sns-subscription-arn" not in headers
    assert headers["Content-Type"] == "text/plain; charset=UTF-8"
    assert headers["User-Agent"] == "Amazon Simple Notification Service Agent"
    (pending,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert pending["SubscriptionArn"] == "PendingConfirmation"
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsPending"] == "1"
    arn = sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])["SubscriptionArn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == "false"
    assert attributes["ConfirmationWasAuthenticated"] == "true"
    publish(topic, "now")
    headers, body = server.requests[1]
    assert json.loads(body)["Message"] == "now"
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert headers["x-amz-sns-subscription-arn"] == arn


@pytest.mark.spec("SNS-002")
def test_queues_and_servers_get_their_copies_of_one_message(topic, subscribe, confirmed, server, publish):
    queues = [subscribe(topic) for _ in range(3)]
    confirmed(topic)
    publish(topic, "to all of you")
    assert [queue.texts() for queue in queues] == [["to all of you"]] * 3
    assert [body["Message"] for body in server.bodies()] == ["to all of you"]


def test_the_link_in_the_request_confirms_without_a_signature(sns, topic, server, publish, browse, cloud):
    arn = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url, ReturnSubscriptionArn=True)
    cloud.settle()
    answer = browse(server.bodies()[0]["SubscribeURL"])
    assert answer.status == 200
    assert arn["SubscriptionArn"].encode() in answer.body
    publish(topic, "by link")
    assert server.bodies()[1]["Message"] == "by link"
    shown = sns.get_subscription_attributes(SubscriptionArn=arn["SubscriptionArn"])["Attributes"]
    assert shown["ConfirmationWasAuthenticated"] == "false"


@pytest.mark.spec("SNS-023")
def test_tokens_and_the_subscriptions_that_wait_for_them_expire(sns, topic, server, cloud, refused):
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url)
    cloud.settle()
    token = server.bodies()[0]["Token"]
    cloud.turn(days=3)
    code, status, message = refused(sns.confirm_subscription, TopicArn=topic, Token=token)
    assert (code, status, message) == ("InvalidParameter", 400, "Invalid parameter: Token")
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsPending"] == "0"


def test_made_up_tokens_confirm_nothing(sns, topic, refused):
    assert refused(sns.confirm_subscription, TopicArn=topic, Token="f" * 288)[0] == "InvalidParameter"
    assert refused(sns.confirm_subscription, TopicArn=topic, Token="f" * 9_000)[0] == "InvalidParameter"


@pytest.mark.spec("SNS-030")
@pytest.mark.parametrize("version", ["1", "2"])
def test_messages_verify_against_the_certificate_they_name(cloud, make_topic, sns, server, publish, version):
    topic = make_topic(SignatureVersion=version)
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url)
    cloud.settle()
    asked = server.bodies()[0]
    assert asked["SignatureVersion"] == version
    verify(cloud, asked)
    sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])
    publish(topic, "with ünicode\nand lines", Subject="A subject")
    publish(topic, "without a subject")
    for body in server.bodies()[1:]:
        verify(cloud, body)
        with pytest.raises(InvalidSignature):
            verify(cloud, body, tamper=True)


def test_unknown_certificates_are_not_served(cloud):
    answer = cloud.send(Request("GET", "/SimpleNotificationService-0.pem", "", {"host": "localhost:4566"}))
    assert answer.status == 404


def test_raw_delivery_posts_the_message_itself(topic, confirmed, server, publish):
    confirmed(topic, RawMessageDelivery="true")
    publish(topic, '{"plain": true}')
    ((headers, body),) = server.requests
    assert body == '{"plain": true}'
    assert headers["x-amz-sns-rawdelivery"] == "true"


@pytest.mark.spec("SNS-029")
def test_a_failing_server_is_tried_again_by_the_clock_and_then_given_up(
    cloud, sns, topic, confirmed, server, make_queue, publish
):
    dead = make_queue()
    dead.let_in(topic)
    confirmed(topic, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}))
    server.statuses = [500] * 4
    publish(topic, "try me")
    assert len(server.requests) == 1
    for tried in (2, 3, 4):
        cloud.turn(19)
        assert len(server.requests) == tried - 1
        assert dead.messages() == []
        cloud.turn(1)
        assert len(server.requests) == tried
    (message,) = dead.messages()
    assert json.loads(message["Body"])["Message"] == "try me"
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "500"
    cloud.turn(days=1)
    assert len(server.requests) == 4


def test_a_server_that_recovers_gets_the_message_once(cloud, topic, confirmed, server, publish):
    confirmed(topic)
    server.statuses = [503, 429]
    publish(topic, "patience")
    cloud.turn(minutes=10)
    assert [body["Message"] for body in server.bodies()] == ["patience"] * 3
    assert len({body["MessageId"] for body in server.bodies()}) == 1


@pytest.mark.spec("SNS-029")
def test_phases_of_a_delivery_policy_follow_each_other(cloud, topic, confirmed, server, publish):
    policy = {
        "healthyRetryPolicy": {
            "numRetries": 7,
            "numNoDelayRetries": 1,
            "numMinDelayRetries": 1,
            "numMaxDelayRetries": 1,
            "minDelayTarget": 10,
            "maxDelayTarget": 50,
            "backoffFunction": "linear",
        }
    }
    confirmed(topic, DeliveryPolicy=json.dumps(policy))
    server.statuses = [500] * 8
    publish(topic)
    seen = [len(server.requests)]
    for delay in (10, 20, 30, 40, 50, 50):
        cloud.turn(delay - 1)
        assert len(server.requests) == seen[-1]
        cloud.turn(1)
        seen.append(len(server.requests))
    assert seen == [2, 3, 4, 5, 6, 7, 8]


def test_a_client_error_is_not_tried_again(cloud, topic, confirmed, server, publish, make_queue):
    dead = make_queue()
    dead.let_in(topic)
    confirmed(topic, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}))
    server.statuses = [404]
    publish(topic, "gone")
    cloud.turn(hours=1)
    assert len(server.requests) == 1
    assert dead.texts() == ["gone"]


def test_nobody_listening_is_a_failure_like_any_other(cloud, topic, confirmed, server, publish, make_queue, sns):
    dead = make_queue()
    dead.let_in(topic)
    confirmed(topic, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}))
    server.close()
    publish(topic, "anybody?")
    cloud.turn(minutes=5)
    (message,) = dead.messages()
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "ConnectionFailure"


def test_what_is_no_http_server_is_a_failure(cloud, sns, topic, confirmed, server, publish):
    confirmed(topic, DeliveryPolicy=json.dumps({"healthyRetryPolicy": {"numRetries": 0}}))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{port}/")
        connection, _ = listener.accept()
        connection.sendall(b"220 this is a mail server\r\n")
        connection.close()
    publish(topic, "unmoved")
    assert server.bodies()[-1]["Message"] == "unmoved"


async def stand(cloud):
    """Let the clock stand until it is turned."""
    cloud.kernel.clock.stand_at(cloud.kernel.clock.now())


def test_a_throttle_policy_spreads_deliveries_over_seconds(cloud, topic, confirmed, server, sns):
    confirmed(topic, DeliveryPolicy=json.dumps({"throttlePolicy": {"maxReceivesPerSecond": 2}}))
    cloud.turn(1)
    cloud.run(stand(cloud))
    for number in range(5):
        sns.publish(TopicArn=topic, Message=str(number))
    cloud.settle()
    assert len(server.requests) == 2
    cloud.turn(10)
    assert sorted(body["Message"] for body in server.bodies()) == ["0", "1", "2", "3", "4"]


def test_the_request_policy_sets_the_content_type(topic, confirmed, server, publish):
    confirmed(topic, DeliveryPolicy=json.dumps({"requestPolicy": {"headerContentType": "application/json"}}))
    publish(topic)
    assert server.requests[0][0]["Content-Type"] == "application/json"


def test_credentials_in_the_url_are_sent(sns, topic, server, cloud):
    url = server.url.replace("http://", "http://user:pass@")
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    cloud.settle()
    assert server.requests[0][0]["Authorization"] == "Basic " + base64.b64encode(b"user:pass").decode()


def test_https_is_spoken_where_it_is_asked_for(sns, topic, tls_server, publish, cloud):
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=tls_server.url)
    cloud.settle()
    sns.confirm_subscription(TopicArn=topic, Token=tls_server.bodies()[0]["Token"])
    publish(topic, "in confidence")
    assert tls_server.bodies()[1]["Message"] == "in confidence"


def test_the_unsubscribe_link_ends_a_subscription_and_says_how_to_have_it_back(
    sns, topic, confirmed, server, publish, browse, cloud
):
    confirmed(topic)
    publish(topic, "one")
    assert browse(server.bodies()[0]["UnsubscribeURL"]).status == 200
    cloud.settle()
    told = server.bodies()[1]
    assert told["Type"] == "UnsubscribeConfirmation"
    publish(topic, "unheard")
    assert len(server.requests) == 2
    assert browse(told["SubscribeURL"]).status == 200
    publish(topic, "again")
    assert server.bodies()[2]["Message"] == "again"


def test_a_locked_subscription_is_ended_by_its_owner_only(sns, topic, server, publish, browse, cloud):
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=server.url)
    cloud.settle()
    token = server.bodies()[0]["Token"]
    arn = sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    publish(topic)
    answer = browse(server.bodies()[1]["UnsubscribeURL"])
    assert answer.status == 403
    assert b"AuthorizationError" in answer.body
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_deliveries_on_their_way_survive_a_snapshot(cloud, sns, topic, confirmed, server, publish):
    confirmed(topic)
    server.statuses = [500]
    publish(topic, "kept")
    cloud.run(cloud.kernel.snapshots.save("before"))
    cloud.turn(30)
    assert len(server.requests) == 2
    cloud.run(cloud.kernel.snapshots.load("before"))
    cloud.turn(30)
    assert [body["Message"] for body in server.bodies()] == ["kept"] * 3
