"""A bucket policy opens a bucket to others, closes it to some, and is refused when it is none."""

import json

import pytest

from tests.services.s3.conftest import OWNER, STRANGER, document, statement

YARD, INSIDE = "arn:aws:s3:::yard", "arn:aws:s3:::yard/*"


@pytest.mark.spec("S3ACL-002")
def test_a_policy_is_read_as_it_was_put_until_it_is_deleted(owner, yard, refused):
    s3 = owner.client("s3")
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=yard)
    text = document(statement("s3:GetObject", INSIDE, {"AWS": STRANGER}))
    s3.put_bucket_policy(Bucket=yard, Policy=text)
    assert s3.get_bucket_policy(Bucket=yard)["Policy"] == text
    assert s3.get_bucket_policy_status(Bucket=yard)["PolicyStatus"] == {"IsPublic": False}
    s3.delete_bucket_policy(Bucket=yard)
    s3.delete_bucket_policy(Bucket=yard)
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy_status(Bucket=yard)


def test_a_policy_goes_with_its_bucket(owner, yard, policy, refused):
    s3 = owner.client("s3")
    policy(statement("s3:GetObject", INSIDE, {"AWS": STRANGER}))
    s3.delete_object(Bucket=yard, Key="a")
    s3.delete_bucket(Bucket=yard)
    s3.create_bucket(Bucket=yard)
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=yard)


@pytest.mark.spec("S3ACL-003", "S3OBJ-027")
def test_a_public_policy_lets_everybody_read(owner, yard, policy, anonymous, refused):
    owner.client("s3").delete_public_access_block(Bucket=yard)
    with refused("AccessDenied", 403) as answer:
        anonymous.get_object(Bucket=yard, Key="a")
    assert answer["Error"]["Message"] == "Access Denied"
    policy(statement("s3:GetObject", INSIDE))
    assert anonymous.get_object(Bucket=yard, Key="a")["Body"].read() == b"apple"
    assert owner.client("s3").get_bucket_policy_status(Bucket=yard)["PolicyStatus"]["IsPublic"] is True
    with refused("AccessDenied", 403):
        anonymous.put_object(Bucket=yard, Key="b", Body=b"")
    with refused("NoSuchBucket", 404):
        anonymous.get_object(Bucket="nowhere", Key="a")


def test_a_policy_knows_callers_nobody_vouches_for_by_their_id(owner, yard, policy, anonymous, refused):
    owner.client("s3").delete_public_access_block(Bucket=yard)
    nobody = {"StringEquals": {"aws:userid": "anonymous", "aws:PrincipalType": "Anonymous"}}
    policy(statement("s3:GetObject", INSIDE, Condition=nobody))
    assert anonymous.get_object(Bucket=yard, Key="a")["Body"].read() == b"apple"
    policy(statement("s3:GetObject", INSIDE, Condition={"StringNotEquals": {"aws:userid": "anonymous"}}))
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=yard, Key="a")


@pytest.mark.parametrize(
    ("operator", "key", "values", "is_public"),
    [
        ("Bool", "aws:SecureTransport", True, True),
        ("IpAddress", "aws:SourceIp", "192.0.2.0/24", False),
        ("IpAddress", "aws:SourceIp", ["192.0.2.0/24", "0.0.0.0/1"], True),
        ("NotIpAddress", "aws:SourceIp", "192.0.2.0/24", True),
        ("StringEquals", "aws:PrincipalOrgID", "o-abcdefghij", False),
        ("StringLike", "aws:PrincipalOrgID", "o-*", True),
        ("StringEquals", "aws:SourceVpce", "vpce-1", False),
        ("StringEqualsIfExists", "aws:SourceVpce", "vpce-1", True),
        ("StringEquals", "s3:prefix", "a", True),
    ],
)
def test_fixed_values_keep_a_policy_from_being_public(owner, yard, policy, operator, key, values, is_public):
    s3 = owner.client("s3")
    s3.delete_public_access_block(Bucket=yard)
    policy(statement("s3:List*", YARD, Condition={operator: {key: values}}))
    assert s3.get_bucket_policy_status(Bucket=yard)["PolicyStatus"]["IsPublic"] is is_public


@pytest.mark.spec("S3ACL-005")
def test_another_account_needs_both_sides(yard, policy, user, refused):
    bob = user("bob", ("s3:GetObject", INSIDE), account=STRANGER)
    eve = user("eve", account=STRANGER)
    with refused("AccessDenied", 403):
        bob.get_object(Bucket=yard, Key="a")
    policy(statement("s3:GetObject", INSIDE, {"AWS": f"arn:aws:iam::{STRANGER}:root"}))
    assert bob.get_object(Bucket=yard, Key="a")["Body"].read() == b"apple"
    with refused("AccessDenied", 403):
        eve.get_object(Bucket=yard, Key="a")


@pytest.mark.spec("S3ACL-008")
def test_an_explicit_deny_beats_every_allow(yard, policy, user, refused):
    ann = user("ann", ("s3:*", "*"))
    ann.get_object(Bucket=yard, Key="a")
    policy(statement("s3:GetObject", INSIDE, {"AWS": f"arn:aws:iam::{OWNER}:user/ann"}, Effect="Deny"))
    with refused("AccessDenied", 403) as answer:
        ann.get_object(Bucket=yard, Key="a")
    assert answer["Error"]["Message"].endswith("with an explicit deny in a resource-based policy")
    ann.list_objects_v2(Bucket=yard)


@pytest.mark.spec("S3ACL-001", "S3ACL-016")
def test_listing_needs_the_bucket_and_reading_what_is_in_it(yard, user, refused):
    inside = user("inside", ("s3:*", INSIDE))
    with refused("AccessDenied", 403):
        inside.list_objects_v2(Bucket=yard)
    inside.get_object(Bucket=yard, Key="a")
    on_it = user("on-it", ("s3:*", YARD))
    on_it.list_objects_v2(Bucket=yard)
    with refused("AccessDenied", 403):
        on_it.get_object(Bucket=yard, Key="a")


@pytest.mark.spec("S3ACL-017")
def test_root_undoes_a_policy_that_locks_everybody_out(owner, yard, policy, user, refused):
    ann = user("ann", ("s3:*", "*"))
    policy(statement("s3:*", [YARD, INSIDE], Effect="Deny"))
    s3 = owner.client("s3")
    with refused("AccessDenied", 403):
        ann.delete_bucket_policy(Bucket=yard)
    with refused("AccessDenied", 403):
        s3.list_objects_v2(Bucket=yard)
    assert json.loads(s3.get_bucket_policy(Bucket=yard)["Policy"])["Statement"][0]["Effect"] == "Deny"
    s3.delete_bucket_policy(Bucket=yard)
    s3.list_objects_v2(Bucket=yard)


def test_root_binds_itself_when_it_confirms(owner, yard, refused):
    s3 = owner.client("s3")
    text = document(statement("s3:*", [YARD, INSIDE], Effect="Deny"))
    s3.put_bucket_policy(Bucket=yard, Policy=text, ConfirmRemoveSelfBucketAccess=True)
    with refused("AccessDenied", 403):
        s3.delete_bucket_policy(Bucket=yard)


def test_policies_are_for_the_bucket_s_own_account(cloud, yard, policy, refused):
    policy(statement("s3:*", [YARD, INSIDE], {"AWS": STRANGER}))
    theirs = cloud.session(account=STRANGER).client("s3")
    theirs.list_objects_v2(Bucket=yard)
    for call in (theirs.get_bucket_policy, theirs.delete_bucket_policy):
        with refused("MethodNotAllowed", 405):
            call(Bucket=yard)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" ", "Policies must be valid JSON and the first byte must be '{'"),
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "This policy contains invalid Json"),
        ('{"Version": "2012-10-17"}', "Missing required field Statement"),
        (document(), "Could not parse the policy: Statement is empty!"),
        ('{"Version": "2020-01-01", "Statement": []}', "The policy must contain a valid version string"),
        ('{"Sid": "x", "Statement": []}', "Unknown field Sid"),
        (document(statement("s3:GetObject", INSIDE, Efect="Deny")), "Unknown field Efect"),
        (document(statement("s3:GetObject", INSIDE, Effect="allow")), "Invalid effect: allow"),
        (document({"Effect": "Allow", "Action": "s3:*", "Resource": INSIDE}), "Missing required field Principal"),
        (document({"Effect": "Allow", "Principal": "*", "Resource": INSIDE}), "Missing required field Action"),
        (document({"Effect": "Allow", "Principal": "*", "Action": "s3:*"}), "Missing required field Resource"),
        (document({"Principal": "*", "Action": "s3:*", "Resource": INSIDE}), "Missing required field Effect"),
        (document(statement("s3:GetSoup", INSIDE)), "Policy has invalid action"),
        (document(statement("sqs:SendMessage", INSIDE)), "Policy has invalid action"),
        (document(statement([], INSIDE)), "Policy has invalid action"),
        (document(statement("s3:GetObject", "*")), "Policy has invalid resource"),
        (document(statement("s3:GetObject", "arn:aws:s3:::*")), "Policy has invalid resource"),
        (document(statement("s3:GetObject", "arn:aws:s3:::yard-of-others/*")), "Policy has invalid resource"),
        (document(statement("s3:GetObject", YARD)), "Action does not apply to any resource(s) in statement"),
        (
            document(statement(["s3:GetObject", "s3:ListBucket"], INSIDE)),
            "Action does not apply to any resource(s) in statement",
        ),
        (document(statement("s3:ListAllMyBuckets", YARD)), "Action does not apply to any resource(s) in statement"),
        (document(statement("s3:GetObject", INSIDE, {"AWS": "ann"})), "Invalid principal in policy"),
        (
            document(statement("s3:GetObject", INSIDE, {"AWS": f"arn:aws:iam::{OWNER}:user/nobody"})),
            "Invalid principal in policy",
        ),
        (
            document(statement("s3:GetObject", INSIDE, Condition={"StringEquals": {"s3:color": "red"}})),
            "Policy has an invalid condition key",
        ),
        (
            document(statement("s3:GetObject", INSIDE, Condition={"StringEquals": {"s3:prefix": "a"}})),
            "Conditions do not apply to combination of actions and resources in statement",
        ),
        (
            document(statement("s3:GetObject", INSIDE, Condition={"StringIs": {"aws:userid": "a"}})),
            "Invalid Condition type : StringIs.",
        ),
    ],
)
@pytest.mark.spec("S3ACL-002", "S3ACL-013")
def test_what_is_no_policy_of_the_bucket_is_refused_with_the_reason(owner, yard, refused, text, reason):
    s3 = owner.client("s3")
    with refused("MalformedPolicy") as answer:
        s3.put_bucket_policy(Bucket=yard, Policy=text)
    assert answer["Error"]["Message"] == reason
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=yard)


@pytest.mark.spec("S3ACL-013")
def test_a_policy_has_at_most_twenty_kilobytes(owner, yard, refused):
    s3 = owner.client("s3")
    text = document(statement("s3:GetObject", INSIDE, {"AWS": STRANGER}))
    s3.put_bucket_policy(Bucket=yard, Policy=text.ljust(20 * 1024))
    with refused("PolicyTooLarge"):
        s3.put_bucket_policy(Bucket=yard, Policy=text.ljust(20 * 1024 + 1))


@pytest.mark.spec("S3OBJ-009")
def test_only_who_may_list_is_told_that_a_key_is_missing(owner, yard, user, refused):
    reader = user("reader", ("s3:GetObject*", INSIDE))
    with refused("AccessDenied", 403) as answer:
        reader.get_object(Bucket=yard, Key="missing")
    assert "s3:ListBucket" in answer["Error"]["Message"]
    with refused("403", 403):
        reader.head_object(Bucket=yard, Key="missing")
    with refused("AccessDenied", 403):
        reader.get_object_tagging(Bucket=yard, Key="missing")
    lister = user("lister", ("s3:GetObject*", INSIDE), ("s3:ListBucket", YARD))
    with refused("NoSuchKey", 404):
        lister.get_object(Bucket=yard, Key="missing")
    with refused("404", 404):
        lister.head_object(Bucket=yard, Key="missing")


def test_each_key_of_a_bulk_deletion_is_decided_by_itself(owner, yard, user):
    owner.client("s3").put_object(Bucket=yard, Key="kept/b", Body=b"")
    ann = user("ann", ("s3:DeleteObject", f"{YARD}/a"))
    answer = ann.delete_objects(Bucket=yard, Delete={"Objects": [{"Key": "a"}, {"Key": "kept/b"}]})
    assert [found["Key"] for found in answer["Deleted"]] == ["a"]
    (error,) = answer["Errors"]
    assert (error["Key"], error["Code"]) == ("kept/b", "AccessDenied")
    assert [found["Key"] for found in owner.client("s3").list_objects_v2(Bucket=yard)["Contents"]] == ["kept/b"]


@pytest.mark.spec("S3BKT-022")
def test_an_owner_that_is_not_expected_is_refused_on_both_ends(owner, yard, refused):
    s3 = owner.client("s3")
    for call in (s3.get_bucket_acl, s3.get_public_access_block, s3.delete_bucket_policy):
        with refused("AccessDenied", 403):
            call(Bucket=yard, ExpectedBucketOwner=STRANGER)
    with refused("AccessDenied", 403):
        s3.copy_object(Bucket=yard, Key="b", CopySource="yard/a", ExpectedSourceBucketOwner=STRANGER)
