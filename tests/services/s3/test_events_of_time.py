"""Who listens is told what S3 does by itself: rules at midnight, restorals and their ends."""

import pytest

from tests.services.s3.test_notifications import names, notify, queue, sqs, told, yard_s3

__all__ = ["notify", "queue", "sqs", "told", "yard_s3"]


@pytest.mark.spec("S3CLS-017")
def test_a_restoral_tells_of_its_beginning_and_ends(cloud, yard_s3, queue, told, notify):
    arn = queue("restorals")
    notify(arn, "s3:ObjectRestore:*")
    told(arn)
    yard_s3.put_object(Bucket="yard", Key="cold", Body=b"x", StorageClass="GLACIER")
    asked = {"Days": 1, "GlacierJobParameters": {"Tier": "Bulk"}}
    yard_s3.restore_object(Bucket="yard", Key="cold", RestoreRequest=asked)
    assert names(told(arn)) == ["ObjectRestore:Post"]
    yard_s3.restore_object(Bucket="yard", Key="cold", RestoreRequest={"GlacierJobParameters": {"Tier": "Expedited"}})
    told(arn)
    cloud.turn(minutes=5)
    assert names(told(arn)) == ["ObjectRestore:Completed"]
    yard_s3.restore_object(Bucket="yard", Key="cold", RestoreRequest={"Days": 5})
    cloud.turn(days=4)
    assert names(told(arn)) == []
    cloud.turn(days=3)
    assert names(told(arn)) == ["ObjectRestore:Delete"]


@pytest.mark.spec("S3LCR-018")
def test_rules_tell_of_what_they_moved_and_removed(cloud, yard_s3, queue, told, notify):
    arn = queue("ages")
    notify(arn, "s3:LifecycleExpiration:*", "s3:LifecycleTransition")
    told(arn)
    rules = [
        {"ID": "go", "Filter": {"Prefix": "go"}, "Expiration": {"Days": 1}},
        {"ID": "move", "Filter": {"Prefix": "move"}, "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
    ]
    whole = {"Rules": [{"Status": "Enabled", **rule} for rule in rules]}
    yard_s3.put_bucket_lifecycle_configuration(Bucket="yard", LifecycleConfiguration=whole)
    for key in ("go", "move", "stay"):
        yard_s3.put_object(Bucket="yard", Key=key, Body=b"x" * 128 * 1024)
    cloud.turn(days=2)
    assert names(told(arn)) == ["LifecycleExpiration:Delete", "LifecycleTransition"]
    yard_s3.put_bucket_versioning(Bucket="yard", VersioningConfiguration={"Status": "Enabled"})
    yard_s3.put_object(Bucket="yard", Key="go", Body=b"x")
    cloud.turn(days=2)
    assert names(told(arn)) == ["LifecycleExpiration:DeleteMarkerCreated"]
