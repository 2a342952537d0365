"""Functions by the AWS CLI, against a cloud in a process of its own: made, waited for, called, reached by curl."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.clients.conftest import Server
from tests.clients.test_aws_cli import aws, aws_json
from tests.services.lambda_.conftest import zipped

CODE = """
import json, os, boto3
def handler(event, context):
    if "requestContext" in event:
        return {"statusCode": 200, "body": "at " + event["rawPath"]}
    print("was asked for", event["queue"])
    made = boto3.client("sqs").create_queue(QueueName=event["queue"])
    return made["QueueUrl"].rpartition("/")[2]
"""


@pytest.mark.spec("LAM-001", "LAM-038")
def test_a_function_is_made_called_and_reached_with_nothing_configured_in_it(server: Server, tmp_path: Path):
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = aws_json(
        server, "iam", "create-role", "--role-name", "maker", "--assume-role-policy-document",
        json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]  # fmt: skip
    allowed = {"Effect": "Allow", "Action": ["sqs:CreateQueue", "logs:*"], "Resource": "*"}
    aws(
        server, "iam", "put-role-policy", "--role-name", "maker", "--policy-name", "p", "--policy-document",
        json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )  # fmt: skip
    (tmp_path / "package.zip").write_bytes(zipped(CODE))
    aws(
        server, "lambda", "create-function", "--function-name", "maker", "--runtime", "python3.13", "--role", role,
        "--handler", "app.handler", "--timeout", "30", "--zip-file", "fileb://package.zip", folder=tmp_path,
    )  # fmt: skip
    aws(server, "lambda", "wait", "function-active-v2", "--function-name", "maker")
    told = json.loads(
        aws(
            server, "lambda", "invoke", "--function-name", "maker", "--payload", '{"queue": "made-by-it"}',
            "--log-type", "Tail", "out.json", folder=tmp_path,
        )
    )  # fmt: skip
    assert json.loads((tmp_path / "out.json").read_text()) == "made-by-it"
    assert "was asked for made-by-it" in base64.b64decode(told["LogResult"]).decode()
    assert "made-by-it" in aws(server, "sqs", "list-queues")
    made = aws_json(server, "lambda", "create-function-url-config", "--function-name", "maker", "--auth-type", "NONE")
    for sid, action in (("url", "lambda:InvokeFunctionUrl"), ("invoke", "lambda:InvokeFunction")):
        aws(
            server, "lambda", "add-permission", "--function-name", "maker", "--statement-id", sid, "--action", action,
            "--principal", "*",
        )  # fmt: skip
    host = urlsplit(made["FunctionUrl"]).netloc
    ask = urllib.request.Request(server.endpoint + "/a/path", headers={"Host": host})
    with urllib.request.urlopen(ask) as answer:
        assert answer.read() == b"at /a/path"
    location = aws_json(server, "lambda", "get-function", "--function-name", "maker")["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        assert answer.read() == zipped(CODE)
