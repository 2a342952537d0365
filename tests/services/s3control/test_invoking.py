"""A function can be a job's operation: it is invoked for each object and says how it went."""

import json

import pytest
from botocore.exceptions import ClientError

from skyglobe.kernel.config import Config
from skyglobe.kernel.service import Service
from skyglobe.testing import TestCloud
from tests.services.lambda_.conftest import zipped
from tests.services.s3.conftest import OWNER
from tests.services.s3.replicas import allowing, make_role
from tests.services.s3control.conftest import BUCKET, SPEC, counts

ARN = f"arn:aws:lambda:us-east-1:{OWNER}:function:pick"


@pytest.fixture
def functions(cloud, owner, role):
    """Stand in for Lambda: answers what the test puts here, and keeps what it was told."""
    owner.client("iam").put_role_policy(
        RoleName="batch", PolicyName="lambda", PolicyDocument=allowing("lambda:InvokeFunction")
    )
    stand_in = Service("lambda", actions={"Invoke": "InvokeFunction"})
    told, answers = [], []

    @stand_in.operation
    def invoke(call, function_name, payload, invocation_type):
        event = json.loads(payload)
        told.append(event)
        result = answers.pop(0) if answers else "Succeeded"
        if result == "error":
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorMessage": "rotten"}'}
        results = [{"taskId": event["tasks"][0]["taskId"], "resultCode": result, "resultString": "picked"}]
        answer = {"invocationSchemaVersion": "1.0", "invocationId": event["invocationId"], "results": results}
        return {"StatusCode": 200, "Payload": json.dumps(answer).encode()}

    cloud.kernel.services.add(stand_in)
    return told, answers


PICK = """
def handler(event, context):
    [task] = event["tasks"]
    code = "PermanentFailure" if task["s3Key"] == "rotten" else "Succeeded"
    told = f"{event['job']['id']} {task['s3BucketArn']} {task['s3Key']} {task['s3VersionId']}"
    results = [{"taskId": task["taskId"], "resultCode": code, "resultString": told}]
    return {"invocationSchemaVersion": "1.0", "treatMissingKeysAs": "PermanentFailure",
            "invocationId": event["invocationId"], "results": results}
"""


@pytest.mark.spec("S3BOP-013")
def test_a_function_is_invoked_for_each_object_and_its_results_are_reported(
    owner, s3, manifest, role, create, done, report
):
    iam, client = owner.client("iam"), owner.client("lambda")
    allowed = allowing("lambda:InvokeFunction", resource=ARN)
    iam.put_role_policy(RoleName="batch", PolicyName="lambda", PolicyDocument=allowed)
    runs = make_role(owner, "runs", "logs:*", services=("lambda.amazonaws.com",))
    client.create_function(
        FunctionName="pick", Runtime="python3.13", Role=runs, Handler="app.handler", Code={"ZipFile": zipped(PICK)}
    )
    job = create({"LambdaInvoke": {"FunctionArn": ARN}}, Manifest=manifest(["a b", "rotten"]))
    assert counts(done(job)) == ("Complete", 2, 1, 1)
    found = report(job)
    told = f"{job} arn:aws:s3:::{BUCKET}"
    assert [row[3:] for row in found["succeeded"]] == [["succeeded", "", "200", f"{told} a%20b None"]]
    assert [row[3:] for row in found["failed"]] == [["failed", "PermanentFailure", "200", f"{told} rotten None"]]


@pytest.mark.spec("S3BOP-013")
def test_temporary_failures_are_tried_again_and_broken_functions_fail(s3, manifest, functions, create, done, report):
    told, answers = functions
    answers[:] = ["TemporaryFailure", "TemporaryFailure", "Succeeded"]
    operation = {"FunctionArn": ARN, "InvocationSchemaVersion": "2.0", "UserArguments": {"how": "gently"}}
    job = create({"LambdaInvoke": operation}, Manifest=manifest(["a"]))
    assert counts(done(job)) == ("Complete", 1, 1, 0)
    assert (len(told), told[0]["job"]["userArguments"]) == (3, {"how": "gently"})
    assert told[0]["tasks"][0]["s3Bucket"] == BUCKET
    answers[:] = ["error"]
    job = create({"LambdaInvoke": operation}, token="broken", Manifest=manifest(["a"]))
    assert counts(done(job)) == ("Complete", 1, 0, 1)
    assert "rotten" in report(job)["failed"][0][6]


def test_functions_are_refused_where_there_is_no_lambda():
    cloud = TestCloud(Config(services=frozenset({"s3", "s3control", "iam", "sts"})))
    try:
        control = cloud.client("s3control")
        place = {"ObjectArn": "arn:aws:s3:::reports/manifest.csv", "ETag": "e"}
        with pytest.raises(ClientError, match="lambda is not built or not enabled"):
            control.create_job(
                AccountId="000000000000",
                Operation={"LambdaInvoke": {"FunctionArn": ARN}},
                Report={"Enabled": False},
                ClientRequestToken="t",
                Priority=1,
                RoleArn="arn:aws:iam::000000000000:role/batch",
                Manifest={"Spec": SPEC, "Location": place},
            )
    finally:
        cloud.close()
