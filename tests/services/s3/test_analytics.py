"""Storage class analysis: what is stored and read by age, and when it should move, exported every day."""

import csv
import io

import pytest

from tests.services.s3.conftest import OWNER, document, statement

MIB = 1024 * 1024


@pytest.fixture
def s3(owner):
    """The client of the owner of ``orchard`` and of ``attic``, where exports may be put."""
    client = owner.client("s3")
    for name in ("orchard", "attic"):
        client.create_bucket(Bucket=name)
    allow(client)
    return client


def allow(client):
    who = {"Service": "s3.amazonaws.com"}
    equals = {"aws:SourceAccount": OWNER, "s3:x-amz-acl": "bucket-owner-full-control"}
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::orchard"}, "StringEquals": equals}
    text = document(statement("s3:PutObject", "arn:aws:s3:::attic/*", who, Condition=condition))
    client.put_bucket_policy(Bucket="attic", Policy=text)


def configuration(id_="all", exports=True, **more):
    place = {"Format": "CSV", "Bucket": "arn:aws:s3:::attic", "Prefix": "advice"}
    export = {"OutputSchemaVersion": "V_1", "Destination": {"S3BucketDestination": place}}
    return {"Id": id_, "StorageClassAnalysis": {"DataExport": export} if exports else {}, **more}


@pytest.fixture
def put(s3):
    def run(made):
        s3.put_bucket_analytics_configuration(Bucket="orchard", Id=made["Id"], AnalyticsConfiguration=made)

    return run


@pytest.fixture
def exported(s3):
    """Return a function that reads an export: a dict for each line."""

    def read(id_="all"):
        text = s3.get_object(Bucket="attic", Key=f"advice/orchard/{id_}.csv")["Body"].read().decode()
        return list(csv.DictReader(io.StringIO(text)))

    return read


@pytest.mark.spec("S3SCA-001", "S3SCA-003")
def test_each_day_tells_what_was_stored_and_read_by_age(cloud, s3, put, exported):
    s3.put_object(Bucket="orchard", Key="a", Body=b"a" * MIB)
    put(configuration())
    s3.get_object(Bucket="orchard", Key="a")
    s3.get_object(Bucket="orchard", Key="a", Range="bytes=0-99")
    s3.head_object(Bucket="orchard", Key="a")
    cloud.turn(days=1)
    rows = [row for row in exported() if row["StorageClass"] == "STANDARD"]
    assert [row["ObjectAge"] for row in rows] == ["ALL", "000-014"]
    for row in rows:
        assert (row["ConfigId"], row["ObjectCount"], row["GetRequestCount"]) == ("all", "1", "2")
        assert float(row["Storage_MB"]) == pytest.approx(MIB / 1e6)
        assert float(row["DataUploaded_MB"]) == pytest.approx(MIB / 1e6)
        assert float(row["DataRetrieved_MB"]) == pytest.approx((MIB + 100) / 1e6)
    cloud.turn(days=1)
    rows = [row for row in exported() if (row["StorageClass"], row["ObjectAge"]) == ("STANDARD", "ALL")]
    assert [row["GetRequestCount"] for row in rows] == ["2", "0"]
    assert len({row["Date"] for row in rows}) == 2


@pytest.mark.spec("S3SCA-002")
def test_only_standard_and_infrequent_access_are_looked_at(cloud, s3, put, exported):
    for key, storage_class in (("a", "STANDARD"), ("b", "STANDARD_IA"), ("c", "GLACIER"), ("d", "GLACIER_IR")):
        s3.put_object(Bucket="orchard", Key=key, Body=b"1234", StorageClass=storage_class)
    put(configuration())
    cloud.turn(days=1)
    rows = exported()
    assert {row["StorageClass"] for row in rows} == {"STANDARD", "STANDARD_IA"}
    assert [row["ObjectCount"] for row in rows if row["ObjectAge"] == "ALL"] == ["1", "1"]


@pytest.mark.spec("S3SCA-007")
def test_nothing_is_advised_before_thirty_days_were_observed(cloud, s3, put, exported):
    s3.put_object(Bucket="orchard", Key="old", Body=b"1" * MIB)
    put(configuration())
    cloud.turn(days=29)
    assert {row["RecommendedObjectAgeForSIATransition"] for row in exported()} == {""}
    cloud.turn(days=6)
    last = [row for row in exported() if (row["StorageClass"], row["ObjectAge"]) == ("STANDARD", "ALL")][-1]
    assert last["RecommendedObjectAgeForSIATransition"] == "030"


@pytest.mark.spec("S3SCA-007")
def test_what_is_read_often_is_not_advised_to_move(cloud, s3, put, exported):
    s3.put_object(Bucket="orchard", Key="busy", Body=b"1" * MIB)
    put(configuration())
    for _ in range(35):
        s3.get_object(Bucket="orchard", Key="busy")
        cloud.turn(days=1)
    for _ in range(3):
        for _ in range(10):
            s3.get_object(Bucket="orchard", Key="busy")
        cloud.turn(days=1)
    last = [row for row in exported() if (row["StorageClass"], row["ObjectAge"]) == ("STANDARD", "ALL")][-1]
    assert last["RecommendedObjectAgeForSIATransition"] == ""


@pytest.mark.spec("S3SCA-006")
def test_the_destination_must_let_the_export_in(cloud, s3, put, exported):
    s3.delete_bucket_policy(Bucket="attic")
    put(configuration())
    cloud.turn(days=1)
    assert "Contents" not in s3.list_objects_v2(Bucket="attic")
    allow(s3)
    cloud.turn(days=1)
    assert len({row["Date"] for row in exported()}) == 2


@pytest.mark.spec("S3SCA-004")
def test_a_filter_chooses_by_prefix_and_tags(cloud, s3, put, exported):
    s3.put_object(Bucket="orchard", Key="in/a", Body=b"1", Tagging="state=ripe")
    s3.put_object(Bucket="orchard", Key="in/b", Body=b"1")
    s3.put_object(Bucket="orchard", Key="out", Body=b"1", Tagging="state=ripe")
    tag = {"Key": "state", "Value": "ripe"}
    put(configuration("both", Filter={"And": {"Prefix": "in/", "Tags": [tag]}}))
    put(configuration("tagged", Filter={"Tag": tag}))
    s3.get_object(Bucket="orchard", Key="in/b")
    s3.get_object(Bucket="orchard", Key="out")
    cloud.turn(days=1)
    told = {id_: exported(id_)[0] for id_ in ("both", "tagged")}
    assert [told[id_]["ObjectCount"] for id_ in ("both", "tagged")] == ["1", "2"]
    assert [told[id_]["GetRequestCount"] for id_ in ("both", "tagged")] == ["0", "1"]
    assert told["both"]["Filter"] == "prefix=in/;tag=state:ripe"


@pytest.mark.spec("S3SCA-005")
def test_configurations_are_read_listed_and_removed(cloud, s3, put, refused):
    made = configuration(Filter={"Prefix": "in/"})
    put(made)
    assert s3.get_bucket_analytics_configuration(Bucket="orchard", Id="all")["AnalyticsConfiguration"] == made
    for number in range(100):
        put(configuration(f"more-{number:03d}", exports=False))
    first = s3.list_bucket_analytics_configurations(Bucket="orchard")
    assert (len(first["AnalyticsConfigurationList"]), first["IsTruncated"]) == (100, True)
    rest = s3.list_bucket_analytics_configurations(Bucket="orchard", ContinuationToken=first["NextContinuationToken"])
    assert [found["Id"] for found in rest["AnalyticsConfigurationList"]] == ["more-099"]
    s3.delete_bucket_analytics_configuration(Bucket="orchard", Id="all")
    with refused("NoSuchConfiguration", 404):
        s3.get_bucket_analytics_configuration(Bucket="orchard", Id="all")
    with refused("NoSuchConfiguration", 404):
        s3.delete_bucket_analytics_configuration(Bucket="orchard", Id="all")


@pytest.mark.parametrize(
    "wrong",
    [
        configuration("a b"),
        configuration(Filter={}),
        configuration(Filter={"Prefix": "a", "Tag": {"Key": "k", "Value": "v"}}),
        configuration(Filter={"And": {"Prefix": "a"}}),
        configuration(
            StorageClassAnalysis={
                "DataExport": {
                    "OutputSchemaVersion": "V_2",
                    "Destination": {"S3BucketDestination": {"Format": "CSV", "Bucket": "arn:aws:s3:::attic"}},
                }
            }
        ),
    ],
)
def test_what_is_no_configuration_is_refused(put, refused, wrong):
    with refused("MalformedXML"):
        put(wrong)


@pytest.mark.spec("S3SCA-004")
def test_there_is_a_limit(cloud, s3, put, refused):
    from skyglobe.services.s3.analyzing import Analysis, analyses

    def fill(scope):
        for number in range(1_000):
            analyses.put(scope, Analysis(bucket="orchard", id=f"c{number}", text="{}"))

    cloud.run(cloud.kernel.transact(fill, OWNER, "us-east-1"))
    with refused("TooManyConfigurations"):
        put(configuration())
