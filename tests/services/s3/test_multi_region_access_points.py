"""A multi-region access point is one name for buckets of several regions."""

import json

import pytest

from tests.services.s3.conftest import OWNER, STRANGER, document, statement

DETAILS = {"Name": "world", "Regions": [{"Bucket": "east"}, {"Bucket": "ireland"}]}


@pytest.fixture
def control(cloud):
    return cloud.session(account=OWNER, region="us-west-2").client("s3control")


@pytest.fixture
def buckets(cloud):
    """Two buckets of two regions, each with an object that tells which."""
    for name, region in (("east", "us-east-1"), ("ireland", "eu-west-1")):
        s3 = cloud.session(account=OWNER, region=region).client("s3")
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **place)
        s3.put_object(Bucket=name, Key="where", Body=region.encode())


def create(cloud, control, **more):
    asked = control.create_multi_region_access_point(AccountId=OWNER, ClientToken="once", Details=DETAILS | more)
    cloud.turn(1)
    return asked["RequestTokenARN"]


@pytest.fixture
def arn(cloud, control, buckets):
    """The ARN of a multi-region access point to both."""
    create(cloud, control)
    alias = control.get_multi_region_access_point(AccountId=OWNER, Name="world")["AccessPoint"]["Alias"]
    assert alias.endswith(".mrap")
    return f"arn:aws:s3::{OWNER}:accesspoint/{alias}"


def where(client, arn):
    return client.get_object(Bucket=arn, Key="where")["Body"].read().decode()


@pytest.mark.spec("S3APT-015")
def test_requests_reach_the_bucket_whose_region_is_active(cloud, control, owner, arn, refused):
    s3 = owner.client("s3")
    signed = []
    s3.meta.events.register("before-send.s3", lambda request, **_: signed.append(dict(request.headers)))
    assert where(s3, arn) == "us-east-1"
    assert signed[0]["X-Amz-Region-Set"] == b"*"
    assert signed[0]["Authorization"].startswith(b"AWS4-ECDSA-P256-SHA256")
    over = [{"Bucket": "east", "TrafficDialPercentage": 0}, {"Region": "eu-west-1", "TrafficDialPercentage": 100}]
    control.submit_multi_region_access_point_routes(AccountId=OWNER, Mrap=arn, RouteUpdates=over)
    assert where(s3, arn) == "eu-west-1"
    s3.put_object(Bucket=arn, Key="written", Body=b"")
    cloud.session(account=OWNER, region="eu-west-1").client("s3").head_object(Bucket="ireland", Key="written")
    routes = control.get_multi_region_access_point_routes(AccountId=OWNER, Mrap=arn)["Routes"]
    assert [(each["Bucket"], each["TrafficDialPercentage"]) for each in routes] == [("east", 0), ("ireland", 100)]
    for wrong in ({"Bucket": "ireland", "TrafficDialPercentage": 0}, {"Bucket": "east", "TrafficDialPercentage": 50}):
        with refused("InvalidRequest"):
            control.submit_multi_region_access_point_routes(AccountId=OWNER, Mrap=arn, RouteUpdates=[wrong])


def test_signatures_for_all_regions_are_verified(cloud, owner, arn, user, refused):
    key = owner.client("iam")
    user("ann")
    made = key.create_access_key(UserName="ann")["AccessKey"]
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    key.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=json.dumps(allowed))
    assert where(cloud.session_with(made).client("s3"), arn) == "us-east-1"
    with refused("SignatureDoesNotMatch", 403):
        where(cloud.session_with(made | {"SecretAccessKey": "wrong"}).client("s3"), arn)


def test_its_policy_and_the_bucket_s_decide_together(cloud, control, owner, arn, user, refused):
    ann = user("ann")
    delegating = statement(
        "s3:*", ["arn:aws:s3:::east", "arn:aws:s3:::east/*"], {"AWS": "*"},
        Condition={"StringEquals": {"s3:DataAccessPointArn": arn}},
    )  # fmt: skip
    owner.client("s3").put_bucket_policy(Bucket="east", Policy=document(delegating))
    with refused("AccessDenied", 403):
        where(ann, arn)
    text = document(statement("s3:GetObject", f"{arn}/object/*", {"AWS": f"arn:aws:iam::{OWNER}:user/ann"}))
    put = {"AccountId": OWNER, "ClientToken": "policy", "Details": {"Name": "world", "Policy": text}}
    token = control.put_multi_region_access_point_policy(**put)["RequestTokenARN"]
    cloud.turn(1)
    told = control.describe_multi_region_access_point_operation(AccountId=OWNER, RequestTokenARN=token)
    assert told["AsyncOperation"]["RequestStatus"] == "SUCCEEDED"
    assert where(ann, arn) == "us-east-1"
    policy = control.get_multi_region_access_point_policy(AccountId=OWNER, Name="world")["Policy"]
    assert policy["Established"]["Policy"] == text
    status = control.get_multi_region_access_point_policy_status(AccountId=OWNER, Name="world")
    assert status["Established"]["IsPublic"] is False


def test_requests_are_kept_under_a_token(cloud, control, buckets, refused):
    token = create(cloud, control)
    assert token.startswith(f"arn:aws:s3:us-west-2:{OWNER}:async-request/mrap/create/")
    told = control.describe_multi_region_access_point_operation(AccountId=OWNER, RequestTokenARN=token)[
        "AsyncOperation"
    ]
    assert (told["Operation"], told["RequestStatus"]) == ("CreateMultiRegionAccessPoint", "SUCCEEDED")
    assert told["RequestParameters"]["CreateMultiRegionAccessPointRequest"]["Name"] == "world"
    assert create(cloud, control) == token
    with refused("IdempotencyException"):
        create(cloud, control, Regions=[{"Bucket": "east"}])
    with refused("NoSuchAsyncRequest", 404):
        control.describe_multi_region_access_point_operation(AccountId=OWNER, RequestTokenARN=token + "x")
    east = cloud.session(account=OWNER).client("s3control")
    with refused("InvalidRequest"):
        east.get_multi_region_access_point(AccountId=OWNER, Name="world")
    theirs = {"AccountId": STRANGER, "Details": DETAILS}
    with refused("AccessDenied", 403):
        control.create_multi_region_access_point(**theirs)


def test_it_holds_its_buckets_until_it_is_deleted(cloud, control, owner, arn, refused):
    s3 = owner.client("s3")
    assert [p["Name"] for p in control.list_multi_region_access_points(AccountId=OWNER)["AccessPoints"]] == ["world"]
    s3.delete_object(Bucket="east", Key="where")
    with refused("BucketHasAccessPointsAttached"):
        s3.delete_bucket(Bucket="east")
    control.delete_multi_region_access_point(AccountId=OWNER, ClientToken="gone", Details={"Name": "world"})
    cloud.turn(1)
    with refused("NoSuchMultiRegionAccessPoint", 404):
        control.get_multi_region_access_point(AccountId=OWNER, Name="world")
    with refused("NoSuchMultiRegionAccessPoint", 404):
        where(s3, arn)
    s3.delete_bucket(Bucket="east")
