"""Tags of buckets and objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Refused = Callable[..., Any]


def tag_set(tags: dict[str, str]) -> dict[str, Any]:
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


@pytest.mark.spec("S3BKT-020")
def test_bucket_tags_are_replaced_as_a_set(s3: Any, bucket: str, refused: Refused) -> None:
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tag_set({"a": "1", "b": "2"}))
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tag_set({"c": "drei ß"}))
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "c", "Value": "drei ß"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tag_set({str(number): "" for number in range(50)}))
    with refused("InvalidTag"):
        s3.put_bucket_tagging(Bucket=bucket, Tagging=tag_set({str(number): "" for number in range(51)}))
    with refused("InvalidTag") as answer:
        s3.put_bucket_tagging(
            Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
        )
    assert answer["Error"]["TagKey"] == "a"
    assert s3.delete_bucket_tagging(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)


def test_a_bucket_can_be_made_with_tags(s3: Any) -> None:
    configuration = {"LocationConstraint": "eu-west-1", "Tags": [{"Key": "team", "Value": "fruit"}]}
    s3.create_bucket(Bucket="tagged", CreateBucketConfiguration=configuration)
    assert s3.get_bucket_tagging(Bucket="tagged")["TagSet"] == [{"Key": "team", "Value": "fruit"}]


def test_object_tags_come_and_go_without_touching_the_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red", Tagging="colour=red&ripe=&a%20b=c%2Bd")
    before = s3.head_object(Bucket=bucket, Key="apple")
    assert before["TagCount"] == 3
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key="apple")["TagSet"]}
    assert tags == {"colour": "red", "ripe": "", "a b": "c+d"}
    s3.put_object_tagging(Bucket=bucket, Key="apple", Tagging=tag_set({"x": "y"}))
    after = s3.get_object(Bucket=bucket, Key="apple")
    assert (after["TagCount"], after["LastModified"], after["ETag"]) == (1, before["LastModified"], before["ETag"])
    assert after["Body"].read() == b"red"
    s3.delete_object_tagging(Bucket=bucket, Key="apple")
    assert s3.get_object_tagging(Bucket=bucket, Key="apple")["TagSet"] == []
    assert "TagCount" not in s3.head_object(Bucket=bucket, Key="apple")


@pytest.mark.spec("S3OBJ-024")
def test_an_object_has_at_most_ten_tags_of_bounded_length(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"red")

    def put(tags: dict[str, str]) -> None:
        s3.put_object_tagging(Bucket=bucket, Key="apple", Tagging=tag_set(tags))

    put({str(number): "" for number in range(10)})
    assert s3.get_object(Bucket=bucket, Key="apple")["TagCount"] == 10
    with refused("BadRequest"):
        put({str(number): "" for number in range(11)})
    with refused("BadRequest"):
        s3.put_object(Bucket=bucket, Key="apple", Body=b"", Tagging="&".join(f"{n}=1" for n in range(11)))
    put({"k" * 128: "v" * 256})
    for wrong in ({"k" * 129: "v"}, {"k": "v" * 257}, {"aws:mine": "v"}, {"k": "{brace}"}):
        with refused("InvalidTag"):
            put(wrong)
    with refused("InvalidArgument"):
        s3.put_object(Bucket=bucket, Key="apple", Body=b"", Tagging="a=1&a=2")
    with refused("NoSuchKey", 404):
        s3.put_object_tagging(Bucket=bucket, Key="pear", Tagging=tag_set({"a": "b"}))
