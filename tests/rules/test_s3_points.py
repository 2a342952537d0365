"""Names of access points and directory buckets, and what stands for a bucket."""

import pytest

from skyglobe.gateway.hosts import place_of
from skyglobe.gateway.points import bucket_named_by
from skyglobe.kernel.config import HOST_SUFFIXES
from skyglobe.services.s3.rules.directories import is_zone_of, zone_code, zone_in
from skyglobe.services.s3.rules.points import PointName, is_point_name, parse_point, stands_for_point
from skyglobe.services.s3.rules.sources import Source, parse_copy_source

ARN = "arn:aws:s3:us-east-1:111111111111:accesspoint/door"
FRONT = "arn:aws:s3-object-lambda:us-east-1:111111111111:accesspoint/front"


@pytest.mark.parametrize(
    ("region", "code"),
    [
        ("us-east-1", "use1"),
        ("us-west-2", "usw2"),
        ("ap-northeast-1", "apne1"),
        ("ap-southeast-2", "apse2"),
        ("eu-central-1", "euc1"),
        ("eu-north-1", "eun1"),
        ("ca-central-1", "cac1"),
        ("sa-east-1", "sae1"),
        ("us-gov-west-1", "usgw1"),
        ("cn-north-1", "cnn1"),
    ],
)
def test_zones_are_called_after_their_region(region, code):
    assert zone_code(region) == code
    assert is_zone_of(f"{code}-az4", region)
    assert is_zone_of(f"{code}-bos1-az1", region)
    assert not is_zone_of("xx1-az4", region)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("trees--use1-az4--x-s3", "use1-az4"),
        ("a--use1-az4--x-s3", "use1-az4"),
        ("two--words--usw2-az1--x-s3", "usw2-az1"),
        ("local--use1-bos1-az1--x-s3", "use1-bos1-az1"),
        ("--use1-az4--x-s3", ""),
        ("trees.oak--use1-az4--x-s3", ""),
        ("trees-use1-az4--x-s3", ""),
        ("trees--x-s3", ""),
        ("t" * 50 + "--use1-az4--x-s3", ""),
    ],
)
def test_a_directory_bucket_s_name_tells_its_zone(name, zone):
    assert zone_in(name) == zone


@pytest.mark.parametrize("name", ["door", "a-b", "123", "d" * 50])
def test_names_of_access_points(name):
    assert is_point_name(name)


@pytest.mark.parametrize(
    "name", ["Door", "do", "-door", "door-", "door-s3alias", "door--ol-s3", "a.b", "a_b", "d" * 51]
)
def test_what_is_no_name_of_an_access_point(name):
    assert not is_point_name(name)


def test_what_stands_for_a_bucket():
    assert all(map(stands_for_point, (ARN, "door-x-s3alias", "front-x--ol-s3", "abc.mrap")))
    assert not any(map(stands_for_point, ("door", "door-111111111111", "trees--use1-az4--x-s3", "mrap")))
    assert parse_point(ARN) == PointName("aws", "s3", "us-east-1", "111111111111", "door")
    assert parse_point("arn:aws:s3::111111111111:accesspoint/abc.mrap").region == ""
    assert parse_point("arn:aws:s3:::bucket") is None


@pytest.mark.parametrize(
    ("header", "source"),
    [
        (f"{ARN}/object/a/object/b", Source(ARN, "a/object/b")),
        (f"{ARN.replace(':', '%3A')}/object/a%20b?versionId=1", Source(ARN, "a b", "1")),
        ("bucket/object/a", Source("bucket", "object/a")),
        (ARN, None),
    ],
)
def test_copies_come_through_access_points_too(header, source):
    assert parse_copy_source(header) == source


@pytest.mark.parametrize(
    ("host", "signed_for", "path", "bucket"),
    [
        ("door-111111111111.s3-accesspoint.us-east-1.amazonaws.com", "s3", "/a", ARN),
        ("door-111111111111.s3-accesspoint-fips.dualstack.us-east-1.amazonaws.com", "s3", "/a", ARN),
        ("door-111111111111.localhost:4566", "s3", "/a", ARN),
        ("door-111111111111.localhost:4566", "", "/a", ARN),
        ("door-111111111111.localhost:4566", "sqs", "/a", ""),
        (
            "front-111111111111.localhost",
            "s3-object-lambda",
            "/a",
            FRONT,
        ),
        ("route.s3-object-lambda.us-east-1.amazonaws.com", "s3-object-lambda", "/WriteGetObjectResponse", ""),
        ("111111111111.localhost:4566", "s3", "/v20180820/accesspoint/door", ""),
        ("abc.mrap.accesspoint.s3-global.amazonaws.com", "s3", "/a", "abc.mrap"),
        ("trees--use1-az4--x-s3.localhost:4566", "s3express", "/a", "trees--use1-az4--x-s3"),
        ("trees--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", "s3express", "/", "trees--use1-az4--x-s3"),
        ("s3express-control.us-east-1.amazonaws.com", "s3express", "/", ""),
        ("door-111111111111.s3.localhost", "s3", "/a", "door-111111111111"),
    ],
)
def test_hosts_name_access_points_and_directory_buckets(host, signed_for, path, bucket):
    assert bucket_named_by(place_of(host, HOST_SUFFIXES), signed_for, "us-east-1", path) == bucket
