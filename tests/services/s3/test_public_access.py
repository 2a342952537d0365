"""Public access is blocked until its owner lifts the block, on the bucket and on the account."""

import pytest

from tests.services.s3.conftest import OWNER, STRANGER, document, statement

INSIDE = "arn:aws:s3:::yard/*"
ALL = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
PUBLIC = statement("s3:GetObject", INSIDE)


@pytest.fixture
def block(owner, yard):
    """Return a function that sets the block of ``yard`` to just what it names."""
    return lambda **settings: owner.client("s3").put_public_access_block(
        Bucket=yard, PublicAccessBlockConfiguration=settings
    )


@pytest.mark.spec("S3ACL-010")
def test_new_buckets_block_public_access(owner, yard, refused):
    s3 = owner.client("s3")
    assert s3.get_public_access_block(Bucket=yard)["PublicAccessBlockConfiguration"] == ALL
    with refused("AccessDenied", 403) as answer:
        s3.put_bucket_policy(Bucket=yard, Policy=document(PUBLIC))
    assert answer["Error"]["Message"] == (
        f"User: arn:aws:iam::{OWNER}:root is not authorized to perform: s3:PutBucketPolicy on resource: "
        '"arn:aws:s3:::yard" because public policies are prevented by the BlockPublicPolicy setting in S3 Block '
        "Public Access."
    )


@pytest.mark.spec("S3BKT-023")
def test_a_deleted_block_is_not_found_and_blocks_nothing(owner, yard, policy, refused):
    s3 = owner.client("s3")
    s3.delete_public_access_block(Bucket=yard)
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        s3.get_public_access_block(Bucket=yard)
    policy(PUBLIC)


def test_settings_that_are_not_named_are_off(owner, yard, block):
    block(IgnorePublicAcls=True)
    configuration = owner.client("s3").get_public_access_block(Bucket=yard)["PublicAccessBlockConfiguration"]
    assert configuration == {name: name == "IgnorePublicAcls" for name in ALL}


def test_a_restricted_bucket_with_a_public_policy_is_for_its_account_only(
    owner, yard, block, policy, user, anonymous, refused
):
    block()
    also = statement("s3:ListBucket", "arn:aws:s3:::yard", {"AWS": STRANGER})
    policy(PUBLIC, also)
    bob = user("bob", ("s3:*", "*"), account=STRANGER)
    ann = user("ann")
    anonymous.get_object(Bucket=yard, Key="a")
    bob.list_objects_v2(Bucket=yard)
    block(RestrictPublicBuckets=True)
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=yard, Key="a")
    with refused("AccessDenied", 403):
        bob.list_objects_v2(Bucket=yard)
    ann.get_object(Bucket=yard, Key="a")
    policy(also)
    bob.list_objects_v2(Bucket=yard)


def test_public_lists_are_refused_or_ignored(owner, open_yard, block, anonymous, refused):
    s3 = owner.client("s3")
    s3.put_object_acl(Bucket=open_yard, Key="a", ACL="public-read")
    anonymous.get_object(Bucket=open_yard, Key="a")
    block(IgnorePublicAcls=True)
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=open_yard, Key="a")
    s3.put_object_acl(Bucket=open_yard, Key="a", ACL="public-read")
    block(BlockPublicAcls=True)
    anonymous.get_object(Bucket=open_yard, Key="a")
    everybody = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    for call, more in (
        (s3.put_object_acl, {"Key": "a", "ACL": "public-read"}),
        (s3.put_object, {"Key": "b", "ACL": "authenticated-read"}),
        (s3.put_object, {"Key": "b", "GrantRead": everybody}),
        (s3.put_bucket_acl, {"ACL": "public-read"}),
    ):
        with refused("AccessDenied", 403):
            call(Bucket=open_yard, **more)
    with refused("404", 404):
        s3.head_object(Bucket=open_yard, Key="b")


@pytest.mark.spec("S3ACL-011")
def test_the_account_s_block_counts_where_the_bucket_has_none(owner, yard, block, policy, anonymous, refused):
    block()
    policy(PUBLIC)
    anonymous.get_object(Bucket=yard, Key="a")
    control = owner.client("s3control")
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        control.get_public_access_block(AccountId=OWNER)
    control.put_public_access_block(AccountId=OWNER, PublicAccessBlockConfiguration=ALL)
    assert control.get_public_access_block(AccountId=OWNER)["PublicAccessBlockConfiguration"] == ALL
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=yard, Key="a")
    with refused("AccessDenied", 403):
        policy(PUBLIC)
    control.delete_public_access_block(AccountId=OWNER)
    anonymous.get_object(Bucket=yard, Key="a")


def test_an_account_s_block_is_its_own_to_set(cloud, owner, refused):
    theirs = cloud.session(account=STRANGER).client("s3control")
    with refused("AccessDenied", 403):
        theirs.put_public_access_block(AccountId=OWNER, PublicAccessBlockConfiguration={})
    with refused("AccessDenied", 403):
        theirs.get_public_access_block(AccountId=OWNER)
