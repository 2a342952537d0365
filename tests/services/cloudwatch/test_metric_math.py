"""Expressions over metrics."""

import math

import pytest

from tests.services.cloudwatch.conftest import metric


@pytest.fixture
def measured(put, minute):
    """Two metrics of five minutes: requests in all of them, errors in some."""
    for number, (requests, errors) in enumerate([(100, 5), (200, None), (50, 10), (400, None), (80, 4)]):
        put(requests, "Requests", at=minute(number))
        if errors is not None:
            put(errors, "Errors", at=minute(number))


REQUESTS = metric("m1", name="Requests", ReturnData=False)
ERRORS = metric("m5xx", name="Errors", ReturnData=False)


@pytest.mark.spec("CWM-011")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m5xx/m1*100", [5, 20, 5]),
        ("FILL(m5xx, 0)/m1*100", [5, 0, 20, 0, 5]),
        ("FILL(m5xx, REPEAT)", [5, 5, 10, 10, 4]),
        ("FILL(m5xx, LINEAR)", [5, 7.5, 10, 7, 4]),
        ("FILL(m5xx, m1)", [5, 200, 10, 400, 4]),
        ("-m5xx + 2 ^ 3 ^ 0 * 4", [3, -2, 4]),
        ("m1 / (m5xx - 5)", [10, -80]),
        ("SUM([m1, m5xx])", [105, 200, 60, 400, 84]),
        ("SUM(METRICS())", [105, 200, 60, 400, 84]),
        ('MAX(METRICS("m5"))', [5, 10, 4]),
        ("m1 - AVG(m1)", [100 - 166, 200 - 166, 50 - 166, 400 - 166, 80 - 166]),
        ("MIN([m1, m5xx])", [5, 200, 10, 400, 4]),
        ("STDDEV([m1, m5xx])", [47.5, 0, 20, 0, 38]),
        ("RUNNING_SUM(m1)", [100, 300, 350, 750, 830]),
        ("DIFF(m1)", [100, -150, 350, -320]),
        ("RATE(m1)", [100 / 60, -150 / 60, 350 / 60, -320 / 60]),
        ("DIFF_TIME(m5xx)", [120, 120]),
        ("m1 / PERIOD(m1)", [100 / 60, 200 / 60, 50 / 60, 400 / 60, 80 / 60]),
        ("IF(m1 > 90, m1, 0)", [100, 200, 0, 400, 0]),
        ("IF(m1 > 90 AND m1 < 300, 1)", [1, 1]),
        ("IF(m5xx > 4, m1)", [100, 50]),
        ("m1 >= 100 || m1 == 50", [1, 1, 1, 1, 0]),
        ("ABS(m5xx - 7)", [2, 3, 3]),
        ("CEIL(m1 / 60) + FLOOR(m1 / 60)", [3, 7, 1, 13, 3]),
        ("LOG10(m1) + LOG(1)", [math.log10(value) for value in (100, 200, 50, 400, 80)]),
        ("DATAPOINT_COUNT([m1, m5xx])", [2, 1, 2, 1, 2]),
        ("FIRST(SORT([m1, m5xx], AVG, ASC))", [5, 10, 4]),
        ("LAST(SLICE(SORT([m1, m5xx], SUM, DESC), 0, 1))", [100, 200, 50, 400, 80]),
        ("m1 * 0 + METRIC_COUNT([m1, m5xx])", [2] * 5),
        ("SUM(REMOVE_EMPTY([m5xx, m1]))", [105, 200, 60, 400, 84]),
        ("SUM(SEARCH('{My/App} MetricName=\"Errors\"', 'Sum', 60))", [5, 10, 4]),
        ("SUM(SEARCH('My Requests OR Errors NOT Nothing', 'Sum', 60))", [105, 200, 60, 400, 84]),
        ("EPOCH(m1) - EPOCH(m1) + MINUTE(m1) * 0 + YEAR(m1) / YEAR(m1)", [1] * 5),
    ],
)
def test_expressions_come_to_what_the_guide_says(measured, ask, expression, expected):
    found = ask(REQUESTS, ERRORS, {"Id": "e", "Expression": expression}, stop=5)
    assert found == {"e": pytest.approx(expected, abs=1e-9)}


def test_expressions_build_on_each_other_and_lists_give_a_row_each(cloudwatch, measured, minute):
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            REQUESTS,
            ERRORS,
            {"Id": "rate", "Expression": "m5xx / m1", "Label": "rate up to ${MAX}", "ReturnData": False},
            {"Id": "percent", "Expression": "rate * 100", "Label": "up to ${MAX} %"},
            {"Id": "all", "Expression": "SEARCH('{My/App}', 'Maximum', 60)"},
            {"Id": "flat", "Expression": "TIME_SERIES(7)"},
        ],
        StartTime=minute(),
        EndTime=minute(5),
        ScanBy="TimestampAscending",
    )
    rows = [(row["Id"], row["Label"], row["Values"]) for row in answer["MetricDataResults"]]
    assert rows == [
        ("percent", "up to 20 %", [5, 20, 5]),
        ("all", "Errors", [5, 10, 4]),
        ("all", "Requests", [100, 200, 50, 400, 80]),
        ("flat", "flat", [7] * 5),
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "m1 +",
        "nothing * 2",
        "SUM(m1)",
        "NO_SUCH(m1)",
        "'text'",
        "e + 1",
        "IF(m1)",
        "FILL(m1, UNKNOWN)",
        "SEARCH('{', 'Sum', 60)",
        "SEARCH('{A}', 'Most', 60)",
        "[m1, 2]",
        "m1 $ 2",
        "(" * 300 + "1" + ")" * 300,
    ],
)
def test_expressions_that_make_no_sense_are_refused(cloudwatch, measured, minute, refused, expression):
    queries = [REQUESTS, {"Id": "e", "Expression": expression}]
    code, status, message = refused(
        cloudwatch.get_metric_data, MetricDataQueries=queries, StartTime=minute(), EndTime=minute(5)
    )
    assert (code, status) == ("ValidationError", 400)
    assert "'e'" in message


@pytest.mark.parametrize(
    "queries",
    [
        [{"Id": "M", "Expression": "1"}],
        [{"Id": "m", "Expression": "1"}, {"Id": "m", "Expression": "2"}],
        [{"Id": "m"}],
        [metric("m", ReturnData=False)],
        [metric("m", stat="p200")],
        [metric("m", period=7)],
    ],
)
def test_queries_that_make_no_sense_are_refused(cloudwatch, minute, refused, queries):
    asked = {"MetricDataQueries": queries, "StartTime": minute(), "EndTime": minute(5)}
    assert refused(cloudwatch.get_metric_data, **asked)[:2] == ("ValidationError", 400)


def test_what_is_not_built_says_so(cloudwatch, minute, refused):
    for expression in ('SELECT AVG(Load) FROM SCHEMA("My/App")', "INSIGHT_RULE_METRIC('r', 'Sum')"):
        asked = {"MetricDataQueries": [{"Id": "e", "Expression": expression, "Period": 60}]}
        code, status, _ = refused(cloudwatch.get_metric_data, **asked, StartTime=minute(), EndTime=minute(5))
        assert (code, status) == ("NotImplemented", 501)


@pytest.mark.spec("CWM-015")
def test_a_band_is_fitted_to_what_was_measured_before(cloudwatch, cloud, put, minute, ask, make_alarm, state, refused):
    single = {"Namespace": "My/App", "MetricName": "Load", "Stat": "Average"}
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=single)
    values = [10, 12, 8, 11, 9]
    for number, value in enumerate(values):
        put(value, at=minute(number))
    cloud.turn(300)
    queries = metric("m1", "Average"), {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}
    put(10)
    found = ask(*queries, start=5, stop=6)
    deviation = math.sqrt(2)
    assert found["band"] == [[pytest.approx(10 + 2 * deviation)], [pytest.approx(10 - 2 * deviation)]]
    make_alarm(
        "odd",
        Metrics=[metric("m1", "Average"), {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}],
        ComparisonOperator="LessThanLowerOrGreaterThanUpperThreshold",
        ThresholdMetricId="band",
    )
    cloud.turn(60)
    assert state("odd") == "OK"
    put(40)
    cloud.turn(60)
    assert state("odd") == "ALARM"
    (detector,) = cloudwatch.describe_anomaly_detectors()["AnomalyDetectors"]
    assert detector["SingleMetricAnomalyDetector"]["MetricName"] == "Load"
    assert detector["StateValue"] == "TRAINED"
    cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=single)
    gone = refused(cloudwatch.delete_anomaly_detector, SingleMetricAnomalyDetector=single)
    assert gone[0] == "ResourceNotFoundException"
