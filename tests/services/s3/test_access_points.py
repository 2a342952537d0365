"""An access point is another door to a bucket: with a name, a policy and a reach of its own."""

import json

import pytest

from tests.services.s3.conftest import OWNER, STRANGER, document, statement

DOOR = f"arn:aws:s3:us-east-1:{OWNER}:accesspoint/door"
INSIDE = f"{DOOR}/object"
YARD, YARDS = "arn:aws:s3:::yard", "arn:aws:s3:::yard/*"
DELEGATING = statement(
    "*", [YARD, YARDS], {"AWS": "*"}, Condition={"StringEquals": {"s3:DataAccessPointAccount": OWNER}}
)


def user_arn(name, account=OWNER):
    return {"AWS": f"arn:aws:iam::{account}:user/{name}"}


@pytest.fixture
def control(owner):
    return owner.client("s3control")


@pytest.fixture
def make(control, yard):
    """Return a function that makes an access point to ``yard``, with a policy of some statements."""

    def making(name, *statements, **options):
        made = control.create_access_point(AccountId=OWNER, Name=name, Bucket=yard, **options)
        if statements:
            control.put_access_point_policy(AccountId=OWNER, Name=name, Policy=document(*statements))
        return made

    return making


@pytest.mark.spec("S3APT-001", "S3APT-010")
def test_an_object_is_read_by_the_arn_and_by_the_alias(owner, make, refused):
    s3, made = owner.client("s3"), make("door")
    assert made["AccessPointArn"] == DOOR
    assert made["Alias"].startswith("door-")
    assert made["Alias"].endswith("-s3alias")
    hosts = []
    s3.meta.events.register("before-send.s3", lambda request, **_: hosts.append(request.url.split("/")[2]))
    assert s3.get_object(Bucket=DOOR, Key="a")["Body"].read() == b"apple"
    assert hosts == [f"door-{OWNER}.s3-accesspoint.us-east-1.amazonaws.com"]
    assert s3.get_object(Bucket=made["Alias"], Key="a")["Body"].read() == b"apple"
    assert s3.head_bucket(Bucket=made["Alias"])["AccessPointAlias"] is True
    s3.put_object(Bucket=DOOR, Key="deep/b c", Body=b"berry")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=DOOR)["Contents"]] == ["a", "deep/b c"]
    assert s3.get_object(Bucket="yard", Key="deep/b c")["Body"].read() == b"berry"
    with refused("MethodNotAllowed", 405):
        s3.get_bucket_versioning(Bucket=DOOR)
    with refused("NoSuchAccessPoint", 404):
        s3.get_object(Bucket=DOOR.replace("door", "wall"), Key="a")
    with refused("NoSuchBucket", 404):
        s3.get_object(Bucket="door-nothing-s3alias", Key="a")


@pytest.mark.parametrize("endpoint", ["http://localhost:4566", "http://localhost.localstack.cloud:4566"])
def test_sdks_with_one_endpoint_reach_it_too(owner, make, endpoint):
    make("door")
    s3 = owner.client("s3", endpoint_url=endpoint)
    hosts = []
    s3.meta.events.register("before-send.s3", lambda request, **_: hosts.append(request.url.split("/")[2]))
    assert s3.get_object(Bucket=DOOR, Key="a")["Body"].read() == b"apple"
    assert hosts[0].startswith(f"door-{OWNER}.")
    control = owner.client("s3control", endpoint_url=endpoint)
    assert control.get_access_point(AccountId=OWNER, Name="door")["Name"] == "door"


def test_presigned_urls_go_through_it(owner, cloud, make):
    from urllib.parse import urlsplit

    from skyglobe.kernel.wire import Request

    make("door")
    url = urlsplit(owner.client("s3").generate_presigned_url("get_object", Params={"Bucket": DOOR, "Key": "a"}))
    answer = cloud.send(Request("GET", url.path, url.query, {"host": url.netloc}))
    assert (answer.status, answer.body) == (200, b"apple")


@pytest.mark.spec("S3APT-002", "S3APT-011")
def test_its_policy_counts_only_where_the_bucket_lets_it(make, policy, user, refused):
    ann, bob = user("ann"), user("bob")
    make("door", statement("s3:GetObject", f"{INSIDE}/a*", user_arn("ann")))
    with refused("AccessDenied", 403) as answer:
        ann.get_object(Bucket=DOOR, Key="a")
    assert "s3:GetObject on resource: arn:aws:s3:::yard/a " in answer["Error"]["Message"]
    policy(DELEGATING)
    assert ann.get_object(Bucket=DOOR, Key="a")["Body"].read() == b"apple"
    with refused("AccessDenied", 403) as answer:
        bob.get_object(Bucket=DOOR, Key="a")
    assert f"on resource: {INSIDE}/a " in answer["Error"]["Message"]
    with refused("AccessDenied", 403):
        ann.get_object(Bucket=DOOR, Key="b")
    with refused("AccessDenied", 403):
        ann.get_object(Bucket="yard", Key="a")
    policy(statement("s3:GetObject", YARDS, user_arn("ann")))
    assert ann.get_object(Bucket=DOOR, Key="a")["Body"].read() == b"apple"


@pytest.mark.spec("S3APT-003", "S3APT-004")
def test_each_application_lists_its_own_prefix(owner, make, policy, user, refused):
    s3 = owner.client("s3")
    for key in ("pears/1", "plums/1"):
        s3.put_object(Bucket="yard", Key=key, Body=key.encode())
    policy(DELEGATING)
    for name in ("pears", "plums"):
        user(f"{name}-reader")
        arn = DOOR.replace("door", name)
        only = {"StringLike": {"s3:prefix": f"{name}/*"}}
        make(
            name,
            statement("s3:ListBucket", arn, user_arn(f"{name}-reader"), Condition=only),
            statement("s3:GetObject", f"{arn}/object/{name}/*", user_arn(f"{name}-reader")),
        )
    carol = user("carol", ("s3:*", DOOR.replace("door", "pears") + "*"))
    pears = DOOR.replace("door", "pears")
    assert [o["Key"] for o in carol.list_objects_v2(Bucket=pears, Prefix="pears/")["Contents"]] == ["pears/1"]
    with refused("AccessDenied", 403):
        carol.list_objects_v2(Bucket=DOOR.replace("door", "plums"), Prefix="pears/")
    with refused("AccessDenied", 403):
        carol.get_object(Bucket=DOOR.replace("door", "plums"), Key="plums/1")


@pytest.mark.spec("S3APT-005")
def test_objects_are_copied_from_door_to_door(owner, make, user, policy, refused):
    make("door")
    make("gate")
    s3, gate = owner.client("s3"), DOOR.replace("door", "gate")
    s3.copy_object(Bucket=gate, Key="copy", CopySource={"Bucket": DOOR, "Key": "a"})
    assert s3.get_object(Bucket="yard", Key="copy")["Body"].read() == b"apple"
    s3.copy_object(Bucket="yard", Key="again", CopySource={"Bucket": gate, "Key": "copy"})
    policy(DELEGATING)
    dan = user("dan", ("s3:*", [gate, f"{gate}/object/*"]))
    with refused("AccessDenied", 403) as answer:
        dan.copy_object(Bucket=gate, Key="mine", CopySource={"Bucket": DOOR, "Key": "a"})
    assert f"on resource: {INSIDE}/a " in answer["Error"]["Message"]
    dan.copy_object(Bucket=gate, Key="mine", CopySource={"Bucket": gate, "Key": "again"})
    with refused("AccessDenied", 403):
        dan.copy_object(Bucket=gate, Key="mine", CopySource={"Bucket": "yard", "Key": "a"})


@pytest.mark.spec("S3APT-006")
def test_one_for_a_network_lets_nobody_in_from_outside(owner, make, control, refused):
    made = make("door", VpcConfiguration={"VpcId": "vpc-12345678"})
    told = control.get_access_point(AccountId=OWNER, Name="door")
    assert (told["NetworkOrigin"], told["VpcConfiguration"]) == ("VPC", {"VpcId": "vpc-12345678"})
    for name in (DOOR, made["Alias"]):
        with refused("AccessDenied", 403):
            owner.client("s3").get_object(Bucket=name, Key="a")


@pytest.mark.spec("S3APT-007")
def test_a_denial_is_tried_out_at_one_door(owner, make, user, refused):
    eve = user("eve", ("s3:*", "*"))
    make("door", statement("s3:*", [DOOR, f"{INSIDE}/*"], user_arn("eve")) | {"Effect": "Deny"})
    make("gate")
    with refused("AccessDenied", 403) as answer:
        eve.get_object(Bucket=DOOR, Key="a")
    assert "explicit deny in a resource-based policy" in answer["Error"]["Message"]
    eve.get_object(Bucket=DOOR.replace("door", "gate"), Key="a")
    eve.get_object(Bucket="yard", Key="a")


@pytest.mark.spec("S3APT-008")
def test_another_account_comes_in_by_the_door_that_names_it(make, policy, user, refused):
    bob = user("bob", ("s3:GetObject", f"{INSIDE}/*"), account=STRANGER)
    eve = user("eve", account=STRANGER)
    theirs = {"StringEquals": {"aws:PrincipalAccount": STRANGER}}
    make("door", statement("s3:GetObject", f"{INSIDE}/*", {"AWS": f"arn:aws:iam::{STRANGER}:root"}, Condition=theirs))
    with refused("AccessDenied", 403):
        bob.get_object(Bucket=DOOR, Key="a")
    policy(DELEGATING)
    assert bob.get_object(Bucket=DOOR, Key="a")["Body"].read() == b"apple"
    with refused("AccessDenied", 403):
        eve.get_object(Bucket=DOOR, Key="a")
    with refused("AccessDenied", 403):
        bob.get_object(Bucket="yard", Key="a")
    policy(DELEGATING | {"Condition": {"StringEquals": {"s3:DataAccessPointAccount": STRANGER}}})
    with refused("AccessDenied", 403):
        bob.get_object(Bucket=DOOR, Key="a")


def test_a_door_of_another_account_needs_the_bucket_s_owner(cloud, policy, yard, refused):
    theirs = cloud.session(account=STRANGER)
    control, s3 = theirs.client("s3control"), theirs.client("s3")
    with refused("AccessDenied", 403):
        control.create_access_point(AccountId=STRANGER, Name="theirs", Bucket=yard)
    arn = control.create_access_point(AccountId=STRANGER, Name="theirs", Bucket=yard, BucketAccountId=OWNER)[
        "AccessPointArn"
    ]
    with refused("AccessDenied", 403):
        s3.get_object(Bucket=arn, Key="a")
    policy(DELEGATING | {"Condition": {"StringEquals": {"s3:DataAccessPointAccount": STRANGER}}})
    assert s3.get_object(Bucket=arn, Key="a")["Body"].read() == b"apple"


@pytest.mark.spec("S3APT-009")
def test_a_name_is_unique_in_its_account_and_region(cloud, make, control, refused):
    make("door")
    with refused("AccessPointAlreadyOwnedByYou", 409):
        control.create_access_point(AccountId=OWNER, Name="door", Bucket="yard")
    theirs = cloud.session(account=STRANGER)
    theirs.client("s3").create_bucket(Bucket="theirs")
    theirs.client("s3control").create_access_point(AccountId=STRANGER, Name="door", Bucket="theirs")
    west = cloud.session(account=OWNER, region="us-west-2")
    west.client("s3").create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    west.client("s3control").create_access_point(AccountId=OWNER, Name="door", Bucket="west")
    arn = DOOR.replace("us-east-1", "us-west-2")
    cloud.session(account=OWNER).client("s3").put_object(
        Bucket=arn, Key="w", Body=b""
    )  # SDKs sign for the ARN's region
    with refused("AccessDenied", 403):
        theirs.client("s3control").get_access_point(AccountId=OWNER, Name="door")


@pytest.mark.spec("S3APT-012")
def test_public_access_is_blocked_for_good_unless_it_was_not_from_the_beginning(
    make, control, owner, anonymous, refused
):
    everybody = statement("s3:GetObject", f"{INSIDE}/*")
    make("door")
    blocks = control.get_access_point(AccountId=OWNER, Name="door")["PublicAccessBlockConfiguration"]
    assert set(blocks.values()) == {True}
    with refused("AccessDenied", 403):
        control.put_access_point_policy(AccountId=OWNER, Name="door", Policy=document(everybody))
    opened = DOOR.replace("door", "open")
    everybody["Resource"] = f"{opened}/object/*"
    make("open", everybody, PublicAccessBlockConfiguration={})
    assert control.get_access_point_policy_status(AccountId=OWNER, Name="open")["PolicyStatus"]["IsPublic"] is True
    s3 = owner.client("s3")
    s3.delete_public_access_block(Bucket="yard")
    s3.put_bucket_policy(Bucket="yard", Policy=document(statement("s3:GetObject", YARDS)))
    assert anonymous.get_object(Bucket=opened, Key="a")["Body"].read() == b"apple"
    with refused("AccessDenied", 403):
        anonymous.get_object(Bucket=DOOR, Key="a")


@pytest.mark.spec("S3APT-013", "S3APT-014")
def test_they_are_listed_described_and_deleted(owner, make, control, refused):
    for name in ("door", "gate", "hatch"):
        make(name)
    s3 = owner.client("s3")
    s3.create_bucket(Bucket="other")
    control.create_access_point(AccountId=OWNER, Name="elsewhere", Bucket="other")
    first = control.list_access_points(AccountId=OWNER, Bucket="yard", MaxResults=2)
    assert [each["Name"] for each in first["AccessPointList"]] == ["door", "gate"]
    rest = control.list_access_points(AccountId=OWNER, Bucket="yard", MaxResults=2, NextToken=first["NextToken"])
    assert [each["Name"] for each in rest["AccessPointList"]] == ["hatch"]
    assert "NextToken" not in rest
    assert len(control.list_access_points(AccountId=OWNER)["AccessPointList"]) == 4
    told = control.get_access_point(AccountId=OWNER, Name="door")
    assert (told["Bucket"], told["NetworkOrigin"], told["BucketAccountId"]) == ("yard", "Internet", OWNER)
    for bad in ("Door", "do_or", "-door", "door-", "door-s3alias", "d" * 51):
        with refused("InvalidRequest"):
            control.create_access_point(AccountId=OWNER, Name=bad, Bucket="yard")
    with refused("NoSuchBucket", 404):
        control.create_access_point(AccountId=OWNER, Name="nowhere", Bucket="nowhere")
    s3.delete_object(Bucket="yard", Key="a")
    with refused("BucketHasAccessPointsAttached"):
        s3.delete_bucket(Bucket="yard")
    for name in ("door", "gate", "hatch"):
        control.delete_access_point(AccountId=OWNER, Name=name)
    for call in (control.get_access_point, control.delete_access_point, control.get_access_point_policy):
        with refused("NoSuchAccessPoint", 404):
            call(AccountId=OWNER, Name="door")
    s3.delete_bucket(Bucket="yard")


def test_its_policy_is_checked_kept_and_removed(make, control, refused):
    make("door")
    text = document(statement("s3:GetObject", f"{INSIDE}/*", {"AWS": f"arn:aws:iam::{OWNER}:root"}))
    with refused("NoSuchAccessPointPolicy", 404):
        control.get_access_point_policy(AccountId=OWNER, Name="door")
    for bad in ("{", document(statement("s3:GetObject", YARDS)), document(statement("s3:GetObject", DOOR))):
        with refused("MalformedPolicy"):
            control.put_access_point_policy(AccountId=OWNER, Name="door", Policy=bad)
    control.put_access_point_policy(AccountId=OWNER, Name="door", Policy=text)
    assert control.get_access_point_policy(AccountId=OWNER, Name="door")["Policy"] == text
    assert control.get_access_point_policy_status(AccountId=OWNER, Name="door")["PolicyStatus"]["IsPublic"] is False
    control.delete_access_point_policy(AccountId=OWNER, Name="door")
    with refused("NoSuchAccessPointPolicy", 404):
        control.delete_access_point_policy(AccountId=OWNER, Name="door")


def test_its_tags_decide_who_comes_in(owner, make, control, user, refused):
    make("door", Tags=[{"Key": "team", "Value": "pears"}])
    ann = user("ann", ("s3:GetObject", YARDS))
    tagged = {"StringEquals": {"s3:AccessPointTag/team": "pears"}}
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{INSIDE}/*", "Condition": tagged}
    text = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    owner.client("iam").put_user_policy(UserName="ann", PolicyName="tagged", PolicyDocument=text)
    ann.get_object(Bucket=DOOR, Key="a")
    named = {"AccountId": OWNER, "ResourceArn": DOOR}
    assert control.list_tags_for_resource(**named)["Tags"] == [{"Key": "team", "Value": "pears"}]
    control.tag_resource(**named, Tags=[{"Key": "cost", "Value": "1"}, {"Key": "team", "Value": "plums"}])
    control.untag_resource(**named, TagKeys=["cost", "none"])
    assert control.list_tags_for_resource(**named)["Tags"] == [{"Key": "team", "Value": "plums"}]
    with refused("AccessDenied", 403):
        ann.get_object(Bucket=DOOR, Key="a")
    with refused("NoSuchResource", 404):
        control.list_tags_for_resource(AccountId=OWNER, ResourceArn=DOOR.replace("door", "wall"))
