"""Deliveries that fail: tried again by the clock, then told to the dead-letter queue."""

import json

import pytest

from tests.services.events.conftest import ACCOUNT, make_role

DAY = 86_400


@pytest.fixture
def endpoint(aws, events, server):
    """A rule whose target is a server that fails as long as ``server.status`` says so; its rule is ``r``."""

    def make(**target):
        auth = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "k"}}
        arn = events.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=auth)["ConnectionArn"]
        destination = events.create_api_destination(
            Name="d", ConnectionArn=arn, InvocationEndpoint=server.url, HttpMethod="POST"
        )["ApiDestinationArn"]
        role = make_role(aws, "invoke", ["events:InvokeApiDestination"])
        events.put_rule(Name="r", EventPattern='{"source": ["my.app"]}')
        given = {"Id": "1", "Arn": destination, "RoleArn": role, **target}
        events.put_targets(Rule="r", Targets=[given])
        return destination

    return make


@pytest.mark.spec("EVB-017")
def test_a_failing_target_is_asked_as_often_as_it_says_and_then_given_up(cloud, put, server, endpoint, make_queue):
    dead = make_queue()
    retry = {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600}
    arn = endpoint(DeadLetterConfig={"Arn": dead.arn}, RetryPolicy=retry)
    server.status = 503
    entry = put({"n": 1})
    assert len(server.requests) == 1
    cloud.turn(seconds=60)
    assert len(server.requests) == 4
    cloud.turn(hours=1)
    assert len(server.requests) == 4
    (letter,) = dead.messages()
    told = {name: one["StringValue"] for name, one in letter["MessageAttributes"].items()}
    assert told == {
        "RULE_ARN": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r",
        "TARGET_ARN": arn,
        "ERROR_CODE": "ERROR_FROM_TARGET",
        "ERROR_MESSAGE": "The endpoint answered 503",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "RETRY_ATTEMPTS": "3",
    }
    assert json.loads(letter["Body"])["id"] == entry["EventId"]


def test_a_target_that_comes_back_gets_its_events(cloud, put, server, endpoint):
    endpoint()
    server.status = 500
    put({"n": 1})
    server.status = 200
    cloud.turn(seconds=2)
    assert [json.loads(request.body)["detail"] for request in server.requests] == [{"n": 1}] * 2
    cloud.turn(hours=1)
    assert len(server.requests) == 2


def test_events_grow_too_old(cloud, put, server, endpoint, make_queue):
    dead = make_queue()
    endpoint(DeadLetterConfig={"Arn": dead.arn}, RetryPolicy={"MaximumEventAgeInSeconds": 60})
    server.status = 500
    put()
    cloud.turn(seconds=90)
    (letter,) = dead.messages()
    assert letter["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == "MaximumEventAgeInSeconds"


def test_what_no_retry_helps_is_given_up_at_once(cloud, put, server, endpoint, make_queue):
    dead = make_queue()
    endpoint(DeadLetterConfig={"Arn": dead.arn})
    server.status = 404
    put()
    (letter,) = dead.messages()
    assert "RETRY_ATTEMPTS" not in letter["MessageAttributes"]
    cloud.turn(seconds=DAY)
    assert len(server.requests) == 1
