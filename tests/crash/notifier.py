"""A cloud that writes what somebody is to be told of, and is killed before it tells. Run with the folder to work in."""

import json
import os
import signal
import sys
from pathlib import Path

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud


def main(folder: Path) -> None:
    cloud = TestCloud(Config(folder=folder))
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    s3.create_bucket(Bucket="yard")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    configuration = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket="yard", NotificationConfiguration=configuration)
    cloud.kernel.outbox.stop()
    s3.put_object(Bucket="yard", Key="apple", Body=b"red")
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
