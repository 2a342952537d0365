"""Records that a function transforms on their way to S3."""

import base64
import json

import pytest

from tests.services.firehose.conftest import BUCKET, make_role, policy
from tests.services.lambda_.conftest import zipped

CODE = """
import base64, json
def handler(event, context):
    answered = []
    for record in event["records"]:
        text = base64.b64decode(record["data"]).decode()
        if text == "explode":
            raise ValueError(text)
        result = {"drop": "Dropped", "fail": "ProcessingFailed"}.get(text, "Ok")
        data = base64.b64encode((text.upper() + "\\n").encode()).decode()
        if text != "forget":
            answered.append({"recordId": record["recordId"], "result": result, "data": data})
    return {"records": answered}
"""
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:shout"


@pytest.fixture
def shout(aws):
    role = make_role(aws, "lambda", actions=("logs:*",), service="lambda.amazonaws.com")
    aws.client("lambda").create_function(
        FunctionName="shout", Runtime="python3.13", Role=role, Handler="app.handler", Code={"ZipFile": zipped(CODE)}
    )


def transforming(**parameters):
    given = {"LambdaArn": FUNCTION, **parameters}
    named = [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": named}]}


@pytest.fixture
def allowed(aws, role):
    document = policy({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION})
    aws.client("iam").put_role_policy(RoleName="firehose", PolicyName="invoke", PolicyDocument=document)


@pytest.mark.spec("KFH-006")
def test_a_function_makes_what_it_will_of_records(cloud, make_stream, landed, shout, allowed):
    stream = make_stream(ProcessingConfiguration=transforming())
    stream.put_many([b"one", b"drop", b"fail", b"forget", b"two"])
    cloud.turn(301)
    found = landed()
    (good,) = [content for key, content in found.items() if not key.startswith("processing-failed/")]
    assert good == b"ONE\nTWO\n"
    (bad,) = [content for key, content in found.items() if key.startswith("processing-failed/")]
    lines = [json.loads(line) for line in bad.splitlines()]
    told = {base64.b64decode(line["rawData"]): line["errorCode"] for line in lines}
    assert told == {b"fail": "Lambda.ProcessingFailedStatus", b"forget": "Lambda.MissingRecordId"}


def test_what_a_function_fails_with_goes_to_the_error_prefix(cloud, make_stream, landed, shout, allowed):
    stream = make_stream(ProcessingConfiguration=transforming(NumberOfRetries="1"), ErrorOutputPrefix="errors/")
    stream.put_many([b"one", b"explode"])
    cloud.turn(301)
    ((key, content),) = landed().items()
    assert key.startswith("errors/")
    assert {json.loads(line)["errorCode"] for line in content.splitlines()} == {"Lambda.FunctionError"}


def test_a_role_that_may_not_invoke_the_function_delivers_errors(cloud, make_stream, landed, shout):
    stream = make_stream(ProcessingConfiguration=transforming(), ErrorOutputPrefix="errors/")
    stream.put(b"one")
    cloud.turn(301)
    (content,) = landed("errors/").values()
    assert json.loads(content)["errorCode"] == "Lambda.InvokeAccessDenied"


PARTING = """
import base64
def handler(event, context):
    def given(record):
        text = base64.b64decode(record["data"]).decode()
        keys = {"kind": text[0], "other": text} if text != "wrong" else ["kind"]
        metadata = {"metadata": {"partitionKeys": keys}} if text != "none" else {}
        return {"recordId": record["recordId"], "result": "Ok", "data": record["data"], **metadata}
    return {"records": [given(record) for record in event["records"]]}
"""


def test_a_function_gives_the_keys_that_records_are_parted_by(cloud, aws, make_stream, landed, shout, allowed, refused):
    aws.client("lambda").update_function_code(FunctionName="shout", ZipFile=zipped(PARTING))
    prefix = {"Prefix": "k=!{partitionKeyFromLambda:kind}/", "ErrorOutputPrefix": "bad/"}
    partitioned = {
        **prefix,
        "DynamicPartitioningConfiguration": {"Enabled": True},
        "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
    }
    assert refused(make_stream, **partitioned)[0] == "InvalidArgumentException"
    stream = make_stream(**partitioned, ProcessingConfiguration=transforming())
    stream.put_many([b"apple", b"avocado", b"berry", b"none", b"wrong"])
    cloud.turn(61)
    found = {key.split("/")[0]: content for key, content in landed("k=").items()}
    assert found == {"k=a": b"appleavocado", "k=b": b"berry"}
    (bad,) = landed("bad/").values()
    told = {base64.b64decode(one["rawData"]): one["errorCode"] for one in map(json.loads, bad.splitlines())}
    assert told == {b"none": "DynamicPartitioning.MissingPartitionKey", b"wrong": "Lambda.JsonProcessingException"}


def test_records_for_an_endpoint_are_transformed_too(cloud, firehose, role, endpoint, landed, shout, allowed, refused):
    configuration = {
        "EndpointConfiguration": {"Url": endpoint.url, "Name": "mine"},
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
        "RoleARN": role,
        "S3Configuration": {"RoleARN": role, "BucketARN": BUCKET},
        "ProcessingConfiguration": transforming(),
    }
    delimiting = {"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord"}]}
    wrong = configuration | {"ProcessingConfiguration": delimiting}
    create = firehose.create_delivery_stream
    asked = {"DeliveryStreamName": "out", "HttpEndpointDestinationConfiguration": wrong}
    assert refused(create, **asked)[0] == "InvalidArgumentException"
    create(DeliveryStreamName="out", HttpEndpointDestinationConfiguration=configuration)
    data = [{"Data": text} for text in (b"one", b"drop", b"fail")]
    firehose.put_record_batch(DeliveryStreamName="out", Records=data)
    cloud.turn(61)
    ((_, content),) = endpoint.requests
    assert [base64.b64decode(record["data"]) for record in content["records"]] == [b"ONE\n"]
    ((key, lost),) = landed().items()
    assert key.startswith("processing-failed/")
    assert base64.b64decode(json.loads(lost)["rawData"]) == b"fail"
