"""API destinations are real HTTP requests with a connection's credentials."""

import base64
import json
from itertools import pairwise

import pytest

from tests.services.events.conftest import make_role

SECRETS = ("swordfish", "key-value", "client-secret", "hidden")


@pytest.fixture
def connect(aws, events, server):
    """Make a connection, an API destination that uses it, and a rule for it; return the connection's ARN."""
    roles = []

    def make(kind, auth, name="c", path="", http=None, **more):
        connection = events.create_connection(Name=name, AuthorizationType=kind, AuthParameters=auth)["ConnectionArn"]
        destination = events.create_api_destination(
            Name=name, ConnectionArn=connection, InvocationEndpoint=server.url + path, HttpMethod="POST", **more
        )["ApiDestinationArn"]
        if not roles:
            roles.append(make_role(aws, "invoke", ["events:InvokeApiDestination"]))
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        target = {"Id": "1", "Arn": destination, "RoleArn": roles[0], **({"HttpParameters": http} if http else {})}
        events.put_targets(Rule=name, Targets=[target])
        return connection

    return make


def test_requests_have_credentials_paths_and_parameters(events, put, server, connect, refused):
    basic = {"BasicAuthParameters": {"Username": "ann", "Password": "swordfish"}}
    more = {
        "HeaderParameters": [{"Key": "x-more", "Value": "hidden", "IsValueSecret": True}],
        "QueryStringParameters": [{"Key": "q", "Value": "1 2"}],
        "BodyParameters": [{"Key": "token", "Value": "t"}],
    }
    http = {"PathParameterValues": ["$.detail.id", "fixed"], "HeaderParameters": {"x-kind": "$.detail-type"}}
    connect("BASIC", {**basic, "InvocationHttpParameters": more}, path="/*/of/*", http=http)
    put({"id": "a/b"}, source="c")
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/in/a%2Fb/of/fixed?q=1+2")
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"ann:swordfish").decode()
    assert (request.headers["x-more"], request.headers["x-kind"]) == ("hidden", "order")
    assert request.headers["User-Agent"] == "Amazon/EventBridge/ApiDestinations"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    body = json.loads(request.body)
    assert (body["token"], body["detail"]) == ("t", {"id": "a/b"})
    shown = events.describe_connection(Name="c")
    assert shown["AuthParameters"]["BasicAuthParameters"] == {"Username": "ann"}
    assert not any(secret in json.dumps(shown, default=str) for secret in SECRETS)
    assert refused(events.create_api_destination, Name="x", ConnectionArn=shown["ConnectionArn"],
                   InvocationEndpoint="http://example.com/", HttpMethod="POST")[0] == "ValidationException"  # fmt: skip
    bad = {"Name": "x", "AuthorizationType": "BASIC", "AuthParameters": {}}
    assert refused(events.create_connection, **bad)[0] == "ValidationException"


def test_secrets_are_not_in_the_store_as_they_are(cloud, connect):
    connect("API_KEY", {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "key-value"}})
    values = cloud.run(cloud.kernel.turns.perform(lambda writes: [value for _, value in writes.scan(b"", b"\xff")]))
    assert not any(b"key-value" in value for value in values)


def test_oauth_tokens_are_asked_for_and_used_until_they_end(cloud, events, put, server, connect):
    client = {"ClientID": "id", "ClientSecret": "client-secret"}
    server.answers["/token"] = b'{"access_token": "t1", "expires_in": 3600}'
    oauth = {
        "ClientParameters": client,
        "AuthorizationEndpoint": server.url.replace("/in", "/token"),
        "HttpMethod": "POST",
    }
    connect("OAUTH_CLIENT_CREDENTIALS", {"OAuthParameters": oauth})
    cloud.settle()
    described = events.describe_connection(Name="c")
    assert described["ConnectionState"] == "AUTHORIZED"
    assert described["AuthParameters"]["OAuthParameters"]["ClientParameters"] == {"ClientID": "id"}
    assert b"client_secret=client-secret" in server.requests[0].body
    server.requests.clear()
    put(source="c")
    server.answers["/token"] = b'{"access_token": "t2", "expires_in": 3600}'
    put(source="c")
    cloud.turn(hours=1)
    put(source="c")
    sent = [request.headers["Authorization"] for request in server.requests if request.path == "/in"]
    assert sent == ["Bearer t1", "Bearer t1", "Bearer t2"]
    server.status = 401
    events.update_connection(Name="c", AuthParameters={"OAuthParameters": {"ClientParameters": client}})
    cloud.settle()
    refused = events.describe_connection(Name="c")
    assert (refused["ConnectionState"], refused["StateReason"]) == (
        "DEAUTHORIZED", "The authorization endpoint answered 401"
    )  # fmt: skip
    assert events.describe_api_destination(Name="c")["ApiDestinationState"] == "INACTIVE"


def test_invocations_keep_to_their_rate(cloud, events, put, server, connect):
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "key-value"}}
    connect("API_KEY", key, InvocationRateLimitPerSecond=2)
    cloud.turn(seconds=1 - cloud.now % 1000 / 1000)
    entry = {"Source": "c", "DetailType": "x", "Detail": "{}"}
    events.put_events(Entries=[entry] * 5)
    counts = []
    for _ in range(4):
        cloud.turn(seconds=1)
        counts.append(len(server.requests))
    assert counts[-1] == 5
    assert max(later - earlier for earlier, later in pairwise(counts)) <= 2
    assert server.requests[0].headers["x-key"] == "key-value"


def test_without_permission_nothing_is_sent(cloud, aws, events, put, server, connect, make_queue):
    connect("API_KEY", {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "key-value"}})
    aws.client("iam").delete_role_policy(RoleName="invoke", PolicyName="p")
    dead = make_queue()
    (target,) = events.list_targets_by_rule(Rule="c")["Targets"]
    events.put_targets(Rule="c", Targets=[{**target, "DeadLetterConfig": {"Arn": dead.arn}}])
    put(source="c")
    assert server.requests == []
    (letter,) = dead.messages()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    events.deauthorize_connection(Name="c")
    assert events.describe_connection(Name="c")["ConnectionState"] == "DEAUTHORIZED"
    events.delete_api_destination(Name="c")
    assert events.delete_connection(Name="c")["ConnectionState"] == "DELETING"
    assert events.list_connections()["Connections"] == []
