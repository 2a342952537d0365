"""AWS Lambda's workloads: invocations of a small Python function whose environments are warm."""

from __future__ import annotations

import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.prepared import Preparer
from benchmarks.targets import Target
from benchmarks.workloads import Job, Workload, around, expect, unique

CODE = "def handler(event, context):\n    return event\n"
RUNTIME = "python3.12"
ASSUMED_BY_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
LOGS_WRITTEN = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
}
AT_ONCE = 16
"""Invocations that are made together beforehand, so that so many environments are warm where a target has some."""


def make_function(preparer: Preparer) -> str:
    """Create a role that may write logs, and a function; return the function's name."""
    name = unique("function")
    iam, client = preparer.client("iam"), preparer.client("lambda")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ASSUMED_BY_LAMBDA))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=json.dumps(LOGS_WRITTEN))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", CODE)
    kept: dict[str, Any] = {"Runtime": RUNTIME, "Handler": "app.handler", "Code": {"ZipFile": package.getvalue()}}
    try:
        client.create_function(FunctionName=name, Role=role, **kept)
    except ClientError as error:
        expect(False, str(error))
    return name


def invocations(target: Target, preparer: Preparer) -> Job:
    name = unique("none")
    if not target.is_null:
        name = make_function(preparer)
        client = preparer.client("lambda")

        def once(_: int = 0) -> bytes:
            answer = client.invoke(FunctionName=name, Payload=b'{"a": 1}')
            payload: bytes = answer["Payload"].read()
            expect(json.loads(payload) == {"a": 1}, f"the function did not run: {payload[:200]!r}")
            return payload

        once()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(once, range(AT_ONCE)))
        time.sleep(1)  # for what targets do ahead of need
    return Job(around([preparer.prepare("lambda", "invoke", FunctionName=name, Payload=b'{"a": 1}').wire]))


FUNCTION_WORKLOADS = [Workload("Lambda Invoke", invocations)]
