"""Storage Lens groups count the objects a filter means, in each dashboard they are attached to."""

import csv
import io
import json
from urllib.parse import unquote

import pytest

from skyglobe.services.s3control.rules.lens_groups import Subject, means
from tests.services.s3.conftest import OWNER, document, statement
from tests.services.s3control.conftest import BUCKET, REPORTS

LOGS = {"Name": "logs", "Filter": {"MatchAnyPrefix": ["logs/", "old/"]}}
LARGE = {
    "Name": "large",
    "Filter": {"Or": {"MatchObjectSize": {"BytesGreaterThan": 5}, "MatchAnyTag": [{"Key": "kind", "Value": "big"}]}},
}


def arn(name):
    return f"arn:aws:s3:us-east-1:{OWNER}:storage-lens-group/{name}"


def lens(level):
    place = {"Format": "CSV", "OutputSchemaVersion": "V_1", "AccountId": OWNER, "Arn": f"arn:aws:s3:::{REPORTS}"}
    made = {"Id": "all", "AccountLevel": {"BucketLevel": {}, "StorageLensGroupLevel": level}, "IsEnabled": True}
    return {**made, "DataExport": {"S3BucketDestination": place}}


@pytest.fixture
def make(control):
    return lambda group, **more: control.create_storage_lens_group(AccountId=OWNER, StorageLensGroup=group, **more)


@pytest.fixture
def attached(cloud, s3, control):
    """Return a function that attaches groups to a dashboard, lets a day pass and reads what was exported of them."""
    who = {"Service": "storage-lens.s3.amazonaws.com"}
    s3.put_bucket_policy(
        Bucket=REPORTS, Policy=document(statement("s3:PutObject", f"arn:aws:s3:::{REPORTS}/StorageLens/*", who))
    )

    def read(level):
        control.put_storage_lens_configuration(AccountId=OWNER, ConfigId="all", StorageLensConfiguration=lens(level))
        cloud.turn(days=1)
        listed = s3.list_objects_v2(Bucket=REPORTS, Prefix=f"StorageLens/{OWNER}/all/V_1/manifests/")["Contents"]
        manifest = json.loads(s3.get_object(Bucket=REPORTS, Key=listed[-1]["Key"])["Body"].read())
        body = s3.get_object(Bucket=REPORTS, Key=manifest["reportFiles"][0]["key"])["Body"].read().decode()
        return {
            (row["record_type"], unquote(row["record_value"]).rpartition("/")[2], row["bucket_name"]): row
            for row in csv.DictReader(io.StringIO(body))
            if row["metric_name"] == "StorageBytes" and row["storage_class"] == "STANDARD"
        }

    return read


def test_what_a_group_means_is_counted_apart(s3, make, attached):
    for key, body, tags in (("logs/a", b"1", ""), ("old/b", b"22", ""), ("c", b"333333", ""), ("d", b"4", "kind=big")):
        s3.put_object(Bucket=BUCKET, Key=key, Body=body, Tagging=tags)
    for group in (LOGS, LARGE):
        make(group)
    told = {place: row["metric_value"] for place, row in attached({}).items()}
    assert told["STORAGE_LENS_GROUP_BUCKET", "logs", BUCKET] == "3"
    assert told["STORAGE_LENS_GROUP_ACCOUNT", "logs", ""] == "3"
    assert told["STORAGE_LENS_GROUP_BUCKET", "large", BUCKET] == "7"
    assert told["BUCKET", "", BUCKET] == "10"
    only = attached({"SelectionCriteria": {"Exclude": [arn("large")]}})
    assert {name for kind, name, _ in only if kind.startswith("STORAGE")} == {"logs"}


def test_groups_are_made_read_changed_tagged_and_removed(control, make, refused):
    make(LOGS, Tags=[{"Key": "team", "Value": "a"}])
    named = {"AccountId": OWNER, "Name": "logs"}
    assert control.get_storage_lens_group(**named)["StorageLensGroup"] == {**LOGS, "StorageLensGroupArn": arn("logs")}
    [listed] = control.list_storage_lens_groups(AccountId=OWNER)["StorageLensGroupList"]
    assert listed == {"Name": "logs", "StorageLensGroupArn": arn("logs"), "HomeRegion": "us-east-1"}
    with refused("ResourceAlreadyExists"):
        make(LOGS)
    aged = {"Name": "logs", "Filter": {"And": {"MatchAnySuffix": [".log"], "MatchObjectAge": {"DaysGreaterThan": 3}}}}
    control.update_storage_lens_group(**named, StorageLensGroup=aged)
    assert control.get_storage_lens_group(**named)["StorageLensGroup"]["Filter"] == aged["Filter"]
    tagged = {"AccountId": OWNER, "ResourceArn": arn("logs")}
    control.tag_resource(**tagged, Tags=[{"Key": "cost", "Value": "1"}])
    control.untag_resource(**tagged, TagKeys=["team"])
    assert control.list_tags_for_resource(**tagged)["Tags"] == [{"Key": "cost", "Value": "1"}]
    control.delete_storage_lens_group(**named)
    with refused("NoSuchResource"):
        control.get_storage_lens_group(**named)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"MatchAnyPrefix": ["a"], "MatchAnySuffix": ["b"]},
        {"And": {"MatchAnyPrefix": ["a"]}},
        {"MatchAnyPrefix": [str(number) for number in range(11)]},
        {"MatchObjectSize": {}},
        {"MatchObjectAge": {"DaysGreaterThan": 5, "DaysLessThan": 5}},
    ],
)
def test_filters_that_are_none_are_refused(make, refused, chosen):
    with refused("InvalidRequest"):
        make({"Name": "wrong", "Filter": chosen})


def test_ranges_are_open_at_both_ends():
    for size, is_meant in ((4, False), (5, True), (6, True), (7, False)):
        between = {"MatchObjectSize": {"BytesGreaterThan": 4, "BytesLessThan": 7}}
        assert means(between, Subject("a", {}, 0, size)) is is_meant
    both = {"And": {"MatchObjectAge": {"DaysGreaterThan": 1}, "MatchAnySuffix": [".log"]}}
    assert means(both, Subject("a.log", {}, 2, 0))
    assert not means(both, Subject("a.log", {}, 1, 0))
