"""Whatever is sent, the answer is AWS's error, never a defect of ours."""

import json
from contextlib import suppress

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyglobe.models import load
from skyglobe.testing.interception import wire_request
from tests.services.within import ClientWithin

MODEL = load("sqs")
URL = "http://localhost:4566/000000000000/orders"
ARN = "arn:aws:sqs:us-east-1:000000000000:orders"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def value_of(shape, depth=0):
    """Draw what the shape asks for, or, now and then, anything."""
    if shape.type == "structure":
        fields = {name: value_of(member, depth + 1) for name, member in shape.members.items()}
        drawn = st.fixed_dictionaries({}, optional=fields)
    elif shape.type == "list":
        drawn = st.lists(value_of(shape.element, depth + 1), max_size=12)
    elif shape.type == "map":
        keys = st.sampled_from([*shape.key.enum, "a"]) | st.text(max_size=10) | st.just("\ud800")
        drawn = st.dictionaries(keys, value_of(shape.value, depth + 1), max_size=3)
    elif shape.type in ("integer", "long"):
        drawn = st.integers() | st.integers(min_value=-1, max_value=50)
    elif shape.type == "boolean":
        drawn = st.booleans()
    else:
        choices = [
            *shape.enum,
            "orders",
            "orders.fifo",
            "g",
            "String",
            "Number",
            "1",
            "true",
            URL,
            ARN,
            "AQEB" + "A" * 48,
        ]
        drawn = st.sampled_from(choices) | st.text(max_size=20) | st.just("\ud800")
    return st.one_of(drawn, drawn, drawn, JSON) if depth < 2 else drawn


@pytest.mark.parametrize("operation", sorted(MODEL.operation_names))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_input_meets_a_defect(cloud, operation, data):
    shape = MODEL.operation(operation).input
    members = data.draw(value_of(shape)) if shape is not None else {}
    if isinstance(members, dict) and "QueueUrl" in shape.members:
        members["QueueUrl"] = data.draw(st.sampled_from([URL, URL + ".fifo", "nowhere"]))
    for name in ("orders", "orders.fifo"):
        attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        with suppress(ClientError):  # it is there with other attributes, or was deleted just now
            ClientWithin(cloud, "sqs").create_queue(QueueName=name, Attributes=attributes)
    if operation == "ReceiveMessage" and isinstance(members, dict):
        members["WaitTimeSeconds"] = 0
    response = send(cloud, operation, members)
    assert response.status < 500, response.body


def send(cloud, operation, members):
    request = AWSRequest("POST", "http://localhost:4566/", data=json.dumps(members))
    request.headers["Content-Type"] = "application/x-amz-json-1.0"
    request.headers["X-Amz-Target"] = f"AmazonSQS.{operation}"
    SigV4Auth(Credentials("test", "test"), "sqs", "us-east-1").add_auth(request)
    return cloud.send(wire_request(request.prepare()))
