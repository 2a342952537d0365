"""Putting metrics and reading them: namespaces, dimensions, times, statistics, limits, regions, protocols."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.config import Config

from tests.services.cloudwatch.conftest import metric


@pytest.mark.spec("CWM-002", "CWM-003", "CWM-010")
def test_namespace_dimensions_and_region_tell_series_apart(aws, cloudwatch, put, ask):
    put(1)
    put(2, namespace="Other")
    put(3, dimensions={"Host": "a"})
    put(4, dimensions={"Host": "a", "Zone": "b"})
    assert ask(
        metric("own"),
        metric("other", namespace="Other"),
        metric("host", dimensions={"Host": "a"}),
        metric("zone", dimensions={"Zone": "b", "Host": "a"}),
        metric("none", dimensions={"Zone": "b"}),
    ) == {"own": [1], "other": [2], "host": [3], "zone": [4], "none": []}
    elsewhere = aws.client("cloudwatch", region_name="eu-west-1")
    assert elsewhere.list_metrics()["Metrics"] == []
    assert len(cloudwatch.list_metrics(Namespace="My/App")["Metrics"]) == 3


@pytest.mark.spec("CWM-002", "CWM-004", "CWM-013")
def test_what_cannot_be_put_is_refused_whole(aws, refused, minute):
    cloudwatch = aws.client("cloudwatch", config=Config(parameter_validation=False))

    def put(namespace="My/App", **datum):
        data = [{"MetricName": "fine", "Value": 1}, {"MetricName": "a", **datum}]
        return refused(cloudwatch.put_metric_data, Namespace=namespace, MetricData=data)[:2]

    bad_value, bad_mix = ("InvalidParameterValue", 400), ("InvalidParameterCombination", 400)
    assert put("AWS/EC2", Value=1) == bad_value
    assert put(":mine", Value=1) == bad_value
    dimensions = [{"Name": f"d{number}", "Value": "v"} for number in range(31)]
    assert put(Value=1, Dimensions=dimensions) == bad_value
    cloudwatch.put_metric_data(
        Namespace="N", MetricData=[{"MetricName": "a", "Value": 1, "Dimensions": dimensions[:30]}]
    )
    assert put(Value=float("nan")) == bad_value
    assert put(Value=2.0**361) == bad_value
    assert put() == bad_mix
    assert put(Value=1, Values=[1]) == bad_mix
    assert put(Values=[1.0] * 151) == bad_value
    assert put(Values=[1, 2], Counts=[1]) == bad_value
    assert put(Value=1, StorageResolution=30) == bad_value
    statistics = {"SampleCount": 0, "Sum": 1, "Minimum": 1, "Maximum": 1}
    assert put(StatisticValues=statistics) == bad_value
    assert put(StatisticValues={**statistics, "SampleCount": 1, "Minimum": 2}) == bad_value
    assert refused(cloudwatch.put_metric_data, Namespace="N", MetricData=[])[0] == "MissingParameter"
    many = [{"MetricName": "a", "Value": 1}] * 1001
    assert refused(cloudwatch.put_metric_data, Namespace="N", MetricData=many)[:2] == bad_value
    assert cloudwatch.list_metrics(Namespace="My/App")["Metrics"] == []


@pytest.mark.spec("CWM-005")
def test_points_are_taken_from_two_weeks_back_to_two_hours_ahead(put, minute, ask, refused):
    put(1, at=minute() - timedelta(days=14) + timedelta(minutes=1))
    put(2, at=minute() + timedelta(minutes=119))
    put(3)
    for at in (minute() - timedelta(days=14, minutes=1), minute() + timedelta(minutes=121)):
        code, _, message = refused(put, 4, at=at)
        assert code == "InvalidParameterValue"
        assert "Timestamp must specify a time" in message
    assert ask(metric("m"), start=-20_160, stop=200)["m"] == [1, 3, 2]


@pytest.mark.spec("CWM-007")
def test_values_with_counts_make_every_statistic_exact(cloudwatch, ask, minute):
    data = {"MetricName": "Load", "Values": [10.5, 20.25, 30.125], "Counts": [97, 2, 1], "Unit": "Milliseconds"}
    cloudwatch.put_metric_data(Namespace="My/App", MetricData=[data])
    total = 97 * 10.5 + 2 * 20.25 + 30.125
    statistics = {
        "Sum": total,
        "Average": total / 100,
        "SampleCount": 100,
        "Minimum": 10.5,
        "Maximum": 30.125,
        "p50": 10.5,
        "p99": 20.25,
        "p99.5": 30.125,
        "tm99": (97 * 10.5 + 2 * 20.25) / 99,
        "TM(98%:100%)": (20.25 + 30.125) / 2,
        "TM(10.5:25)": 20.25,
        "wm99": (97 * 10.5 + 3 * 20.25) / 100,
        "TC(10.5:30.125)": 3,
        "ts97": 97 * 10.5,
        "PR(:20.25)": 99,
        "IQM": 10.5,
    }
    asked = {f"m{number}": name for number, name in enumerate(statistics)}
    found = ask(*(metric(id_, name) for id_, name in asked.items()))
    for id_, name in asked.items():
        assert found[id_] == [pytest.approx(statistics[name], abs=1e-9)], name


def test_statistic_sets_add_up_and_have_no_percentiles(cloudwatch, ask, minute):
    for count, total, low, high in ((3, 12, 1, 9), (1, 5, 5, 5)):
        statistics = {"SampleCount": count, "Sum": total, "Minimum": low, "Maximum": high}
        cloudwatch.put_metric_data(
            Namespace="My/App", MetricData=[{"MetricName": "Load", "StatisticValues": statistics}]
        )
    assert ask(metric("mean", "Average"), metric("low", "Minimum"), metric("p", "p90")) == {
        "mean": [17 / 4],
        "low": [1],
        "p": [],
    }


@pytest.mark.spec("CWM-012")
def test_points_are_as_fine_as_their_age_allows(cloudwatch, cloud, put, minute, refused):
    cloud.turn(3600 - cloud.now / 1000 % 3600 + 0.001)
    start = datetime.fromtimestamp(cloud.now // 3_600_000 * 3600, UTC)
    for second in range(3):
        put(1, StorageResolution=1, at=start + timedelta(seconds=second))
    put(1, at=start + timedelta(minutes=1))

    def count(period):
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[metric("m", period=period)], StartTime=start, EndTime=start + timedelta(hours=1)
        )
        return sum(answer["MetricDataResults"][0]["Values"]), len(answer["MetricDataResults"][0]["Values"])

    assert [count(period) for period in (1, 60, 300, 3600)] == [(3, 3), (4, 2), (4, 1), (4, 1)]
    cloud.turn(hours=4)
    assert [count(period) for period in (1, 60, 3600)] == [(0, 0), (4, 2), (4, 1)]
    cloud.turn(days=16)
    put(1)  # old points are made coarser when something new is measured
    assert [count(period) for period in (60, 300, 3600)] == [(0, 0), (4, 1), (4, 1)]
    cloud.turn(days=50)
    put(1)
    assert [count(period) for period in (300, 3600)] == [(0, 0), (4, 1)]
    cloud.turn(days=400)
    assert count(3600) == (0, 0)


@pytest.mark.spec("CWM-013")
def test_statistics_are_asked_for_within_limits(cloudwatch, put, minute, refused):
    put(2)
    put(4)
    asked = {"Namespace": "My/App", "MetricName": "Load", "StartTime": minute(), "EndTime": minute(5), "Period": 60}
    answer = cloudwatch.get_metric_statistics(**asked, Statistics=["Average", "Sum", "SampleCount"], Unit="None")
    (point,) = answer["Datapoints"]
    assert (point["Average"], point["Sum"], point["SampleCount"], point["Unit"]) == (3, 6, 2, "None")
    assert point["Timestamp"] == minute()
    extended = cloudwatch.get_metric_statistics(**asked, ExtendedStatistics=["p90", "tm50"])["Datapoints"]
    assert extended[0]["ExtendedStatistics"] == {"p90": 4, "tm50": 2}
    assert cloudwatch.get_metric_statistics(**asked, Statistics=["Sum"], Unit="Bytes")["Datapoints"] == []

    def refusal(**more):
        return refused(cloudwatch.get_metric_statistics, **{**asked, **more})

    code, _, message = refusal(Statistics=["Sum"], EndTime=minute(1441))
    assert code == "InvalidParameterCombination"
    assert message.startswith("You have requested up to 1,441 datapoints, which exceeds the limit of 1,440.")
    assert refusal()[0] == "InvalidParameterCombination"
    assert refusal(Statistics=["Sum"], ExtendedStatistics=["p1"])[0] == "InvalidParameterCombination"
    assert refusal(Statistics=["Sum"], EndTime=minute())[0] == "InvalidParameterCombination"
    assert refusal(Statistics=["Sum"], Period=45)[0] == "InvalidParameterValue"
    assert refusal(ExtendedStatistics=["p101"])[0] == "InvalidParameterValue"


@pytest.mark.spec("CWM-014", "CWM-017")
def test_metrics_are_listed_while_they_are_active(cloudwatch, cloud, many, put, minute, ask, refused):
    names = [f"m{number:03}" for number in range(501)]
    data = [{"MetricName": name, "Value": 1, "Dimensions": [{"Name": "Kind", "Value": "x"}]} for name in names]
    cloudwatch.put_metric_data(Namespace="Many", MetricData=data)
    put(1, dimensions={"Host": "a"})
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace="Many"))
    assert [len(page["Metrics"]) for page in pages] == [500, 1]
    assert sorted(one["MetricName"] for page in pages for one in page["Metrics"]) == names

    def listed(**more):
        return [one["MetricName"] for one in cloudwatch.list_metrics(**more)["Metrics"]]

    assert listed(Dimensions=[{"Name": "Host"}]) == ["Load"]
    assert listed(Dimensions=[{"Name": "Host", "Value": "b"}]) == []
    assert listed(MetricName="m007") == ["m007"]
    assert refused(cloudwatch.list_metrics, NextToken="x")[0] == "InvalidNextToken"
    cloud.turn(hours=5)
    put(1, "fresh")
    assert listed(RecentlyActive="PT3H") == ["fresh"]
    assert len(listed(Namespace="My/App")) == 2
    cloud.turn(days=13, hours=20)
    assert listed(Namespace="My/App") == ["fresh"]
    cloud.turn(days=1)
    assert listed() == []
    assert ask(metric("m", dimensions={"Host": "a"}, period=300))["m"] == [1]


@pytest.mark.spec("CWM-013", "CWM-017")
def test_data_come_in_pages_in_either_order(cloudwatch, put, minute, refused):
    for count in range(5):
        put(count, at=minute(count))
    asked = {
        "MetricDataQueries": [metric("m1"), metric("m2", "SampleCount")],
        "StartTime": minute(),
        "EndTime": minute(10),
    }
    answer = cloudwatch.get_metric_data(**asked)
    assert answer["MetricDataResults"][0]["Values"] == [4, 3, 2, 1, 0]
    pages = list(
        cloudwatch.get_paginator("get_metric_data").paginate(**asked, ScanBy="TimestampAscending", MaxDatapoints=3)
    )
    rows = [row for page in pages for row in page["MetricDataResults"]]
    assert [row["StatusCode"] for row in rows] == ["PartialData", "Complete", *["PartialData"] * 2, "Complete"]
    assert [value for row in rows if row["Id"] == "m1" for value in row["Values"]] == [0, 1, 2, 3, 4]
    assert [value for row in rows if row["Id"] == "m2" for value in row["Values"]] == [1] * 5
    assert refused(cloudwatch.get_metric_data, **asked, NextToken="x")[0] == "InvalidNextToken"
    too_many = [metric(f"m{number}") for number in range(501)]
    assert refused(cloudwatch.get_metric_data, **{**asked, "MetricDataQueries": too_many})[0] == "ValidationError"


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json", "query"])
def test_every_protocol_puts_reads_and_refuses(cloud, minute, protocol, monkeypatch, refused):
    monkeypatch.setattr("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (protocol,))
    client = cloud.session().client("cloudwatch")
    assert client.meta.service_model.resolved_protocol == protocol
    values = {"MetricName": "Load", "Values": [1.5, 2.5], "Counts": [1, 3]}
    client.put_metric_data(Namespace="My/App", MetricData=[values])
    client.put_metric_data(Namespace="My/App", MetricData=[values] * 500)  # long enough to come compressed
    found = client.get_metric_data(MetricDataQueries=[metric("m")], StartTime=minute(), EndTime=minute(5))
    assert found["MetricDataResults"][0]["Values"] == [501 * 9.0]
    assert found["MetricDataResults"][0]["Timestamps"] == [minute()]
    assert refused(client.put_metric_data, Namespace="AWS/X", MetricData=[values])[0] == "InvalidParameterValue"
    assert refused(client.get_dashboard, DashboardName="none")[0] == "ResourceNotFound"
