"""Metric filters: putting, trying, and what they hand to CloudWatch."""

import json

import pytest

from skyglobe.kernel.service import Service

MINUTE = 60_000


def transformation(**more):
    return [{"metricName": "Errors", "metricNamespace": "App", "metricValue": "1", **more}]


def put(group, name="f", pattern="ERROR", **more):
    group.client.put_metric_filter(
        logGroupName=group.name, filterName=name, filterPattern=pattern, metricTransformations=transformation(**more)
    )


@pytest.fixture
def measured(cloud):
    """What a CloudWatch service is handed: one that only listens, until there is one."""
    requests = []
    service = Service("cloudwatch")

    @service.operation
    def put_metric_data(call, request):
        requests.append(request)

    cloud.kernel.services.add(service)

    def data(namespace="App"):
        cloud.settle()
        return [datum for one in requests if one["Namespace"] == namespace for datum in one["MetricData"]]

    return data


@pytest.mark.spec("CWL-024")
def test_patterns_can_be_tried_on_messages(logs, refused):
    access = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534'
    answer = logs.test_metric_filter(
        filterPattern="[ip, identity, user_id, timestamp, request, status_code, size]",
        logEventMessages=[access, "short"],
    )
    assert answer["matches"] == [
        {
            "eventNumber": 1,
            "eventMessage": access,
            "extractedValues": {
                "$ip": "127.0.0.1",
                "$identity": "-",
                "$user_id": "frank",
                "$timestamp": "10/Oct/2000:13:25:15 -0700",
                "$request": "GET /apache_pb.gif HTTP/1.0",
                "$status_code": "200",
                "$size": "1534",
            },
        }
    ]
    told = logs.test_metric_filter(filterPattern="ERROR", logEventMessages=["a", "ERROR b"])["matches"]
    assert told == [{"eventNumber": 2, "eventMessage": "ERROR b", "extractedValues": {}}]
    assert refused(logs.test_metric_filter, filterPattern="[", logEventMessages=["a"])[0] == "InvalidParameterException"


def test_filters_are_put_replaced_listed_and_deleted(group, make_group, logs, refused):
    put(group, "b", defaultValue=0.0, unit="Count")
    put(group, "a", pattern="x")
    put(group, "a", pattern="y")
    other = make_group("/other")
    put(other, "c", metricName="Other")
    found = logs.describe_metric_filters(logGroupName=group.name)["metricFilters"]
    assert [(one["filterName"], one["filterPattern"]) for one in found] == [("a", "y"), ("b", "ERROR")]
    assert found[1]["metricTransformations"] == transformation(defaultValue=0.0, unit="Count")
    assert group.described["metricFilterCount"] == 2
    every = logs.describe_metric_filters(metricName="Errors", metricNamespace="App")["metricFilters"]
    assert [one["logGroupName"] for one in every] == [group.name, group.name]
    assert refused(logs.describe_metric_filters, metricName="Errors")[0] == "InvalidParameterException"
    logs.delete_metric_filter(logGroupName=group.name, filterName="a")
    code = refused(logs.delete_metric_filter, logGroupName=group.name, filterName="a")[0]
    assert code == "ResourceNotFoundException"


@pytest.mark.spec("CWL-023")
def test_a_group_has_a_hundred_metric_filters(group, refused):
    for number in range(100):
        put(group, f"f{number}")
    assert refused(put, group, "one more")[0] == "LimitExceededException"
    put(group, "f7", pattern="again")


def test_a_group_has_five_patterns_with_regular_expressions(group, refused):
    for number in range(5):
        put(group, f"f{number}", pattern="%E.ror%")
    assert refused(put, group, "one more", pattern="%x%")[0] == "LimitExceededException"
    put(group, "plain")
    put(group, "f1", pattern="%y%")


@pytest.mark.parametrize(
    "more",
    [
        {"metricValue": "many"},
        {"metricValue": "$.a b"},
        {"dimensions": {"a": "b"}},
        {"dimensions": {"a": "$.a"}, "defaultValue": 1.0},
        {"dimensions": dict.fromkeys("abcd", "$.a")},
    ],
)
def test_what_makes_no_metric_is_refused(group, refused, more):
    assert refused(put, group, **more)[0] == "InvalidParameterException"


@pytest.mark.spec("CWL-024")
def test_matches_are_counted_by_the_minute(group, cloud, measured):
    put(group)
    begin = cloud.now // MINUTE * MINUTE - 2 * MINUTE
    group.put("ERROR 1", "ERROR 2", "fine", at=begin)
    group.put("ERROR 3", at=begin + MINUTE)
    one = {"MetricName": "Errors", "Values": [1.0], "Unit": "None"}
    shown = [(int(datum.pop("Timestamp").timestamp() * 1000), datum) for datum in map(dict, measured())]
    assert shown == [(begin, {**one, "Counts": [2.0]}), (begin + MINUTE, {**one, "Counts": [1.0]})]


@pytest.mark.spec("CWL-024")
def test_values_dimensions_and_defaults_come_from_the_events(group, measured):
    put(group, "latency", "{ $.latency = * }", metricName="Latency", metricValue="$.latency", unit="Milliseconds",
        dimensions={"Path": "$.path"})  # fmt: skip
    put(group, "zero", "FATAL", metricName="Fatal", defaultValue=0.0)
    group.put('{"latency": 12.5, "path": "/a"}', '{"latency": 7, "path": "/b"}', '{"latency": 9}', "plain")
    found = {(datum["MetricName"], str(datum.get("Dimensions"))): datum for datum in measured()}
    by_path = {one["Dimensions"][0]["Value"]: one for (name, _), one in found.items() if name == "Latency"}
    assert by_path["/a"]["Values"] == [12.5]
    assert by_path["/b"]["Unit"] == "Milliseconds"
    assert set(by_path) == {"/a", "/b"}
    (zero,) = [one for (name, _), one in found.items() if name == "Fatal"]
    assert (zero["Values"], zero["Counts"]) == ([0.0], [4.0])


def test_events_carry_metrics_of_their_own(group, cloud, measured):
    directive = {
        "Namespace": "App",
        "Dimensions": [["service"], ["service", "zone"], ["absent"]],
        "Metrics": [{"Name": "time", "Unit": "Milliseconds"}, {"Name": "sizes"}, {"Name": "text"}],
    }
    event = {
        "_aws": {"Timestamp": cloud.now - 5, "CloudWatchMetrics": [directive, {"Namespace": 1}, "x"]},
        "service": "orders",
        "zone": "a",
        "time": 12.5,
        "sizes": [1, 2, 2],
        "text": "no number",
    }
    group.put(json.dumps(event), json.dumps({**event, "_aws": 5}), '{"_aws": {"Timestamp": "x"}}', '"_aws"')
    found = measured()
    dimensions = [[one["Value"] for one in datum["Dimensions"]] for datum in found]
    assert [datum["MetricName"] for datum in found] == ["time", "time", "sizes", "sizes"]
    assert dimensions == [["orders"], ["orders", "a"]] * 2
    assert (found[0]["Values"], found[0]["Unit"]) == ([12.5], "Milliseconds")
    assert (found[2]["Values"], found[2]["Counts"]) == ([1.0, 2.0], [1.0, 2.0])
    assert int(found[0]["Timestamp"].timestamp()) == event["_aws"]["Timestamp"] // 1000


def test_without_cloudwatch_events_are_kept_all_the_same(group):
    put(group)
    group.put("ERROR")
    assert group.messages() == ["ERROR"]
