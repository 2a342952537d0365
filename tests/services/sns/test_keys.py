"""Topics with a KMS key: who publishes must be allowed to use it."""

import json

import pytest


@pytest.mark.spec("SNS-010")
def test_publishers_need_the_topics_key(aws, cloud, refused):
    sns, kms, iam = aws.client("sns"), aws.client("kms"), aws.client("iam")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    topic = sns.create_topic(Name="sealed", Attributes={"KmsMasterKeyId": key})["TopicArn"]

    def publisher(name, *actions):
        iam.create_user(UserName=name)
        allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        return cloud.session_with(iam.create_access_key(UserName=name)["AccessKey"]).client("sns")

    message = {"TopicArn": topic, "Message": "x"}
    code, status, text = refused(publisher("bare", "sns:Publish").publish, **message)
    assert (code, status) == ("KMSAccessDenied", 400)
    assert "kms:GenerateDataKey" in text
    entries = [{"Id": "1", "Message": "x"}]
    half = publisher("half", "sns:Publish", "kms:GenerateDataKey")
    assert refused(half.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)[0] == "KMSAccessDenied"
    assert publisher("whole", "sns:Publish", "kms:GenerateDataKey", "kms:Decrypt").publish(**message)["MessageId"]
    kms.disable_key(KeyId=key)
    assert refused(sns.publish, **message) == ("KMSDisabled", 400, f"{key} is disabled.")
    other = sns.create_topic(Name="lost", Attributes={"KmsMasterKeyId": "alias/nobody"})["TopicArn"]
    assert refused(sns.publish, TopicArn=other, Message="x")[0] == "KMSNotFound"


def test_a_topic_reaches_a_queue_under_a_key_whose_policy_lets_it(aws, cloud):
    sns, sqs, kms = aws.client("sns"), aws.client("sqs"), aws.client("kms")
    key = kms.create_key()["KeyMetadata"]
    topic = sns.create_topic(Name="news")["TopicArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": "*"}]})
    attributes = {"KmsMasterKeyId": key["KeyId"], "Policy": policy}
    url = sqs.create_queue(QueueName="reader", Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    own = json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"])
    own["Statement"].append({**allow, "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"})
    kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(own))
    sns.publish(TopicArn=topic, Message="let in")
    cloud.settle()
    assert [one["Body"] for one in sqs.receive_message(QueueUrl=url)["Messages"]] == ["let in"]
