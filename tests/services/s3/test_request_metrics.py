"""Request metrics: kept, listed and removed, and handed to CloudWatch minute by minute."""

import pytest

from skyglobe.kernel.service import Service
from tests.services.s3.conftest import NAME


@pytest.fixture
def measured(cloud):
    """What a CloudWatch service is handed: one that only listens, until there is one."""
    requests = []
    service = Service("cloudwatch")

    @service.operation
    def put_metric_data(call, request):
        requests.append((call.principal, request))

    cloud.kernel.services.add(service)

    def sums():
        cloud.turn(minutes=1)
        cloud.settle()
        return {
            (datum["Dimensions"][1]["Value"], datum["MetricName"]): sum(
                value * count for value, count in zip(datum["Values"], datum["Counts"], strict=True)
            )
            for _, request in requests
            for datum in request["MetricData"]
        }

    sums.requests = requests
    return sums


@pytest.fixture
def put(s3, bucket):
    def run(id_, chosen=None):
        configuration = {"Id": id_, **({"Filter": chosen} if chosen else {})}
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=id_, MetricsConfiguration=configuration)

    return run


def test_requests_are_counted_by_every_filter_that_means_them(s3, bucket, put, measured, refused):
    put("all")
    put("logs", {"Prefix": "logs/"})
    put("ripe", {"And": {"Prefix": "", "Tags": [{"Key": "state", "Value": "ripe"}]}})
    s3.put_object(Bucket=bucket, Key="logs/a", Body=b"12345")
    s3.put_object(Bucket=bucket, Key="b", Body=b"1", Tagging="state=ripe")
    s3.get_object(Bucket=bucket, Key="logs/a")["Body"].read()
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="b/gone")
    s3.list_objects_v2(Bucket=bucket)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}]})
    told = measured()
    assert told["logs", "AllRequests"] == 2
    assert told["logs", "BytesDownloaded"] == 5
    assert told["logs", "4xxErrors"] == 0
    assert told["ripe", "PutRequests"] == 1
    kinds = ("PutRequests", "GetRequests", "HeadRequests", "ListRequests", "DeleteRequests", "4xxErrors")
    assert [told["all", kind] for kind in kinds] == [2, 1, 1, 1, 1, 1]
    principal, request = measured.requests[0]
    assert (principal.type, request["Namespace"]) == ("service", "AWS/S3")
    assert request["MetricData"][0]["Dimensions"][0] == {"Name": "BucketName", "Value": NAME}


def test_queries_count_what_they_scan_and_return(s3, bucket, put, measured):
    pytest.importorskip("duckdb")
    put("all")
    s3.put_object(Bucket=bucket, Key="people", Body="Ann,31\nBob,29\n")
    asked = {"InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}}, "ExpressionType": "SQL"}
    answer = s3.select_object_content(Bucket=bucket, Key="people", Expression="SELECT s._1 FROM S3Object s", **asked)
    assert b"".join(event["Records"]["Payload"] for event in answer["Payload"] if "Records" in event) == b"Ann\nBob\n"
    told = measured()
    assert [told["all", f"Select{name}"] for name in ("Requests", "BytesScanned", "BytesReturned")] == [1, 14, 8]


def test_a_minute_of_many_sizes_is_handed_over_in_pieces(s3, bucket, put, measured):
    put("all")
    for size in range(1, 156):
        s3.put_object(Bucket=bucket, Key="a", Body=b"x" * size)
    measured()
    data = [datum for _, request in measured.requests for datum in request["MetricData"]]
    puts = [datum for datum in data if datum["MetricName"] == "BytesUploaded"]
    assert max(len(datum["Values"]) for datum in puts) <= 150
    assert sum(sum(datum["Counts"]) for datum in puts) == 155


def test_configurations_are_read_listed_and_removed(s3, bucket, put, measured, refused):
    for number in range(101):
        put(f"m{number:03d}", {"Prefix": str(number)})
    named = {"Bucket": bucket, "Id": "m007"}
    kept = s3.get_bucket_metrics_configuration(**named)["MetricsConfiguration"]
    assert kept == {"Id": "m007", "Filter": {"Prefix": "7"}}
    page = s3.list_bucket_metrics_configurations(Bucket=bucket)
    assert (len(page["MetricsConfigurationList"]), page["IsTruncated"]) == (100, True)
    rest = s3.list_bucket_metrics_configurations(Bucket=bucket, ContinuationToken=page["NextContinuationToken"])
    assert [one["Id"] for one in rest["MetricsConfigurationList"]] == ["m100"]
    s3.delete_bucket_metrics_configuration(**named)
    for call in (s3.get_bucket_metrics_configuration, s3.delete_bucket_metrics_configuration):
        with refused("NoSuchConfiguration", 404):
            call(**named)
    s3.put_object(Bucket=bucket, Key="7", Body=b"")
    assert ("m007", "AllRequests") not in measured()


@pytest.mark.parametrize(
    ("id_", "configuration"),
    [
        ("a", {"Id": "b"}),
        ("a b", {"Id": "a b"}),
        ("a" * 65, {"Id": "a" * 65}),
        ("a", {"Id": "a", "Filter": {"And": {"Prefix": "p"}}}),
    ],
)
def test_configurations_that_are_none_are_refused(s3, bucket, refused, id_, configuration):
    with refused("MalformedXML"):
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=id_, MetricsConfiguration=configuration)


def test_without_cloudwatch_requests_are_answered_all_the_same(cloud, s3, bucket, put):
    put("all")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    cloud.turn(minutes=2)
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_bucket(Bucket=bucket)
