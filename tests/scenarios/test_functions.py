"""Functions as people write them: a web framework, pictures, npm packages, and a queue with poison in it."""

import http.client
import io
import json
import sys
from urllib.parse import urlsplit

import pytest

from tests.scenarios.conftest import zip_folder
from tests.services.lambda_.conftest import ARN

WEB = """
from apig_wsgi import make_lambda_handler
from flask import Flask, jsonify, request

app = Flask(__name__)

@app.get("/hello/<name>")
def hello(name):
    return jsonify(hello=name, shout=request.args.get("shout", ""))

@app.post("/upload")
def upload():
    response = jsonify(size=len(request.get_data()), kind=request.content_type)
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response, 201

handler = make_lambda_handler(app, binary_support=True)
"""


def ask(endpoint, url, method, path, body=None, headers=None):
    """Send a request to the host name of a URL, over a socket of the cloud; return status, headers and body."""
    place = urlsplit(endpoint)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    connection.request(method, path, body, {"Host": urlsplit(url).netloc, **(headers or {})})
    response = connection.getresponse()
    answer = response.status, response.headers, response.read()
    connection.close()
    return answer


@pytest.mark.spec("LAM-035")
def test_a_web_application_from_a_layer_answers_at_a_function_url(endpoint, client, make_function, pip_layer):
    layer = client.publish_layer_version(
        LayerName="web",
        Content={"ZipFile": zip_folder(pip_layer("web", "flask", "apig-wsgi"))},
        CompatibleRuntimes=["python3.13"],
    )
    make_function("web", WEB, Layers=[layer["LayerVersionArn"]], Timeout=30, MemorySize=512)
    url = client.create_function_url_config(FunctionName="web", AuthType="NONE")["FunctionUrl"]
    for statement, action in (("a", "lambda:InvokeFunctionUrl"), ("b", "lambda:InvokeFunction")):
        client.add_permission(FunctionName="web", StatementId=statement, Action=action, Principal="*")
    status, _, body = ask(endpoint, url, "GET", "/hello/you%20there?shout=loud")
    assert (status, json.loads(body)) == (200, {"hello": "you there", "shout": "loud"})
    data = bytes(range(256)) * 40
    headers = {"Content-Type": "application/octet-stream"}
    status, answered, body = ask(endpoint, url, "POST", "/upload", data, headers)
    assert (status, json.loads(body)) == (201, {"size": len(data), "kind": "application/octet-stream"})
    cookies = [one.partition(";")[0] for one in answered.get_all("set-cookie")]
    assert cookies == ["one=1", "two=2"]
    assert ask(endpoint, url, "GET", "/nothing")[0] == 404


SHRINK = """
import io, urllib.parse, boto3
from PIL import Image

s3 = boto3.client("s3")

def handler(event, context):
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        picture = Image.open(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
        picture.thumbnail((64, 64))
        out = io.BytesIO()
        picture.save(out, "JPEG")
        s3.put_object(Bucket="thumbnails", Key=key, Body=out.getvalue(), ContentType="image/jpeg")
"""


@pytest.mark.spec("LAM-020")
def test_pictures_that_are_put_into_a_bucket_are_made_small(
    cloud, endpoint, aws, client, make_function, pip_layer, monkeypatch
):
    folder = pip_layer("pictures", "pillow")
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder / "python")])
    from PIL import Image

    s3 = aws.client("s3")
    for bucket in ("pictures", "thumbnails"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="thumbnails", Key="layer.zip", Body=zip_folder(folder))
    content = {"S3Bucket": "thumbnails", "S3Key": "layer.zip"}
    layer = client.publish_layer_version(LayerName="pictures", Content=content)["LayerVersionArn"]
    variables = {"AWS_ENDPOINT_URL": endpoint}
    make_function("shrink", SHRINK, Layers=[layer], Timeout=60, MemorySize=1024, Environment={"Variables": variables})
    client.add_permission(
        FunctionName="shrink",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::pictures",
    )
    told = {"LambdaFunctionArn": f"{ARN}:shrink", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="pictures", NotificationConfiguration={"LambdaFunctionConfigurations": [told]}
    )
    sizes = {"wide one.jpg": (640, 320), "tall/two.jpg": (300, 900)}
    for key, size in sizes.items():
        out = io.BytesIO()
        Image.effect_noise(size, 60).convert("RGB").save(out, "JPEG")
        s3.put_object(Bucket="pictures", Key=key, Body=out.getvalue())
    cloud.settle()
    cloud.settle()
    for key, size in sizes.items():
        small = Image.open(io.BytesIO(s3.get_object(Bucket="thumbnails", Key=key)["Body"].read()))
        assert small.format == "JPEG"
        assert max(small.size) == 64
        assert (small.size[0] > small.size[1]) == (size[0] > size[1])


NODE = """
import ms from "ms";
export const handler = async (event) => ({ milliseconds: ms(event.text), node: process.version.length > 0 });
"""


@pytest.mark.spec("LAM-006")
def test_a_node_function_brings_its_npm_packages(client, role, npm_folder):
    package = zip_folder(npm_folder("node", "ms@2"), **{"app.mjs": NODE})
    client.create_function(
        FunctionName="node",
        Runtime="nodejs22.x",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": package},
        Timeout=30,
    )
    answer = client.invoke(FunctionName="node", Payload=b'{"text": "2 days"}')
    assert json.loads(answer["Payload"].read()) == {"milliseconds": 172_800_000, "node": True}


POISON = """
def handler(event, context):
    failed = [one["messageId"] for one in event["Records"] if int(one["body"]) % 20 == 0]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""


@pytest.mark.spec("LAM-025", "LAM-036")
def test_of_a_thousand_messages_exactly_the_poisoned_end_as_dead_letters(cloud, client, make_function, make_queue):
    dead = make_queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3})
    work = make_queue("work", VisibilityTimeout="30", RedrivePolicy=redrive)
    make_function("sieve", POISON, Timeout=30)
    client.create_event_source_mapping(
        FunctionName="sieve",
        EventSourceArn=work.arn,
        BatchSize=50,
        MaximumBatchingWindowInSeconds=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    for start in range(0, 1000, 10):
        entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(start, start + 10)]
        work.client.send_message_batch(QueueUrl=work.url, Entries=entries)
    cloud.turn(minutes=3)
    assert work.counts == (0, 0)
    assert sorted(int(one["Body"]) for one in dead.take()) == list(range(0, 1000, 20))
