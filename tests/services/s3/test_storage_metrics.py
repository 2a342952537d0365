"""Storage metrics: what a bucket holds, by class, tier and what its objects count for besides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from skyglobe.testing import TestCloud
from tests.services.s3.conftest import MIB

KIB = 1024


@pytest.fixture
def held(cloud: TestCloud, aws: Any, bucket: str) -> Callable[..., dict[str, float]]:
    """Return a function that says what CloudWatch was told of the bucket at the last midnight."""
    cloudwatch = aws.client("cloudwatch")

    def told() -> dict[str, float]:
        midnight = datetime.fromtimestamp(cloud.now // 86_400_000 * 86_400, UTC)
        found = {}
        for metric in cloudwatch.list_metrics(Namespace="AWS/S3")["Metrics"]:
            points = cloudwatch.get_metric_statistics(
                Namespace="AWS/S3",
                MetricName=metric["MetricName"],
                Dimensions=metric["Dimensions"],
                StartTime=midnight,
                EndTime=midnight + timedelta(days=1),
                Period=86_400,
                Statistics=["Average"],
            )["Datapoints"]
            dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
            assert dimensions["BucketName"] == bucket
            found[dimensions["StorageType"]] = points[0]["Average"] if points else None
        return found

    return told


def test_classes_tiers_and_uploads_are_told_apart(cloud: TestCloud, s3: Any, bucket: str, held: Any) -> None:
    sizes = {"STANDARD": 10, "STANDARD_IA": KIB, "ONEZONE_IA": 200 * KIB, "GLACIER": 3, "INTELLIGENT_TIERING": MIB}
    for storage_class, size in sizes.items():
        s3.put_object(Bucket=bucket, Key=storage_class, Body=bytes(size), StorageClass=storage_class)
    for storage_class in ("STANDARD", "GLACIER"):
        begun = s3.create_multipart_upload(Bucket=bucket, Key="begun", StorageClass=storage_class)
        for number in (1, 2):
            s3.upload_part(
                Bucket=bucket, Key="begun", UploadId=begun["UploadId"], PartNumber=number, Body=b"x" * number
            )
    cloud.turn(days=1)
    assert held() == {
        "AllStorageTypes": 5 + 4,
        "StandardStorage": 10 + 3,
        "StandardIAStorage": KIB,
        "StandardIASizeOverhead": 127 * KIB,
        "OneZoneIAStorage": 200 * KIB,
        "GlacierStorage": 3,
        "GlacierObjectOverhead": 32 * KIB,
        "GlacierS3ObjectOverhead": 8 * KIB,
        "GlacierStagingStorage": 3,
        "IntelligentTieringFAStorage": MIB,
    }
    cloud.turn(days=31)
    later = held()
    assert (later["IntelligentTieringIAStorage"], later["IntelligentTieringFAStorage"]) == (MIB, None)
