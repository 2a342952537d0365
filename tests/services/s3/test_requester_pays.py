"""Where requesters pay, others must say that they do."""

import pytest

from tests.services.s3.conftest import STRANGER, statement

EVERY = ["arn:aws:s3:::yard", "arn:aws:s3:::yard/*"]


@pytest.fixture
def theirs(cloud, owner, yard, policy):
    """A client of another account, which the policy of ``yard`` lets do everything; requesters pay."""
    s3 = owner.client("s3")
    s3.delete_public_access_block(Bucket=yard)
    policy(statement("s3:*", EVERY))
    s3.put_bucket_request_payment(Bucket=yard, RequestPaymentConfiguration={"Payer": "Requester"})
    return cloud.session(account=STRANGER).client("s3")


@pytest.mark.spec("S3RQP-007")
def test_who_pays_is_read_back(owner, yard, theirs, refused):
    s3 = owner.client("s3")
    assert s3.get_bucket_request_payment(Bucket=yard)["Payer"] == "Requester"
    s3.put_bucket_request_payment(Bucket=yard, RequestPaymentConfiguration={"Payer": "BucketOwner"})
    assert s3.get_bucket_request_payment(Bucket=yard)["Payer"] == "BucketOwner"
    theirs.get_object(Bucket=yard, Key="a")
    with refused("MalformedXML"):
        s3.put_bucket_request_payment(Bucket=yard, RequestPaymentConfiguration={"Payer": "Nobody"})


@pytest.mark.spec("S3RQP-005", "S3RQP-009")
def test_others_are_refused_unless_they_pay(yard, theirs, refused):
    calls = [
        (theirs.get_object, {"Key": "a"}),
        (theirs.head_object, {"Key": "a"}),
        (theirs.list_objects_v2, {}),
        (theirs.put_object, {"Key": "b", "Body": b""}),
        (theirs.copy_object, {"Key": "c", "CopySource": "yard/a"}),
    ]
    for call, more in calls:
        with pytest.raises(Exception, match=r"403|AccessDenied"):
            call(Bucket=yard, **more)
        assert call(Bucket=yard, RequestPayer="requester", **more)["RequestCharged"] == "requester"
    begun = theirs.create_multipart_upload(Bucket=yard, Key="m", RequestPayer="requester")
    named = {"Bucket": yard, "Key": "m", "UploadId": begun["UploadId"], "PartNumber": 1, "Body": b"x"}
    with refused("AccessDenied", 403):
        theirs.upload_part(**named)
    assert theirs.upload_part(**named, RequestPayer="requester")["RequestCharged"] == "requester"


@pytest.mark.spec("S3RQP-004")
def test_nobody_without_a_signature_can_pay(yard, theirs, anonymous, refused):
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=yard, Key="a")
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=yard, Key="a", RequestPayer="requester")


def test_a_copy_is_paid_for_at_its_source_too(cloud, yard, theirs, refused):
    theirs.create_bucket(Bucket="mine")
    with refused("AccessDenied", 403):
        theirs.copy_object(Bucket="mine", Key="a", CopySource="yard/a")
    theirs.copy_object(Bucket="mine", Key="a", CopySource="yard/a", RequestPayer="requester")


@pytest.mark.spec("S3RQP-006")
def test_the_owner_pays_without_saying_so(owner, yard, theirs):
    assert "RequestCharged" not in owner.client("s3").get_object(Bucket=yard, Key="a")
