"""Dashboards are kept as they come, if they are any."""

import json

import pytest

METRIC = {"metrics": [["AWS/SQS", "NumberOfMessagesSent", "QueueName", "q"]], "region": "us-east-1", "period": 300}
BODY = json.dumps(
    {
        "widgets": [
            {"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": METRIC},
            {"type": "text", "properties": {"markdown": "# hello"}},
        ]
    }
)


@pytest.mark.spec("CWM-017")
def test_a_dashboard_is_put_read_listed_and_deleted_in_any_region(aws, cloudwatch, refused):
    assert cloudwatch.put_dashboard(DashboardName="one", DashboardBody=BODY)["DashboardValidationMessages"] == []
    cloudwatch.put_dashboard(DashboardName="two", DashboardBody='{"widgets": []}')
    elsewhere = aws.client("cloudwatch", region_name="eu-west-1")
    found = elsewhere.get_dashboard(DashboardName="one")
    assert found["DashboardBody"] == BODY
    assert found["DashboardArn"] == "arn:aws:cloudwatch::000000000000:dashboard/one"
    entries = cloudwatch.list_dashboards()["DashboardEntries"]
    assert [(entry["DashboardName"], entry["Size"]) for entry in entries] == [("one", len(BODY)), ("two", 15)]
    assert len(cloudwatch.list_dashboards(DashboardNamePrefix="tw")["DashboardEntries"]) == 1
    assert refused(cloudwatch.delete_dashboards, DashboardNames=["one", "none"])[:2] == ("ResourceNotFound", 404)
    cloudwatch.delete_dashboards(DashboardNames=["one", "two"])
    assert refused(cloudwatch.get_dashboard, DashboardName="one")[:2] == ("ResourceNotFound", 404)


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ("nothing", [""]),
        ("[]", [""]),
        ("{}", ["/"]),
        ({"widgets": [{"type": "pie", "properties": {}}]}, ["/widgets/0/type"]),
        ({"widgets": [{"type": "text", "width": 25, "properties": {}}]}, ["/widgets/0/width", "/widgets/0/properties"]),
        (
            {"widgets": [{"type": "metric", "properties": {**METRIC, "metrics": [["A"]]}}]},
            ["/widgets/0/properties/metrics/0"],
        ),
    ],
)
def test_a_body_that_is_no_dashboard_is_refused_with_all_its_faults(cloudwatch, body, places):
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(cloudwatch.exceptions.DashboardInvalidInputError) as caught:
        cloudwatch.put_dashboard(DashboardName="bad", DashboardBody=text)
    messages = caught.value.response["dashboardValidationMessages"]
    assert [message["DataPath"] for message in messages] == places
    assert all(message["Message"] for message in messages)


def test_a_dashboards_name_has_letters_digits_dashes_and_underscores(cloudwatch, refused):
    assert (
        refused(cloudwatch.put_dashboard, DashboardName="no spaces", DashboardBody=BODY)[0] == "InvalidParameterValue"
    )
