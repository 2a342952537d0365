"""Access control lists count where a bucket takes them; by default it does not."""

import pytest

from tests.services.s3.conftest import OWNER, STRANGER, statement

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
INSIDE = "arn:aws:s3:::yard/*"


@pytest.fixture
def theirs(cloud):
    """A client of another account's root."""
    return cloud.session(account=STRANGER).client("s3")


@pytest.fixture
def their_id(theirs):
    """The canonical user id of the other account."""
    return theirs.list_buckets()["Owner"]["ID"]


def grants_of(answer):
    return [
        (grant["Grantee"].get("URI", grant["Grantee"].get("ID")), grant["Permission"]) for grant in answer["Grants"]
    ]


@pytest.mark.spec("S3ACL-009")
def test_a_new_bucket_takes_no_lists(owner, yard, refused):
    s3 = owner.client("s3")
    rules = s3.get_bucket_ownership_controls(Bucket=yard)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    for call, more in (
        (s3.put_object, {"Key": "b", "ACL": "public-read"}),
        (s3.put_object_acl, {"Key": "a", "ACL": "public-read"}),
        (s3.put_bucket_acl, {"ACL": "private"}),
    ):
        with refused("AccessControlListNotSupported"):
            call(Bucket=yard, **more)
    s3.put_object(Bucket=yard, Key="b", Body=b"", ACL="bucket-owner-full-control")


@pytest.mark.spec("S3ACL-006")
def test_an_object_s_list_opens_one_key(owner, open_yard, anonymous, refused):
    s3 = owner.client("s3")
    s3.put_object(Bucket=open_yard, Key="b", Body=b"banana")
    s3.put_object_acl(Bucket=open_yard, Key="a", ACL="public-read")
    mine = s3.list_buckets()["Owner"]["ID"]
    answer = s3.get_object_acl(Bucket=open_yard, Key="a")
    assert grants_of(answer) == [(mine, "FULL_CONTROL"), (ALL_USERS, "READ")]
    assert anonymous.get_object(Bucket=open_yard, Key="a")["Body"].read() == b"apple"
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=open_yard, Key="b")
    with refused("AccessDenied", 403):
        anonymous.get_object_acl(Bucket=open_yard, Key="a")


@pytest.mark.spec("S3ACL-007")
def test_a_bucket_s_list_lets_its_grantee_list(owner, open_yard, theirs, their_id, user, anonymous, refused):
    s3 = owner.client("s3")
    with refused("AccessDenied", 403):
        theirs.list_objects_v2(Bucket=open_yard)
    s3.put_bucket_acl(Bucket=open_yard, GrantRead=f'id="{their_id}"')
    assert theirs.list_objects_v2(Bucket=open_yard)["KeyCount"] == 1
    with refused("AccessDenied", 403):
        user("eve", account=STRANGER).list_objects_v2(Bucket=open_yard)
    user("bob", ("s3:ListBucket", "*"), account=STRANGER).list_objects_v2(Bucket=open_yard)
    with refused("AccessDenied", 403):
        theirs.put_object(Bucket=open_yard, Key="b", Body=b"")
    s3.put_bucket_acl(Bucket=open_yard, ACL="public-read-write")
    anonymous.put_object(Bucket=open_yard, Key="b", Body=b"")
    anonymous.list_objects_v2(Bucket=open_yard)
    s3.put_bucket_acl(Bucket=open_yard, ACL="authenticated-read")
    theirs.list_objects_v2(Bucket=open_yard)
    with refused("AccessDenied", 403):
        anonymous.list_objects_v2(Bucket=open_yard)
    s3.put_bucket_acl(Bucket=open_yard, ACL="private")
    with refused("AccessDenied", 403):
        theirs.list_objects_v2(Bucket=open_yard)


def test_a_list_can_be_written_as_a_document(owner, open_yard, their_id, refused):
    s3 = owner.client("s3")
    answer = s3.get_bucket_acl(Bucket=open_yard)
    grant = {"Grantee": {"Type": "CanonicalUser", "ID": their_id}, "Permission": "READ_ACP"}
    asked = {"Owner": answer["Owner"], "Grants": [*answer["Grants"], grant]}
    s3.put_bucket_acl(Bucket=open_yard, AccessControlPolicy=asked)
    assert grants_of(s3.get_bucket_acl(Bucket=open_yard))[1:] == [(their_id, "READ_ACP")]
    with refused("AccessDenied", 403):
        s3.put_bucket_acl(Bucket=open_yard, AccessControlPolicy={**asked, "Owner": {"ID": their_id}})
    with refused("MalformedACLError"):
        s3.put_bucket_acl(Bucket=open_yard, AccessControlPolicy={"Owner": answer["Owner"], "Grants": [grant] * 101})


@pytest.mark.spec("S3ACL-008")
def test_a_policy_s_deny_beats_a_list_s_grant(owner, open_yard, policy, anonymous, refused):
    owner.client("s3").put_object_acl(Bucket=open_yard, Key="a", ACL="public-read")
    anonymous.get_object(Bucket=open_yard, Key="a")
    policy(statement("s3:GetObject", INSIDE, Effect="Deny"))
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=open_yard, Key="a")


@pytest.mark.spec("S3ACL-012")
def test_who_writes_an_object_owns_it_where_lists_count(owner, open_yard, policy, theirs, their_id, refused):
    s3 = owner.client("s3")
    policy(statement(["s3:PutObject", "s3:PutObjectAcl", "s3:GetObject"], INSIDE, {"AWS": STRANGER}))
    theirs.put_object(Bucket=open_yard, Key="b", Body=b"theirs")
    assert theirs.get_object_acl(Bucket=open_yard, Key="b")["Owner"]["ID"] == their_id
    with refused("AccessDenied", 403):
        s3.get_object(Bucket=open_yard, Key="b")
    theirs.put_object_acl(Bucket=open_yard, Key="b", ACL="bucket-owner-read")
    assert s3.get_object(Bucket=open_yard, Key="b")["Body"].read() == b"theirs"
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket=open_yard, OwnershipControls=rules)
    theirs.put_object(Bucket=open_yard, Key="c", Body=b"", ACL="bucket-owner-full-control")
    mine = s3.list_buckets()["Owner"]["ID"]
    assert s3.get_object_acl(Bucket=open_yard, Key="c")["Owner"]["ID"] == mine
    theirs.put_object(Bucket=open_yard, Key="d", Body=b"")
    with refused("AccessDenied", 403):
        s3.get_object(Bucket=open_yard, Key="d")
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=open_yard, OwnershipControls=rules)
    assert s3.get_object_acl(Bucket=open_yard, Key="d")["Owner"]["ID"] == mine
    s3.get_object(Bucket=open_yard, Key="d")


def test_the_bucket_s_owner_may_delete_what_others_own(owner, open_yard, policy, theirs):
    policy(statement("s3:PutObject", INSIDE, {"AWS": STRANGER}))
    theirs.put_object(Bucket=open_yard, Key="b", Body=b"theirs")
    owner.client("s3").delete_object(Bucket=open_yard, Key="b")


def test_lists_must_be_given_up_before_they_stop_counting(owner, open_yard, refused):
    s3 = owner.client("s3")
    s3.put_bucket_acl(Bucket=open_yard, ACL="public-read")
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    with refused("InvalidBucketAclWithObjectOwnership"):
        s3.put_bucket_ownership_controls(Bucket=open_yard, OwnershipControls=rules)
    s3.put_bucket_acl(Bucket=open_yard, ACL="private")
    s3.put_bucket_ownership_controls(Bucket=open_yard, OwnershipControls=rules)


@pytest.mark.spec("S3BKT-023")
def test_deleted_ownership_controls_are_not_found(owner, yard, refused):
    s3 = owner.client("s3")
    s3.delete_bucket_ownership_controls(Bucket=yard)
    with refused("OwnershipControlsNotFoundError", 404):
        s3.get_bucket_ownership_controls(Bucket=yard)
    s3.put_object_acl(Bucket=yard, Key="a", ACL="private")
    with refused("MalformedXML"):
        s3.put_bucket_ownership_controls(Bucket=yard, OwnershipControls={"Rules": [{"ObjectOwnership": "Nobody"}]})


def test_a_bucket_is_made_with_lists_but_never_public(owner, refused):
    s3 = owner.client("s3")
    s3.create_bucket(Bucket="listed", ObjectOwnership="BucketOwnerPreferred", ACL="log-delivery-write")
    log = "http://acs.amazonaws.com/groups/s3/LogDelivery"
    assert grants_of(s3.get_bucket_acl(Bucket="listed"))[1:] == [(log, "WRITE"), (log, "READ_ACP")]
    with refused("InvalidBucketAclWithObjectOwnership"):
        s3.create_bucket(Bucket="other", ACL="public-read")
    with refused("AccessDenied", 403):
        s3.create_bucket(Bucket="other", ObjectOwnership="ObjectWriter", ACL="public-read")


@pytest.mark.spec("S3ACL-015")
def test_nobody_is_named_by_email(owner, open_yard, refused):
    s3 = owner.client("s3")
    with refused("MethodNotAllowed", 405):
        s3.put_bucket_acl(Bucket=open_yard, GrantRead='emailAddress="ann@example.com"')
    with refused("MethodNotAllowed", 405):
        s3.put_object(Bucket=open_yard, Key="b", GrantFullControl="emailAddress=ann@example.com")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"ACL": "everybody"}, "InvalidArgument"),
        ({"GrantRead": "id=nobody"}, "InvalidArgument"),
        ({"GrantRead": "uri=http://example.com"}, "InvalidArgument"),
        ({"GrantRead": "whoever"}, "InvalidArgument"),
        ({"ACL": "private", "GrantRead": f"uri={ALL_USERS}"}, "InvalidRequest"),
        ({}, "MissingSecurityHeader"),
    ],
)
def test_lists_that_are_none_are_refused(owner, open_yard, refused, asked, code):
    with refused(code):
        owner.client("s3").put_bucket_acl(Bucket=open_yard, **asked)


def test_a_copy_does_not_take_its_source_s_list_along(owner, open_yard):
    s3 = owner.client("s3")
    s3.put_object_acl(Bucket=open_yard, Key="a", ACL="public-read")
    s3.copy_object(Bucket=open_yard, Key="b", CopySource=f"{open_yard}/a")
    assert len(s3.get_object_acl(Bucket=open_yard, Key="b")["Grants"]) == 1
    s3.copy_object(Bucket=open_yard, Key="c", CopySource=f"{open_yard}/a", ACL="public-read")
    assert len(s3.get_object_acl(Bucket=open_yard, Key="c")["Grants"]) == 2


def test_giving_a_list_needs_a_right_of_its_own(open_yard, user, refused):
    writer = user("writer", ("s3:PutObject", INSIDE))
    writer.put_object(Bucket=open_yard, Key="b", Body=b"")
    with refused("AccessDenied", 403) as answer:
        writer.put_object(Bucket=open_yard, Key="b", Body=b"", ACL="public-read")
    assert "s3:PutObjectAcl" in answer["Error"]["Message"]
    assert OWNER in answer["Error"]["Message"]
