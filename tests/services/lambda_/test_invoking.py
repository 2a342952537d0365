"""Functions called and answered: now, some time, or only as a try."""

import base64
import json
import threading

import pytest

from skyglobe.services.lambda_.readiness import running
from tests.services.lambda_.conftest import ARN, make_role, policy, zipped

SHOW = """
import json, os
def handler(event, context):
    if event == "fail":
        raise ValueError("no luck")
    print("seen", json.dumps(event))
    custom = context.client_context.custom if context.client_context else None
    return {"event": event, "arn": context.invoked_function_arn, "version": context.function_version,
            "custom": custom, "greeting": os.environ.get("GREETING")}
"""


@pytest.mark.spec("LAM-001", "LAM-027", "LAM-028")
def test_a_function_is_invoked_and_answers(client, make_function, refusal):
    make_function("hello", SHOW, Environment={"Variables": {"GREETING": "hi"}}, Publish=True)
    context = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()
    answer = client.invoke(FunctionName="hello", Payload=b'{"n": 1}', LogType="Tail", ClientContext=context)
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert json.loads(answer["Payload"].read()) == {
        "event": {"n": 1}, "arn": f"{ARN}:hello", "version": "$LATEST", "custom": {"a": "b"}, "greeting": "hi"
    }  # fmt: skip
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert 'seen {"n": 1}' in tail
    assert tail.startswith("START RequestId: ")
    published = client.invoke(FunctionName="hello", Qualifier="1")
    assert published["ExecutedVersion"] == "1"
    assert json.loads(published["Payload"].read())["arn"] == f"{ARN}:hello:1"
    failed = client.invoke(FunctionName="hello", Payload=b'"fail"')
    assert (failed["StatusCode"], failed["FunctionError"]) == (200, "Unhandled")
    told = json.loads(failed["Payload"].read())
    assert (told["errorMessage"], told["errorType"]) == ("no luck", "ValueError")
    assert "stackTrace" in told
    assert client.invoke(FunctionName="hello", InvocationType="DryRun")["StatusCode"] == 204
    changed = client.update_function_configuration(
        FunctionName="hello", Environment={"Variables": {"GREETING": "hello"}}
    )
    assert changed["LastUpdateStatus"] == "Successful"
    assert json.loads(client.invoke(FunctionName="hello")["Payload"].read())["greeting"] == "hello"


@pytest.mark.spec("LAM-029", "LAM-043")
def test_payloads_have_limits_and_must_be_json(client, make_function, refusal):
    make_function("hello")
    invoke = client.invoke
    whole = json.dumps("x" * (6 * 1024 * 1024 - 2)).encode()
    assert len(invoke(FunctionName="hello", Payload=whole)["Payload"].read()) == len(whole)
    code, status, _ = refusal(invoke, FunctionName="hello", Payload=whole + b" ")
    assert (code, status) == ("RequestTooLargeException", 413)
    large = json.dumps("x" * (1024 * 1024)).encode()
    code, status, _ = refusal(invoke, FunctionName="hello", InvocationType="Event", Payload=large)
    assert (code, status) == ("RequestTooLargeException", 413)
    code, status, text = refusal(invoke, FunctionName="hello", Payload=b"{'a': 1}")
    assert (code, status) == ("InvalidRequestContentException", 400)
    assert text.startswith("Could not parse request body into json")
    assert refusal(invoke, FunctionName="nobody")[:2] == ("ResourceNotFoundException", 404)
    assert refusal(invoke, FunctionName="hello", Qualifier="7")[:2] == ("ResourceNotFoundException", 404)


@pytest.mark.spec("LAM-033")
def test_reserved_concurrency_holds_a_function_back(cloud, client, make_function, refusal):
    make_function("hello", "import time\ndef handler(event, context):\n    time.sleep(event or 0)\n")
    client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.invoke(FunctionName="hello")
    assert caught.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=1)
    first = threading.Thread(target=client.invoke, kwargs={"FunctionName": "hello", "Payload": b"1"})
    first.start()
    while not running(cloud.kernel).by_function:
        client.invoke(FunctionName="hello", InvocationType="DryRun")
    assert refusal(client.invoke, FunctionName="hello", Payload=b"0")[:2] == ("TooManyRequestsException", 429)
    first.join()
    client.invoke(FunctionName="hello", Payload=b"0")
    code, _, text = refusal(client.put_function_concurrency, FunctionName="hello", ReservedConcurrentExecutions=901)
    assert code == "InvalidParameterValueException"
    assert text.endswith("below its minimum value of [100].")
    client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=900)
    limits = client.get_account_settings()["AccountLimit"]
    assert (limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]) == (1000, 100)
    client.delete_function_concurrency(FunctionName="hello")
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName="hello")


@pytest.mark.spec("LAM-033")
def test_provisioned_environments_are_ready_before_they_are_asked(cloud, client, make_function, refusal):
    make_function("hello", SHOW, Publish=True)
    put = client.put_provisioned_concurrency_config
    ask = {"FunctionName": "hello", "ProvisionedConcurrentExecutions": 1}
    assert refusal(put, Qualifier="$LATEST", **ask)[0] == "InvalidParameterValueException"
    assert put(Qualifier="1", **ask)["Status"] == "IN_PROGRESS"
    cloud.settle()
    kept = client.get_provisioned_concurrency_config(FunctionName="hello", Qualifier="1")
    assert (kept["Status"], kept["AvailableProvisionedConcurrentExecutions"]) == ("READY", 1)
    answer = client.invoke(FunctionName="hello", Qualifier="1", LogType="Tail")
    assert b"Init Duration" not in base64.b64decode(answer["LogResult"])
    client.delete_provisioned_concurrency_config(FunctionName="hello", Qualifier="1")
    gone = refusal(client.get_provisioned_concurrency_config, FunctionName="hello", Qualifier="1")
    assert gone[:2] == ("ProvisionedConcurrencyConfigNotFoundException", 404)


@pytest.mark.spec("LAM-031")
def test_an_alias_with_weights_splits_its_invocations(client, make_function):
    make_function("hello", SHOW, Publish=True)
    client.update_function_code(FunctionName="hello", ZipFile=zipped(SHOW + "\nX = 1\n"), Publish=True)
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    client.create_alias(FunctionName="hello", Name="live", FunctionVersion="1", RoutingConfig=routing)
    ran = {client.invoke(FunctionName="hello", Qualifier="live")["ExecutedVersion"] for _ in range(40)}
    assert ran == {"1", "2"}


@pytest.mark.spec("LAM-032")
def test_files_of_layers_are_found_and_later_ones_win(client, make_function):
    arns = [
        client.publish_layer_version(LayerName=name, Content={"ZipFile": zipped(files)})["LayerVersionArn"]
        for name, files in (
            ("one", {"python/tool.py": "NAME = 'one'", "only.txt": "1"}),
            ("two", {"python/tool.py": "NAME = 'two'"}),
        )
    ]
    code = "import tool\ndef handler(event, context):\n    return [tool.NAME, open('/opt/only.txt').read()]\n"
    make_function("hello", code, Layers=arns)
    assert json.loads(client.invoke(FunctionName="hello")["Payload"].read()) == ["two", "1"]


@pytest.mark.spec("LAM-038")
def test_a_function_acts_as_its_role_and_may_no_more(cloud, aws, client, make_function):
    code = """
import boto3
def handler(event, context):
    s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
    body = s3.get_object(Bucket="orders", Key="first")["Body"].read().decode()
    dynamodb.put_item(TableName="orders", Item={"id": {"S": "first"}, "text": {"S": body}})
    answers = [boto3.client("sts").get_caller_identity()["Arn"]]
    for refused in (s3.list_buckets, lambda: dynamodb.get_item(TableName="orders", Key={"id": {"S": "first"}})):
        try:
            refused()
        except Exception as error:
            answers.append(error.response["Error"]["Code"])
    return answers
"""
    aws.client("s3").create_bucket(Bucket="orders")
    aws.client("s3").put_object(Bucket="orders", Key="first", Body=b"two apples")
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    cloud.turn(60)
    endpoint = cloud.listen("127.0.0.1", 0)
    make_function(
        "hello",
        code,
        Role=make_role(aws, "poor", actions=("s3:GetObject", "dynamodb:PutItem")),
        Environment={"Variables": {"AWS_ENDPOINT_URL": endpoint}},
        Timeout=30,
    )
    answer = json.loads(client.invoke(FunctionName="hello")["Payload"].read())
    role = "arn:aws:sts::000000000000:assumed-role/poor/hello"
    assert answer == [role, "AccessDenied", "AccessDeniedException"]
    (kept,) = dynamodb.scan(TableName="orders")["Items"]
    assert kept == {"id": {"S": "first"}, "text": {"S": "two apples"}}


@pytest.mark.spec("LAM-038")
def test_a_policy_may_ask_which_function_calls(cloud, aws, client, make_function):
    code = """
import boto3
def handler(event, context):
    try:
        boto3.client("s3").list_buckets()
    except Exception as error:
        return error.response["Error"]["Code"]
"""
    shared = make_role(aws, "shared", actions=())
    only = {"StringEquals": {"lambda:SourceFunctionArn": f"{ARN}:trusted"}}
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*", "Condition": only}
    aws.client("iam").put_role_policy(RoleName="shared", PolicyName="p", PolicyDocument=policy(statement))
    variables = {"AWS_ENDPOINT_URL": cloud.listen()}
    for name in ("trusted", "other"):
        make_function(name, code, Role=shared, Timeout=30, Environment={"Variables": variables})
    told = {name: json.loads(client.invoke(FunctionName=name)["Payload"].read()) for name in ("trusted", "other")}
    assert told == {"trusted": None, "other": "AccessDenied"}


def test_a_response_is_streamed_with_its_end(client, make_function):
    make_function("hello", SHOW)
    answer = client.invoke_with_response_stream(FunctionName="hello", Payload=b'{"n": 1}', LogType="Tail")
    events = list(answer["EventStream"])
    body = b"".join(one["PayloadChunk"]["Payload"] for one in events if "PayloadChunk" in one)
    assert json.loads(body)["event"] == {"n": 1}
    assert "LogResult" in events[-1]["InvokeComplete"]
    failed = list(client.invoke_with_response_stream(FunctionName="hello", Payload=b'"fail"')["EventStream"])
    assert failed[-1]["InvokeComplete"]["ErrorCode"] == "Unhandled"


@pytest.mark.spec("LAM-033")
def test_what_is_provisioned_for_an_alias_follows_it(cloud, client, make_function):
    make_function("hello", SHOW, Publish=True)
    client.update_function_code(FunctionName="hello", ZipFile=zipped(SHOW + "\nX = 1\n"), Publish=True)
    client.create_alias(FunctionName="hello", Name="live", FunctionVersion="1")
    client.put_provisioned_concurrency_config(FunctionName="hello", Qualifier="live", ProvisionedConcurrentExecutions=1)
    cloud.settle()
    client.update_alias(FunctionName="hello", Name="live", FunctionVersion="2")
    cloud.settle()
    (kept,) = client.list_provisioned_concurrency_configs(FunctionName="hello")["ProvisionedConcurrencyConfigs"]
    assert (kept["FunctionArn"], kept["Status"]) == (f"{ARN}:hello:live", "READY")
    answer = client.invoke(FunctionName="hello", Qualifier="live", LogType="Tail")
    assert answer["ExecutedVersion"] == "2"
    assert b"Init Duration" not in base64.b64decode(answer["LogResult"])
