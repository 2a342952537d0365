"""Tables under a KMS key: who can use them, and when nobody can."""

import json

import pytest


@pytest.mark.spec("DDB-034")
def test_a_table_is_as_usable_as_its_key(aws, cloud, dynamodb, make_table, refused):
    assert "SSEDescription" not in make_table().describe()
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    given = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key["KeyId"]}}
    table = make_table(**given)
    described = table.describe()["SSEDescription"]
    assert described == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key["Arn"]}
    table.put({"pk": "a"})
    assert table.get({"pk": "a"}) == {"pk": "a"}
    kms.disable_key(KeyId=key["KeyId"])
    assert table.describe()["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    cloud.turn(minutes=6)
    code, status, text = refused(table.get, {"pk": "a"})
    assert (code, status) == ("AccessDeniedException", 400)
    assert "is disabled" in text
    assert refused(table.put, {"pk": "b"})[0] == "AccessDeniedException"
    kms.enable_key(KeyId=key["KeyId"])
    assert table.describe()["TableStatus"] == "ACTIVE"
    assert table.get({"pk": "a"}) == {"pk": "a"}
    lost = {"SSESpecification": {"Enabled": True, "KMSMasterKeyId": "alias/nobody"}}
    assert refused(make_table, **lost)[0] == "AccessDeniedException"
    dynamodb.update_table(TableName=table.name, SSESpecification={"Enabled": False})
    kms.disable_key(KeyId=key["KeyId"])
    cloud.turn(minutes=6)
    assert table.get({"pk": "a"}) == {"pk": "a"}


def test_who_uses_a_table_under_a_key_needs_the_key(aws, cloud, make_table, refused):
    iam = aws.client("iam")
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    own = make_table(SSESpecification={"Enabled": True, "KMSMasterKeyId": key})
    shared = make_table(SSESpecification={"Enabled": True})
    iam.create_user(UserName="reader")
    allow = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}

    def may(statement):
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=document)

    may([allow])
    client = cloud.session_with(iam.create_access_key(UserName="reader")["AccessKey"]).client("dynamodb")
    asked = {"TableName": own.name, "Key": {"pk": {"S": "a"}}}
    code, _, text = refused(client.get_item, **asked)
    assert code == "AccessDeniedException"
    assert f"kms:Decrypt on resource: {key}" in text
    assert "Item" not in client.get_item(**{**asked, "TableName": shared.name})
    through = {"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}}
    may([allow, {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": through}])
    assert "Item" not in client.get_item(**asked)
