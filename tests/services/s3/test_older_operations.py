"""What older programs call: the operations that today's took the place of, over the same requests."""


def test_lifecycle_rules_are_put_and_read_in_their_older_form(s3, bucket):
    rule = {"ID": "old", "Prefix": "logs/", "Status": "Enabled", "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle(Bucket=bucket)["Rules"] == [rule]
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"] == "old"


def test_one_queue_is_told_of_events_in_the_older_form(cloud, aws, s3, bucket):
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},'
        f'"Action":"sqs:SendMessage","Resource":"{arn}"}}]}}'
    )
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    asked = {"Id": "one", "Queue": arn, "Events": ["s3:ObjectCreated:Put"]}
    s3.put_bucket_notification(Bucket=bucket, NotificationConfiguration={"QueueConfiguration": asked})
    found = s3.get_bucket_notification(Bucket=bucket)["QueueConfiguration"]
    assert (found["Id"], found["Queue"], found["Events"]) == ("one", arn, ["s3:ObjectCreated:Put"])
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    cloud.settle()
    bodies = [message["Body"] for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    assert any("ObjectCreated:Put" in body for body in bodies)


def test_torrents_are_given_up(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    with refused("MethodNotAllowed", 405):
        s3.get_object_torrent(Bucket=bucket, Key="a")
    with refused("NoSuchKey", 404):
        s3.get_object_torrent(Bucket=bucket, Key="b")
