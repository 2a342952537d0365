"""AWS's Encryption SDK, which encrypts at home under data keys of KMS, and decrypts in another Region."""

import pytest

pytest.importorskip("aws_encryption_sdk")

from aws_encryption_sdk import EncryptionSDKClient
from aws_encryption_sdk.key_providers.kms import MRKAwareStrictAwsKmsMasterKeyProvider as Provider


@pytest.mark.spec("KMS-025")
def test_what_is_encrypted_in_one_region_is_decrypted_in_another_by_its_own_key(cloud):
    client = EncryptionSDKClient()
    home, abroad = cloud.session(region="us-east-1"), cloud.session(region="eu-west-1")
    kms = home.client("kms")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]
    replica = kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]
    text, context = b"attribute " * 1000, {"table": "orders"}
    own = Provider(key_ids=[key["Arn"]], botocore_session=cloud.session(region="us-east-1")._session)
    sealed, _ = client.encrypt(source=text, key_provider=own, encryption_context=context)
    table = {"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"}
    table["KeySchema"] = [{"AttributeName": "id", "KeyType": "HASH"}]
    table["AttributeDefinitions"] = [{"AttributeName": "id", "AttributeType": "S"}]
    dynamodb = home.client("dynamodb")
    dynamodb.create_table(**table)
    dynamodb.update_table(TableName="orders", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    dynamodb.put_item(TableName="orders", Item={"id": {"S": "1"}, "card": {"B": sealed}})
    cloud.settle()
    kms.disable_key(KeyId=key["KeyId"])
    found = abroad.client("dynamodb").get_item(TableName="orders", Key={"id": {"S": "1"}})["Item"]["card"]["B"]
    assert text not in found
    theirs = Provider(key_ids=[replica["Arn"]], botocore_session=cloud.session(region="eu-west-1")._session)
    opened, header = client.decrypt(source=found, key_provider=theirs)
    assert opened == text
    assert header.encryption_context["table"] == "orders"
