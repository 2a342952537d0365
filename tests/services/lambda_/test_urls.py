"""Function URLs: requests in, responses out, for those who may."""

import io
import json
import zipfile
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from skyglobe.kernel.wire import Request
from skyglobe.services.lambda_.rules import urls
from tests.services.lambda_.conftest import ARN, make_user

SHOW = """
import base64, json
def handler(event, context):
    if event["rawPath"] == "/fail":
        raise ValueError("no luck")
    if event["rawPath"] == "/plain":
        return {"plain": True}
    if event["rawPath"] == "/picture":
        return {"statusCode": 200, "headers": {"Content-Type": "image/png"},
                "body": base64.b64encode(b"\\x89PNG").decode(), "isBase64Encoded": True}
    return {"statusCode": 201, "headers": {"X-Seen": "yes", "Content-Type": "application/json"},
            "cookies": ["a=1; Secure", "b=2"], "body": json.dumps(event)}
"""


@pytest.fixture
def visit(cloud):
    """Send a request to a URL."""

    def send(url, path="/", method="GET", headers=None, body=b"", query=""):
        place = urlsplit(url)
        return cloud.send(Request(method, path, query, {"host": place.netloc, **(headers or {})}, body))

    return send


def open_to_all(client, **qualifier):
    for statement, action, condition in (
        ("url", "lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
        ("invoke", "lambda:InvokeFunction", {"InvokedViaFunctionUrl": True}),
    ):
        client.add_permission(
            FunctionName="hello", StatementId=statement, Action=action, Principal="*", **condition, **qualifier
        )


def named(response, name):
    return [value for key, value in response.headers.items() if key.lower() == name]


@pytest.mark.spec("LAM-035")
def test_a_url_that_is_open_to_all_answers_as_the_function_says(client, make_function, visit, refusal):
    make_function("hello", SHOW)
    made = client.create_function_url_config(FunctionName="hello", AuthType="NONE")
    url = made["FunctionUrl"]
    assert (made["FunctionArn"], made["InvokeMode"]) == (f"{ARN}:hello", "BUFFERED")
    assert visit(url).status == 403
    open_to_all(client)
    headers = {"cookie": "c=3; d=4", "content-type": "application/json", "user-agent": "test"}
    answer = visit(url, "/a%20b/c", "POST", headers, b'{"n": 1}', "x=1&y=2&x=3")
    assert (answer.status, named(answer, "x-seen")) == (201, ["yes"])
    assert named(answer, "set-cookie") == ["a=1; Secure", "b=2"]
    event = json.loads(answer.body)
    assert (event["version"], event["rawPath"], event["rawQueryString"]) == ("2.0", "/a b/c", "x=1&y=2&x=3")
    assert event["queryStringParameters"] == {"x": "1,3", "y": "2"}
    assert (event["cookies"], event["body"], event["isBase64Encoded"]) == (["c=3", "d=4"], '{"n": 1}', False)
    context = event["requestContext"]
    assert (context["accountId"], context["http"]["method"]) == ("anonymous", "POST")
    assert context["domainName"] == urlsplit(url).hostname
    assert visit(url, "/plain").body == b'{"plain": true}'
    picture = visit(url, "/picture")
    assert (picture.body, named(picture, "content-type")) == (b"\x89PNG", ["image/png"])
    assert visit(url, "/fail").status == 502
    assert json.loads(visit(url, "/", "PUT", {}, b"\xff\x00").body)["isBase64Encoded"] is True
    code, status, _ = refusal(client.create_function_url_config, FunctionName="hello", AuthType="NONE")
    assert (code, status) == ("ResourceConflictException", 409)
    client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    assert visit(url).status == 429
    client.delete_function_url_config(FunctionName="hello")
    assert visit(url).status == 404
    assert refusal(client.get_function_url_config, FunctionName="hello")[:2] == ("ResourceNotFoundException", 404)


@pytest.mark.spec("LAM-035")
def test_a_signed_url_lets_in_who_may(aws, client, make_function, visit):
    make_function("hello", SHOW, Publish=True)
    client.create_alias(FunctionName="hello", Name="live", FunctionVersion="1")
    url = client.create_function_url_config(FunctionName="hello", Qualifier="live", AuthType="AWS_IAM")["FunctionUrl"]
    allowed = {"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": f"{ARN}:hello:live"}
    friend, stranger = make_user(aws, "friend", allowed), make_user(aws, "stranger")

    def signed(key, body=b"", sign_body=None):
        ask = AWSRequest(
            "POST", url, data=body if sign_body is None else sign_body, headers={"host": urlsplit(url).netloc}
        )
        SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "lambda", "us-east-1").add_auth(ask)
        headers = {name.lower(): value for name, value in ask.headers.items()}
        return visit(url, "/", "POST", headers, body)

    answer = signed(friend)
    assert answer.status == 201
    authorizer = json.loads(answer.body)["requestContext"]["authorizer"]["iam"]
    assert (authorizer["userArn"], authorizer["accessKey"]) == (
        "arn:aws:iam::000000000000:user/friend", friend["AccessKeyId"]
    )  # fmt: skip
    assert signed(stranger).status == 403
    assert visit(url, "/", "POST").status == 403
    assert signed({**friend, "SecretAccessKey": "wrong"}).status == 403


@pytest.mark.spec("LAM-035")
def test_pages_of_allowed_origins_are_let_in_by_browsers(client, make_function, visit):
    make_function("hello", SHOW)
    cors = {
        "AllowOrigins": ["https://*.example.com"],
        "AllowMethods": ["GET", "POST"],
        "AllowHeaders": ["x-custom"],
        "ExposeHeaders": ["x-seen"],
        "AllowCredentials": True,
        "MaxAge": 300,
    }
    url = client.create_function_url_config(FunctionName="hello", AuthType="NONE", Cors=cors)["FunctionUrl"]
    open_to_all(client)
    ask = {"origin": "https://app.example.com", "access-control-request-method": "POST"}
    preflight = visit(url, "/", "OPTIONS", ask)
    assert preflight.status == 200
    assert named(preflight, "access-control-allow-origin") == ["https://app.example.com"]
    assert named(preflight, "access-control-allow-methods") == ["GET,POST"]
    assert named(preflight, "access-control-max-age") == ["300"]
    other = visit(url, "/", "OPTIONS", {**ask, "origin": "https://example.org"})
    assert (other.status, named(other, "access-control-allow-origin")) == (200, [])
    answer = visit(url, "/", "GET", {"origin": "https://app.example.com"})
    assert named(answer, "access-control-expose-headers") == ["x-seen"]
    assert named(answer, "access-control-allow-credentials") == ["true"]
    changed = client.update_function_url_config(FunctionName="hello", AuthType="AWS_IAM", Cors={})
    assert (changed["FunctionUrl"], changed["AuthType"], "Cors" in changed) == (url, "AWS_IAM", False)
    assert len(client.list_function_url_configs(FunctionName="hello")["FunctionUrlConfigs"]) == 1


BOOTSTRAP = r"""#!/bin/sh
while true; do
  curl -sS -D /tmp/head -o /tmp/event "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next"
  id=$(grep -i lambda-runtime-aws-request-id /tmp/head | tr -d '\r' | cut -d' ' -f2)
  { printf '{"statusCode":202,"headers":{"x-kind":"stream"},"cookies":["a=1"]}'
    printf '\000\000\000\000\000\000\000\000'
    printf 'one '; printf 'two'; } |
  curl -sS -X POST -H 'Lambda-Runtime-Function-Response-Mode: streaming' -H 'Transfer-Encoding: chunked' \
    -H 'Content-Type: application/vnd.awslambda.http-integration-response' --data-binary @- \
    "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response" > /dev/null
done
"""


@pytest.mark.spec("LAM-035")
def test_a_response_is_streamed_after_its_prelude(client, role, visit):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("bootstrap")
        info.external_attr = 0o755 << 16
        archive.writestr(info, BOOTSTRAP)
    client.create_function(
        FunctionName="hello", Runtime="provided.al2023", Role=role, Handler="x", Code={"ZipFile": buffer.getvalue()}
    )
    open_to_all(client)
    url = client.create_function_url_config(FunctionName="hello", AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    answer = visit(url["FunctionUrl"])
    assert (answer.status, answer.body) == (202, b"one two")
    assert (named(answer, "x-kind"), named(answer, "set-cookie")) == (["stream"], ["a=1"])


@pytest.mark.parametrize(
    "response",
    [
        b"not JSON",
        b'{"statusCode": "many"}',
        b'{"statusCode": 9999}',
        b'{"statusCode": 200, "headers": {"x": "a\\r\\nb"}}',
        b'{"statusCode": 200, "headers": {"x": []}}',
        b'{"statusCode": 200, "isBase64Encoded": true, "body": "?"}',
        b'{"statusCode": 200, "cookies": [1]}',
    ],
)
def test_what_is_no_response_is_not_passed_on(response):
    with pytest.raises(urls.BadResponse):
        urls.page_of(response)
