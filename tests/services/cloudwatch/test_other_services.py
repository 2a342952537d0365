"""What Lambda, SNS, Firehose, Logs and S3 count; a function as what an alarm does."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.services.cloudwatch.conftest import metric
from tests.services.lambda_.conftest import ACCOUNT, make_role, zipped

CODE = """
import json
from datetime import UTC, datetime, timedelta
def handler(event, context):
    if event.get("fail"):
        raise ValueError("asked to")
    print(json.dumps(event))
    return event
"""


@pytest.mark.spec("CWA-015")
def test_a_function_is_invoked_by_an_alarm_and_counts_that(aws, cloudwatch, cloud, minute, ask, make_alarm, put, state):
    functions = aws.client("lambda")
    arn = functions.create_function(
        FunctionName="watch",
        Code={"ZipFile": zipped(CODE)},
        Runtime="python3.13",
        Handler="app.handler",
        Role=make_role(aws),
        Timeout=30,
    )["FunctionArn"]
    make_alarm("bell", AlarmActions=[arn])
    assert "AccessDenied" in _ring(cloudwatch, cloud, "refused")
    functions.add_permission(
        FunctionName="watch",
        StatementId="a",
        Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com",
        SourceArn=f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:bell",
    )
    cloudwatch.set_alarm_state(AlarmName="bell", StateValue="OK", StateReason="again")
    assert "Succeeded" in _ring(cloudwatch, cloud, "by hand")
    functions.invoke(FunctionName="watch", Payload=json.dumps({"fail": True}))
    cloud.settle()
    (line,) = aws.client("logs").filter_log_events(
        logGroupName="/aws/lambda/watch", filterPattern='{ $.source = "aws.cloudwatch" }'
    )["events"]
    event = json.loads(line["message"])
    assert event["alarmData"]["alarmName"] == "bell"
    assert event["alarmData"]["state"]["value"] == "ALARM"
    assert event["alarmData"]["configuration"]["metrics"][0]["metricStat"]["metric"]["name"] == "Load"

    def of(id_, name, stat="Sum", **more):
        return metric(id_, stat, name, "AWS/Lambda", dimensions={"FunctionName": "watch", **more})

    found = ask(
        of("runs", "Invocations"),
        of("errors", "Errors"),
        of("longest", "Duration", "p100"),
        of("most", "ConcurrentExecutions", "Maximum"),
        of("queued", "AsyncEventsReceived"),
        of("resource", "Invocations", Resource="watch"),
        metric("all", "Sum", "Invocations", "AWS/Lambda"),
    )
    assert found["longest"][0] > 0
    assert {name: values for name, values in found.items() if name != "longest"} == {
        "runs": [2],
        "errors": [1],
        "most": [1],
        "queued": [1],
        "resource": [2],
        "all": [2],
    }


def _ring(cloudwatch, cloud, reason):
    cloudwatch.set_alarm_state(AlarmName="bell", StateValue="ALARM", StateReason=reason)
    cloud.settle()
    items = cloudwatch.describe_alarm_history(AlarmName="bell", HistoryItemType="Action")["AlarmHistoryItems"]
    return items[0]["HistoryData"]


def test_topics_count_what_is_published_delivered_and_filtered_out(aws, cloud, minute, ask, inbox):
    sns = aws.client("sns")
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=inbox.arn)["Subscriptions"]
    sns.publish(TopicArn=inbox.arn, Message="12345")
    sns.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"kind": ["good"]}),
    )
    cloud.settle()
    sns.publish(TopicArn=inbox.arn, Message="bad")
    aws.client("sqs").delete_queue(QueueUrl=inbox.url)
    good = {"kind": {"DataType": "String", "StringValue": "good"}}
    sns.publish(TopicArn=inbox.arn, Message="lost", MessageAttributes=good)
    cloud.settle()

    def of(id_, name, stat="Sum"):
        return metric(id_, stat, name, "AWS/SNS", dimensions={"TopicName": "alarms"})

    assert ask(
        of("published", "NumberOfMessagesPublished"),
        of("size", "PublishSize", "Minimum"),
        of("delivered", "NumberOfNotificationsDelivered"),
        of("failed", "NumberOfNotificationsFailed"),
        of("filtered", "NumberOfNotificationsFilteredOut"),
        of("plain", "NumberOfNotificationsFilteredOut-NoMessageAttributes"),
    ) == {"published": [3], "size": [3], "delivered": [1], "failed": [1], "filtered": [1], "plain": [1]}


def test_delivery_streams_count_what_comes_in_and_what_is_delivered(aws, cloud, minute, ask):
    s3, firehose = aws.client("s3"), aws.client("firehose")
    s3.create_bucket(Bucket="lake")
    role = make_role(aws, "fire", service="firehose.amazonaws.com")
    firehose.create_delivery_stream(
        DeliveryStreamName="fire",
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": "arn:aws:s3:::lake",
            "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
        },
    )
    cloud.settle()
    firehose.put_record_batch(DeliveryStreamName="fire", Records=[{"Data": b"123"}, {"Data": b"45"}])
    cloud.turn(90)

    def of(id_, name, stat="Sum"):
        return metric(id_, stat, name, "AWS/Firehose", dimensions={"DeliveryStreamName": "fire"})

    found = ask(
        of("bytes", "IncomingBytes"),
        of("records", "IncomingRecords"),
        of("delivered", "DeliveryToS3.Records"),
        of("success", "DeliveryToS3.Success", "Average"),
        of("age", "DeliveryToS3.DataFreshness", "Maximum"),
    )
    (age,) = found.pop("age")
    assert 60 <= age <= 61
    assert found == {"bytes": [5], "records": [2], "delivered": [2], "success": [1]}


@pytest.mark.spec("CWM-008", "CWM-016", "CWA-002")
def test_metric_filters_and_embedded_metrics_drive_alarms(aws, cloud, minute, ask, make_alarm, state):
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/app")
    logs.create_log_stream(logGroupName="/app", logStreamName="one")
    logs.put_metric_filter(
        logGroupName="/app",
        filterName="errors",
        filterPattern="ERROR",
        metricTransformations=[{"metricName": "Errors", "metricNamespace": "My/App", "metricValue": "1"}],
    )
    make_alarm(MetricName="Errors", Statistic="Sum", Threshold=2)
    embedded = {
        "_aws": {
            "Timestamp": cloud.now,
            "CloudWatchMetrics": [{"Namespace": "My/App", "Dimensions": [["Route"]], "Metrics": [{"Name": "Took"}]}],
        },
        "Route": "/",
        "Took": 12.5,
    }
    lines = ["ERROR one", "fine", "ERROR two", "ERROR three", json.dumps(embedded)]
    events = [{"timestamp": cloud.now, "message": line} for line in lines]
    logs.put_log_events(logGroupName="/app", logStreamName="one", logEvents=events)
    cloud.settle()
    group = {"LogGroupName": "/app"}
    assert ask(
        metric("errors", "Sum", "Errors"),
        metric("took", "Average", "Took", dimensions={"Route": "/"}),
        metric("events", "Sum", "IncomingLogEvents", "AWS/Logs", dimensions=group),
    ) == {"errors": [3], "took": [12.5], "events": [5]}
    cloud.turn(60)
    assert state() == "ALARM"


@pytest.mark.spec("S3BKT-025", "S3PRF-012")
def test_request_metrics_of_a_bucket_can_be_read(aws, cloud, minute, ask):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="shop")
    s3.put_bucket_metrics_configuration(Bucket="shop", Id="all", MetricsConfiguration={"Id": "all"})
    s3.put_object(Bucket="shop", Key="a", Body=b"12345")
    s3.get_object(Bucket="shop", Key="a")["Body"].read()
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="shop", Key="none")
    cloud.turn(61)
    where = {"BucketName": "shop", "FilterId": "all"}
    found = ask(
        metric("all", "Sum", "AllRequests", "AWS/S3", dimensions=where),
        metric("errors", "Sum", "4xxErrors", "AWS/S3", dimensions=where),
        metric("up", "Sum", "BytesUploaded", "AWS/S3", dimensions=where),
        metric("down", "Maximum", "BytesDownloaded", "AWS/S3", dimensions=where),
        metric("first", "SampleCount", "FirstByteLatency", "AWS/S3", dimensions=where),
        metric("total", "SampleCount", "TotalRequestLatency", "AWS/S3", dimensions=where),
    )
    sums = {name: sum(values) for name, values in found.items()}
    assert sums.pop("down") >= 5
    assert sums == {"all": 3, "errors": 1, "up": 5, "first": 3, "total": 3}


@pytest.mark.spec("S3BKT-025")
def test_how_much_a_bucket_holds_is_measured_each_midnight(aws, cloudwatch, cloud):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="shop")
    s3.put_bucket_versioning(Bucket="shop", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"12345", b"123"):
        s3.put_object(Bucket="shop", Key="a", Body=body)
    s3.put_object(Bucket="shop", Key="b", Body=b"1", StorageClass="STANDARD_IA")
    cloud.turn(days=2)
    midnight = datetime.fromtimestamp(cloud.now // 86_400_000 * 86_400, UTC)

    def of(name, storage):
        where = [{"Name": "BucketName", "Value": "shop"}, {"Name": "StorageType", "Value": storage}]
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/S3",
            MetricName=name,
            Dimensions=where,
            StartTime=midnight - timedelta(days=1),
            EndTime=midnight + timedelta(days=1),
            Period=86400,
            Statistics=["Average"],
        )["Datapoints"]
        return [point["Average"] for point in points]

    assert of("NumberOfObjects", "AllStorageTypes") == [3, 3]
    assert of("BucketSizeBytes", "StandardStorage") == [8, 8]
    assert of("BucketSizeBytes", "StandardIAStorage") == [1, 1]
