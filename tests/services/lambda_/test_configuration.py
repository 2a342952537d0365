"""What functions may be configured to be."""

import pytest

from skyglobe.kernel.config import Config
from tests.services.lambda_.conftest import ARN, make_role, zipped


@pytest.mark.spec("LAM-009", "LAM-010", "LAM-012")
def test_memory_time_and_disk_have_limits(client, make_function, refusal):
    make_function("hello", MemorySize=10_240, Timeout=900, EphemeralStorage={"Size": 10_240})
    update = client.update_function_configuration
    for bad in ({"MemorySize": 127}, {"MemorySize": 10_241}, {"Timeout": 901}, {"Timeout": 0}):
        code, status, _ = refusal(update, FunctionName="hello", **bad)
        assert code in ("ValidationException", "InvalidParameterValueException")
        assert status == 400
    for size in (511, 10_241):
        assert refusal(update, FunctionName="hello", EphemeralStorage={"Size": size})[1] == 400
    kept = client.get_function_configuration(FunctionName="hello")
    assert (kept["MemorySize"], kept["Timeout"], kept["EphemeralStorage"]) == (10_240, 900, {"Size": 10_240})


@pytest.mark.spec("LAM-011")
def test_environment_variables_take_four_kilobytes(client, make_function, refusal):
    room = 4096 - len('{"NAME":""}')
    made = make_function("hello", Environment={"Variables": {"NAME": "x" * room}})
    assert made["Environment"]["Variables"] == {"NAME": "x" * room}
    update = client.update_function_configuration
    too_long = {"Variables": {"NAME": "x" * (room + 1)}}
    code, status, text = refusal(update, FunctionName="hello", Environment=too_long)
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert "exceeded the 4KB limit. String measured: " in text
    reserved = {"Variables": {"AWS_REGION": "x"}}
    assert refusal(update, FunctionName="hello", Environment=reserved)[2].endswith(
        "Reserved keys used in this request: AWS_REGION"
    )
    assert "Environment" not in update(FunctionName="hello", Environment={"Variables": {}})


def test_what_is_not_named_in_an_update_stays(client, make_function):
    before = make_function("hello", Description="d", Environment={"Variables": {"AB": "1"}}, Timeout=7)
    after = client.update_function_configuration(FunctionName="hello", MemorySize=512)
    assert (after["Description"], after["Environment"], after["Timeout"]) == ("d", {"Variables": {"AB": "1"}}, 7)
    assert after["RevisionId"] != before["RevisionId"]
    same = client.update_function_configuration(FunctionName="hello", MemorySize=512)
    assert same["RevisionId"] == after["RevisionId"]


def test_logging_levels_are_for_json(client, make_function, refusal):
    make_function("hello")
    shown = client.get_function_configuration(FunctionName="hello")["LoggingConfig"]
    assert shown == {"LogFormat": "Text", "LogGroup": "/aws/lambda/hello"}
    update = client.update_function_configuration
    json_logs = update(FunctionName="hello", LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    assert json_logs["LoggingConfig"] == {
        "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN", "LogGroup": "/aws/lambda/hello"
    }  # fmt: skip
    bad = {"LogFormat": "Text", "SystemLogLevel": "WARN"}
    assert refusal(update, FunctionName="hello", LoggingConfig=bad)[0] == "InvalidParameterValueException"


def test_the_role_must_be_allowed_to_send_dead_letters(aws, client, make_function, refusal):
    aws.client("sqs").create_queue(QueueName="dead")
    arn = "arn:aws:sqs:us-east-1:000000000000:dead"
    poor = make_role(aws, "poor", actions=("logs:*",))
    code, _, text = refusal(make_function, name="x", Role=poor, DeadLetterConfig={"TargetArn": arn})
    assert code == "InvalidParameterValueException"
    assert text == "The provided execution role does not have permissions to call SendMessage on SQS"
    assert make_function(DeadLetterConfig={"TargetArn": arn})["DeadLetterConfig"] == {"TargetArn": arn}
    make_function("poor", Role=poor)
    destinations = {"OnFailure": {"Destination": arn}}
    put = client.put_function_event_invoke_config
    code, _, text = refusal(put, FunctionName="poor", DestinationConfig=destinations)
    assert code == "InvalidParameterValueException"
    assert text == "The function execution role does not have permissions to call SendMessage on SQS"
    bus = {"OnFailure": {"Destination": "arn:aws:events:us-east-1:000000000000:event-bus/default"}}
    assert put(FunctionName="hello", DestinationConfig=bus)["DestinationConfig"]["OnFailure"] == bus["OnFailure"]
    assert refusal(put, FunctionName="poor", DestinationConfig=bus)[2].endswith("to call PutEvents on EventBridge")
    for bad in ("arn:aws:sqs:us-east-1:000000000000:q.fifo", "arn:aws:dynamodb:us-east-1:000000000000:table/t", "x"):
        destinations = {"OnFailure": {"Destination": bad}}
        assert refusal(put, FunctionName="hello", DestinationConfig=destinations)[1] == 400


def test_unsigned_code_is_blocked_where_signatures_are_enforced(client, make_function, refusal):
    profile = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/abcdefghij"
    created = client.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [profile]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    )["CodeSigningConfig"]
    arn = created["CodeSigningConfigArn"]
    assert refusal(make_function, name="x", CodeSigningConfigArn=arn)[:2] == ("CodeVerificationFailedException", 400)
    make_function("hello")
    client.put_function_code_signing_config(FunctionName="hello", CodeSigningConfigArn=arn)
    update = {"FunctionName": "hello", "ZipFile": zipped("x = 1")}
    assert refusal(client.update_function_code, **update)[0] == "CodeVerificationFailedException"
    assert client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"] == [f"{ARN}:hello"]
    assert refusal(client.delete_code_signing_config, CodeSigningConfigArn=arn)[0] == "ResourceConflictException"
    client.update_code_signing_config(
        CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"}
    )
    client.update_function_code(**update)
    client.delete_function_code_signing_config(FunctionName="hello")
    client.delete_code_signing_config(CodeSigningConfigArn=arn)
    assert client.list_code_signing_configs()["CodeSigningConfigs"] == []


def test_snap_start_is_for_published_versions_of_some_runtimes(client, make_function, refusal):
    assert refusal(make_function, Runtime="nodejs22.x", SnapStart={"ApplyOn": "PublishedVersions"})[2] == (
        "nodejs22.x is not supported for SnapStart enabled functions."
    )
    made = make_function("hello", SnapStart={"ApplyOn": "PublishedVersions"})
    assert made["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    assert client.publish_version(FunctionName="hello")["SnapStart"]["OptimizationStatus"] == "On"


def test_runtime_management_and_recursion_are_kept(client, make_function, refusal):
    make_function("hello")
    shown = client.get_runtime_management_config(FunctionName="hello")
    assert shown["UpdateRuntimeOn"] == "Auto"
    put = client.put_runtime_management_config
    assert refusal(put, FunctionName="hello", UpdateRuntimeOn="Manual")[0] == "InvalidParameterValueException"
    put(FunctionName="hello", UpdateRuntimeOn="Manual", RuntimeVersionArn=shown["RuntimeVersionArn"])
    assert client.get_runtime_management_config(FunctionName="hello")["UpdateRuntimeOn"] == "Manual"
    assert client.get_function_recursion_config(FunctionName="hello")["RecursiveLoop"] == "Terminate"
    client.put_function_recursion_config(FunctionName="hello", RecursiveLoop="Allow")
    assert client.get_function_recursion_config(FunctionName="hello")["RecursiveLoop"] == "Allow"


class TestAtARealisticPace:
    @pytest.fixture
    def cloud_config(self):
        return Config(pace="realistic")

    @pytest.mark.spec("LAM-037")
    def test_changes_are_refused_while_one_is_in_progress(self, cloud, client, make_function, refusal):
        made = make_function("hello")
        assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
        code, status, text = refusal(client.invoke, FunctionName="hello")
        assert (code, status) == ("ResourceConflictException", 409)
        assert text.endswith("The function is currently in the following state: Pending")
        assert refusal(client.publish_version, FunctionName="hello")[0] == "ResourceConflictException"
        cloud.turn(5)
        client.get_waiter("function_active_v2").wait(FunctionName="hello", WaiterConfig={"MaxAttempts": 1})
        changed = client.update_function_configuration(FunctionName="hello", MemorySize=256)
        assert changed["LastUpdateStatus"] == "InProgress"
        code, status, text = refusal(client.update_function_code, FunctionName="hello", ZipFile=zipped("x = 1"))
        assert (code, status) == ("ResourceConflictException", 409)
        assert text.endswith(f"An update is in progress for resource: {ARN}:hello")
        cloud.turn(5)
        client.get_waiter("function_updated_v2").wait(FunctionName="hello", WaiterConfig={"MaxAttempts": 1})

    @pytest.mark.spec("LAM-037")
    def test_a_version_with_snap_start_takes_its_time(self, cloud, client, make_function):
        make_function("hello", SnapStart={"ApplyOn": "PublishedVersions"})
        cloud.turn(5)
        assert client.publish_version(FunctionName="hello")["State"] == "Pending"
        cloud.turn(90)
        waiter = client.get_waiter("published_version_active")
        waiter.wait(FunctionName="hello", Qualifier="1", WaiterConfig={"MaxAttempts": 1})
