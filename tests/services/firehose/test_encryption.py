"""Delivery streams and what they deliver, under customers' KMS keys."""

from tests.services.firehose.conftest import policy


def test_records_are_taken_as_long_as_the_keys_can_be_used(aws, cloud, make_stream, firehose, s3, refused):
    kms = aws.client("kms")
    buffered, stored = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    stream = make_stream(EncryptionConfiguration={"KMSEncryptionConfig": {"AWSKMSKeyARN": stored}})
    may = policy({"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": stored})
    aws.client("iam").put_role_policy(RoleName="firehose", PolicyName="keys", PolicyDocument=may)
    own = {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": buffered}
    asked = {"DeliveryStreamName": stream.name, "DeliveryStreamEncryptionConfigurationInput": own}
    firehose.start_delivery_stream_encryption(**asked)
    (grant,) = kms.list_grants(KeyId=buffered)["Grants"]
    assert grant["GranteePrincipal"] == "firehose.amazonaws.com"
    assert stream.put("x")["Encrypted"] is True
    cloud.turn(minutes=6)
    (found,) = s3.list_objects_v2(Bucket="landing")["Contents"]
    assert s3.head_object(Bucket="landing", Key=found["Key"])["SSEKMSKeyId"] == stored
    kms.disable_key(KeyId=buffered)
    assert refused(stream.put, "y")[0] == "InvalidKMSResourceException"
    firehose.stop_delivery_stream_encryption(DeliveryStreamName=stream.name)
    assert stream.put("y")["Encrypted"] is False
    assert refused(firehose.start_delivery_stream_encryption, **asked)[0] == "InvalidKMSResourceException"
