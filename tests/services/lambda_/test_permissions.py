"""Whom functions let in: policies of functions, versions and aliases, really asked."""

import json

import pytest

from tests.services.lambda_.conftest import ARN, make_user, zipped

OTHER = "111122223333"


@pytest.mark.spec("LAM-034")
def test_another_account_needs_a_statement(cloud, client, make_function, refusal):
    make_function("hello", Publish=True)
    other = cloud.session(OTHER).client("lambda")
    ask = {"FunctionName": f"{ARN}:hello", "InvocationType": "DryRun"}
    code, status, text = refusal(other.invoke, **ask)
    assert (code, status) == ("AccessDeniedException", 403)
    assert "lambda:InvokeFunction" in text
    added = client.add_permission(
        FunctionName="hello", StatementId="friend", Action="lambda:InvokeFunction", Principal=OTHER
    )
    assert json.loads(added["Statement"])["Principal"] == {"AWS": f"arn:aws:iam::{OTHER}:root"}
    assert other.invoke(**ask)["StatusCode"] == 204
    assert refusal(other.invoke, Qualifier="1", **ask)[0] == "AccessDeniedException"
    assert refusal(other.get_function, FunctionName=f"{ARN}:hello")[0] == "AccessDeniedException"
    again = {"FunctionName": "hello", "StatementId": "friend", "Action": "lambda:*", "Principal": "*"}
    assert refusal(client.add_permission, **again)[:2] == ("ResourceConflictException", 409)
    policy = client.get_policy(FunctionName="hello")
    assert [one["Sid"] for one in json.loads(policy["Policy"])["Statement"]] == ["friend"]
    client.remove_permission(FunctionName="hello", StatementId="friend", RevisionId=policy["RevisionId"])
    assert refusal(other.invoke, **ask)[0] == "AccessDeniedException"
    assert refusal(client.get_policy, FunctionName="hello") == (
        "ResourceNotFoundException", 404, "The resource you requested does not exist."
    )  # fmt: skip


@pytest.mark.spec("LAM-034")
def test_an_alias_has_a_policy_of_its_own(cloud, client, make_function, refusal):
    make_function("hello", Publish=True)
    client.create_alias(FunctionName="hello", Name="live", FunctionVersion="1")
    grant = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": OTHER}
    client.add_permission(FunctionName="hello", Qualifier="live", **grant)
    other = cloud.session(OTHER).client("lambda")
    assert other.invoke(FunctionName=f"{ARN}:hello:live", InvocationType="DryRun")["StatusCode"] == 204
    assert refusal(other.invoke, FunctionName=f"{ARN}:hello", InvocationType="DryRun")[1] == 403
    assert refusal(client.add_permission, FunctionName="hello", Qualifier="$LATEST", **grant)[2] == (
        "We currently do not support adding policies for $LATEST."
    )
    assert refusal(client.add_permission, FunctionName="hello", Qualifier="9", **grant)[1] == 404


@pytest.mark.spec("LAM-034")
def test_a_service_is_let_in_for_the_resource_that_the_statement_names(aws, client, make_function, refusal):
    make_function("hello")
    s3 = aws.client("s3")
    for bucket in ("right", "wrong"):
        s3.create_bucket(Bucket=bucket)
    client.add_permission(
        FunctionName="hello",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::right",
        SourceAccount="000000000000",
    )
    told = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": f"{ARN}:hello", "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket="right", NotificationConfiguration=told)
    code, _, _ = refusal(s3.put_bucket_notification_configuration, Bucket="wrong", NotificationConfiguration=told)
    assert code == "InvalidArgument"


def test_identities_are_held_to_functions_and_versions(cloud, aws, client, make_function, refusal):
    make_function("hello", Publish=True)
    statement = {"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": f"{ARN}:hello:1"}
    mine = cloud.session_with(make_user(aws, "dev", statement)).client("lambda")
    assert mine.invoke(FunctionName="hello", Qualifier="1", InvocationType="DryRun")["StatusCode"] == 204
    assert mine.invoke(FunctionName="hello:1", InvocationType="DryRun")["StatusCode"] == 204
    assert refusal(mine.invoke, FunctionName="hello", InvocationType="DryRun")[1] == 403
    assert refusal(mine.list_functions)[1] == 403


@pytest.mark.parametrize(
    "bad",
    [
        {"Principal": "nobody at all"},
        {"FunctionUrlAuthType": "NONE"},
        {"InvokedViaFunctionUrl": True, "Action": "lambda:InvokeFunctionUrl"},
    ],
)
def test_statements_that_mean_nothing_are_refused(bad, client, make_function, refusal):
    make_function("hello")
    grant = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": OTHER, **bad}
    assert refusal(client.add_permission, FunctionName="hello", **grant)[1] == 400


@pytest.mark.spec("LAM-032")
def test_layers_have_versions_that_functions_of_other_accounts_use_when_let_in(cloud, aws, client, role, refusal):
    published = [
        client.publish_layer_version(
            LayerName="tools", Content={"ZipFile": zipped({"python/tool.py": f"N = {n}"})}, CompatibleRuntimes=[runtime]
        )
        for n, runtime in ((1, "python3.13"), (2, "nodejs22.x"))
    ]
    assert [one["Version"] for one in published] == [1, 2]
    listed = client.list_layers(CompatibleRuntime="python3.13")["Layers"]
    assert [one["LatestMatchingVersion"]["Version"] for one in listed] == [1]
    assert [one["Version"] for one in client.list_layer_versions(LayerName="tools")["LayerVersions"]] == [2, 1]
    other = cloud.session(OTHER).client("lambda")
    arn = published[0]["LayerVersionArn"]
    assert refusal(other.get_layer_version_by_arn, Arn=arn)[:2] == ("AccessDeniedException", 403)
    client.add_layer_version_permission(
        LayerName="tools", VersionNumber=1, StatementId="all", Action="lambda:GetLayerVersion", Principal="*"
    )
    seen = other.get_layer_version_by_arn(Arn=arn)
    assert seen["Content"]["CodeSha256"] == published[0]["Content"]["CodeSha256"]
    client.delete_layer_version(LayerName="tools", VersionNumber=1)
    assert refusal(client.get_layer_version, LayerName="tools", VersionNumber=1)[1] == 404
    third = client.publish_layer_version(LayerName="tools", Content={"ZipFile": zipped("x = 1")})
    assert third["Version"] == 3


@pytest.mark.spec("LAM-032")
def test_a_function_takes_five_layers(client, make_function, refusal):
    arns = [
        client.publish_layer_version(LayerName=f"l{n}", Content={"ZipFile": zipped({f"{n}.txt": "x"})})[
            "LayerVersionArn"
        ]
        for n in range(6)
    ]
    code, status, text = refusal(make_function, Layers=arns)
    assert (code, status, text) == ("InvalidParameterValueException", 400, "Cannot reference more than 5 layers.")
    made = make_function("hello", Layers=arns[:5])
    assert [one["Arn"] for one in made["Layers"]] == arns[:5]
    client.delete_layer_version(LayerName="l0", VersionNumber=1)
    assert len(client.publish_version(FunctionName="hello")["Layers"]) == 5
    missing = [arns[0][:-1] + "9"]
    assert refusal(client.update_function_configuration, FunctionName="hello", Layers=missing)[1] == 400
    assert "Layers" not in client.update_function_configuration(FunctionName="hello", Layers=[])
