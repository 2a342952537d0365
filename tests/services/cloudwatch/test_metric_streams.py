"""Metric streams put what is measured into Firehose, two minutes later."""

import json

import pytest

from tests.services.lambda_.conftest import make_role


@pytest.fixture
def lake(aws, cloud):
    """A delivery stream into a bucket; return what came, line by line."""
    s3, firehose = aws.client("s3"), aws.client("firehose")
    s3.create_bucket(Bucket="lake")
    firehose.create_delivery_stream(
        DeliveryStreamName="fire",
        ExtendedS3DestinationConfiguration={
            "RoleARN": make_role(aws, "fire", service="firehose.amazonaws.com"),
            "BucketARN": "arn:aws:s3:::lake",
            "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
        },
    )
    cloud.settle()

    def lines():
        found = []
        for one in s3.list_objects_v2(Bucket="lake").get("Contents", []):
            body = s3.get_object(Bucket="lake", Key=one["Key"])["Body"].read().decode()
            found += [json.loads(line) for line in body.splitlines()]
        return found

    return lines


@pytest.fixture
def make_stream(aws, cloudwatch):
    role = make_role(aws, "streams", service="streams.metrics.cloudwatch.amazonaws.com")

    def make(name="all", **more):
        usual = {
            "FirehoseArn": "arn:aws:firehose:us-east-1:000000000000:deliverystream/fire",
            "RoleArn": role,
            "OutputFormat": "json",
        }
        return cloudwatch.put_metric_stream(Name=name, **{**usual, **more})["Arn"]

    return make


@pytest.mark.spec("CWS-001", "CWS-003", "CWS-006")
def test_a_stream_sends_what_its_filters_let_through_with_the_statistics_asked_for(
    cloudwatch, cloud, minute, put, lake, make_stream
):
    metrics = {"Namespace": "My/App", "MetricNames": ["Load"]}
    statistics = {
        "IncludeMetrics": [{"Namespace": "My/App", "MetricName": "Load"}],
        "AdditionalStatistics": ["p50", "tm99"],
    }
    make_stream(IncludeFilters=[metrics], StatisticsConfigurations=[statistics])
    for value in (1, 2, 6):
        put(value, dimensions={"Host": "a"}, Unit="Percent")
    put(5, "Other")
    put(5, namespace="Else")
    cloud.turn(minutes=5)
    (line,) = lake()
    assert line == {
        "metric_stream_name": "all",
        "account_id": "000000000000",
        "region": "us-east-1",
        "namespace": "My/App",
        "metric_name": "Load",
        "dimensions": {"Host": "a"},
        "timestamp": round(minute().timestamp() * 1000),
        "value": {"max": 6, "min": 1, "sum": 9, "count": 3, "p50": 2, "tm99": pytest.approx((1 + 2 + 6 * 0.97) / 2.97)},
        "unit": "Percent",
    }
    assert cloud.turn(days=30) <= 60  # each midnight the bucket is measured, and the stream looks at that


@pytest.mark.spec("CWS-005")
def test_a_stopped_stream_sends_nothing_then_nor_later(cloudwatch, cloud, minute, put, lake, make_stream):
    arn = make_stream(ExcludeFilters=[{"Namespace": "AWS/Firehose"}, {"Namespace": "AWS/S3"}])
    cloudwatch.stop_metric_streams(Names=["all"])
    assert cloudwatch.get_metric_stream(Name="all")["State"] == "stopped"
    put(1)
    cloud.turn(minutes=5)
    cloudwatch.start_metric_streams(Names=["all"])
    put(2)
    cloud.turn(minutes=5)
    assert [line["value"]["sum"] for line in lake()] == [2]
    (entry,) = cloudwatch.list_metric_streams()["Entries"]
    assert (entry["Arn"], entry["State"], entry["OutputFormat"]) == (arn, "running", "json")
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "x"}])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "x"}]
    cloudwatch.delete_metric_stream(Name="all")
    assert cloudwatch.list_metric_streams()["Entries"] == []


@pytest.mark.spec("CWS-003")
def test_streams_that_cannot_be_are_refused(cloudwatch, make_stream, refused):
    filters = [{"Namespace": "A"}]
    both = refused(make_stream, IncludeFilters=filters, ExcludeFilters=filters)
    assert both[0] == "InvalidParameterCombination"
    assert refused(make_stream, FirehoseArn="arn:aws:sqs:us-east-1:000000000000:q")[0] == "InvalidParameterValue"
    assert refused(make_stream, "no spaces")[0] == "InvalidParameterValue"
    assert refused(make_stream, OutputFormat="opentelemetry1.0")[1] == 501
    assert refused(cloudwatch.get_metric_stream, Name="none")[0] == "ResourceNotFoundException"
    assert refused(cloudwatch.start_metric_streams, Names=["none"])[0] == "InvalidParameterValue"
