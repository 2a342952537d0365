"""Requests that come to the wrong region are told the right one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.testing import TestCloud

Refused = Callable[..., Any]
FREE_OF_REDIRECTS = "s3-region-redirects"


@pytest.fixture
def there(cloud: TestCloud) -> str:
    client = cloud.session(region="eu-west-1").client("s3")
    client.create_bucket(Bucket="there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket="there", Key="apple", Body=b"red")
    return "there"


def _client_without_redirects(cloud: TestCloud, style: str) -> Any:
    """Return a client that shows redirections instead of following them, as boto3 otherwise would."""
    client = cloud.client("s3", config=ClientConfig(s3={"addressing_style": style}))
    client.meta.events.unregister("needs-retry.s3", unique_id="s3-region-redirector")
    emitter = client.meta.events._emitter
    for handler in list(emitter._handlers.prefix_search("needs-retry.s3")):
        if "redirect" in getattr(handler, "__name__", ""):
            client.meta.events.unregister("needs-retry.s3", handler)
    return client


@pytest.mark.spec("S3BKT-015")
def test_a_path_signed_for_another_region_is_redirected(cloud: TestCloud, there: str, refused: Refused) -> None:
    client = _client_without_redirects(cloud, "path")
    with refused("PermanentRedirect", 301) as answer:
        client.list_objects_v2(Bucket=there)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "eu-west-1"
    assert answer["Error"]["Bucket"] == there
    with refused("301", 301) as answer:
        client.head_bucket(Bucket=there)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "eu-west-1"


@pytest.mark.spec("S3BKT-015")
def test_a_virtual_host_signed_for_another_region_finds_its_signature_wrong(
    cloud: TestCloud, there: str, refused: Refused
) -> None:
    client = _client_without_redirects(cloud, "virtual")
    with refused("AuthorizationHeaderMalformed") as answer:
        client.list_objects_v2(Bucket=there)
    assert answer["Error"]["Region"] == "eu-west-1"
    assert "expecting 'eu-west-1'" in answer["Error"]["Message"]


def test_boto3_follows_to_the_right_region_by_itself(cloud: TestCloud, there: str) -> None:
    client = cloud.client("s3")
    assert client.get_object(Bucket=there, Key="apple")["Body"].read() == b"red"


def test_an_object_is_copied_from_another_region(cloud: TestCloud, s3: Any, bucket: str, there: str) -> None:
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{there}/apple")
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"red"
