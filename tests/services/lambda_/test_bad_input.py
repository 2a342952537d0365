"""Whatever is asked for gets an answer of Lambda's: never a failure of its own."""

from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from skyglobe.services.lambda_ import lambda_
from skyglobe.testing.clouds import TestCloud
from tests.services.lambda_.conftest import ARN, ECHO, ONCE, make_role, zipped

NAMES = ("hello", "nobody", "hello:$LATEST", "hello:1", "hello:live", f"{ARN}:hello", "x" * 65, "a b", "..", "$LATEST")
LAYERS = ("tools", "arn:aws:lambda:us-east-1:000000000000:layer:tools", "arn:aws:lambda:eu-west-1:1:layer:tools", "?")
ARNS = (
    f"{ARN}:hello",
    f"{ARN}:hello:live",
    "arn:aws:lambda:us-east-1:000000000000:layer:tools:1",
    f"arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-{'a' * 17}",
    "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:1b2c3d4e-0000-4000-8000-000000000000",
    "arn:aws:lambda:us-east-1:000000000000:capacity-provider:x",
    "arn:aws:sqs:us-east-1:000000000000:work",
    "arn:aws:kinesis:us-east-1:000000000000:stream/s",
    "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/x",
    "not an ARN",
    "arn:aws:lambda",
)


def sample(name, shape, seed, depth=0):
    """Return a value for a member, another for each seed."""
    if name == "FunctionName":
        return NAMES[seed % len(NAMES)]
    if name == "LayerName":
        return LAYERS[seed % len(LAYERS)]
    if name.lower().endswith("arn") or name in ("Resource", "Destination", "Principal"):
        return ARNS[seed % len(ARNS)]
    if shape.enum:
        return shape.enum[seed % len(shape.enum)]
    if shape.type == "string":
        return ("1", "live", "$LATEST", "", "\ud800", "{}", "x" * 300)[seed % 7]
    if shape.type == "list":
        return [sample("", shape.element, seed, depth + 1)] * (seed % 3)
    if shape.type == "map":
        return {sample("", shape.key, seed, depth + 1): sample("", shape.value, seed, depth + 1)}
    if shape.type == "structure":
        return {key: sample(key, one, seed, depth + 1) for key, one in shape.members.items()} if depth < 5 else {}
    if shape.type == "timestamp":
        return seed * 1000
    return {"boolean": seed % 2 == 0, "blob": b"x" * seed}.get(shape.type, (0, 1, -1, 512, 2**31)[seed % 5])


@pytest.mark.parametrize("operation", sorted(lambda_.model.operation_names))
def test_no_input_is_too_strange(operation, client, something):
    model = lambda_.model.operation(operation)
    call = getattr(client, next(name for name, one in client.meta.method_to_api_mapping.items() if one == operation))
    for seed in range(12):
        members = model.input.members.items() if model.input is not None else ()
        whole = {name: sample(name, shape, seed) for name, shape in members}
        few = {name: whole[name] for name in (model.input.required if model.input is not None else ())}
        for params in (whole, few):
            try:
                answer = call(**params)
            except ClientError as error:
                answer = error.response
                assert answer["Error"]["Code"] != "InternalFailure", params
            except (UnicodeEncodeError, TypeError, ValueError, AttributeError):
                continue  # the client itself cannot write it down
            status = answer["ResponseMetadata"]["HTTPStatusCode"]
            assert status < 500 or status == 501, (params, answer)


@pytest.fixture(scope="module")
def one_cloud():
    made = TestCloud()
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(one_cloud):
    """A client of one cloud for all: what earlier calls left behind is part of what is tried."""
    aws = one_cloud.session()
    make_role(aws)
    return aws.client("lambda", config=ONCE)


@pytest.fixture
def something(client):
    """A function with a version, an alias and a layer, made anew when a call took it away."""
    with suppress(ClientError):
        client.create_function(
            FunctionName="hello",
            Runtime="python3.13",
            Role="arn:aws:iam::000000000000:role/lambda",
            Handler="app.handler",
            Publish=True,
            Code={"ZipFile": zipped(ECHO)},
        )
        client.create_alias(FunctionName="hello", Name="live", FunctionVersion="1")
        client.publish_layer_version(LayerName="tools", Content={"ZipFile": zipped("x = 1")})
