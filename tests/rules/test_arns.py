"""ARNs: split and put together."""

from __future__ import annotations

import pytest

from skyglobe.kernel.arns import Arn, parse_arn
from skyglobe.kernel.scope import partition_of

QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (QUEUE, Arn("aws", "sqs", "us-east-1", "000000000000", "orders")),
        ("arn:aws-cn:s3:::bucket/a:b", Arn("aws-cn", "s3", "", "", "bucket/a:b")),
        (
            "arn:aws:sns:eu-west-1:123456789012:topic:8f-1",
            Arn("aws", "sns", "eu-west-1", "123456789012", "topic:8f-1"),
        ),
    ],
)
def test_an_arn_is_split_into_its_fields_and_joined_again(text: str, expected: Arn) -> None:
    assert parse_arn(text) == expected
    assert str(parse_arn(text)) == text


@pytest.mark.parametrize("text", ["", "arn", "orders", "arn:aws:sqs:us-east-1:000000000000:", QUEUE[1:], "arn:aws:s3"])
def test_what_is_no_arn_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an ARN"):
        parse_arn(text)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("", "aws")],
)
def test_regions_belong_to_partitions(region: str, partition: str) -> None:
    assert partition_of(region) == partition
