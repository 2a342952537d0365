"""Environment variables under a KMS key: who sees them, and that functions get them."""

from tests.services.lambda_.conftest import make_role, make_user

CODE = "import os\ndef handler(event, context):\n    return os.environ['SECRET']\n"


def test_variables_under_a_key_reach_the_function_and_those_who_may_decrypt(aws, cloud, client, make_function, refusal):
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    variables = {"Variables": {"SECRET": "treasure"}}
    role = make_role(aws, "bare", actions=())
    made = make_function("sealed", CODE, Environment=variables, KMSKeyArn=key, Role=role)
    assert (made["KMSKeyArn"], made["Environment"]) == (key, variables)
    assert client.invoke(FunctionName="sealed")["Payload"].read() == b'"treasure"'
    looking = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
    looker = cloud.session_with(make_user(aws, "looker", looking)).client("lambda")
    hidden = looker.get_function_configuration(FunctionName="sealed")
    assert "Variables" not in hidden["Environment"]
    assert hidden["Environment"]["Error"]["ErrorCode"] == "AccessDeniedException"
    refused = {"FunctionName": "sealed", "Environment": {"Variables": {"SECRET": "x"}}, "KMSKeyArn": key}
    kms.disable_key(KeyId=key)
    assert refusal(client.update_function_configuration, **refused)[0] == "InvalidParameterValueException"
    cloud.turn(minutes=6)
    assert refusal(client.invoke, FunctionName="sealed")[:2] == ("KMSDisabledException", 502)
    kms.enable_key(KeyId=key)
    client.update_function_configuration(FunctionName="sealed", KMSKeyArn="")
    assert client.get_function_configuration(FunctionName="sealed")["Environment"] == variables
