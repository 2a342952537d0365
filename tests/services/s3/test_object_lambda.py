"""An Object Lambda access point answers with what a function makes of an object."""

import gzip
import io
import json
import re
import struct
import zlib
from urllib.parse import urlsplit

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.service import Service
from skyglobe.kernel.wire import Request
from tests.services.s3.conftest import OWNER, document, statement

DOOR = f"arn:aws:s3:us-east-1:{OWNER}:accesspoint/door"
FRONT = f"arn:aws:s3-object-lambda:us-east-1:{OWNER}:accesspoint/front"
FUNCTION = f"arn:aws:lambda:us-east-1:{OWNER}:function:change"
MAIL = re.compile(rb"[\w.]+@[\w.]+")


@pytest.fixture
def function(cloud, owner):
    """Return a function that puts a Python function in Lambda's place; what it was called with is collected."""
    stand_in = Service("lambda", parts=(), validates=False, actions={"Invoke": "InvokeFunction"})
    calls = []
    code = {}

    @stand_in.operation
    def invoke(call, request):
        return answering(request)

    async def answering(request):
        import asyncio

        event = json.loads(request["Payload"])
        calls.append((request["FunctionName"], event))
        try:
            answer = await asyncio.to_thread(code["run"], event)
        except ServiceError:
            raise
        except Exception as error:
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": json.dumps(str(error)).encode()}
        return {"StatusCode": 200, "Payload": json.dumps(answer).encode()}

    cloud.run(add(cloud, stand_in))

    def put(run):
        code["run"] = run
        return calls

    return put


async def add(cloud, service):
    cloud.kernel.services.add(service)


@pytest.fixture
def original(cloud):
    """Return a function that fetches the original as a function does: from the URL it was given."""

    def fetch(event, **headers):
        url = urlsplit(next(event[name] for name in event if name.endswith("Context"))["inputS3Url"])
        return cloud.send(Request("GET", url.path, url.query, {"host": url.netloc, **headers}))

    return fetch


@pytest.fixture
def answer(owner):
    """Return a function that answers as a function does."""
    s3 = owner.client("s3")

    def write(event, **members):
        context = event["getObjectContext"]
        s3.write_get_object_response(
            RequestRoute=context["outputRoute"], RequestToken=context["outputToken"], **members
        )
        return {"status_code": 200}

    return write


@pytest.fixture
def front(owner, yard):
    """Return a function that makes the access point ``front`` before ``door``; it returns what the API answered."""
    control = owner.client("s3control")
    control.create_access_point(AccountId=OWNER, Name="door", Bucket=yard)

    def make(*actions, payload="", **options):
        change = {"AwsLambda": {"FunctionArn": FUNCTION, **({"FunctionPayload": payload} if payload else {})}}
        transformations = [{"Actions": list(actions or ("GetObject",)), "ContentTransformation": change}]
        configuration = {
            "SupportingAccessPoint": DOOR,
            "TransformationConfigurations": transformations,
            **options,
        }
        return control.create_access_point_for_object_lambda(AccountId=OWNER, Name="front", Configuration=configuration)

    return make


@pytest.mark.spec("S3OLB-001", "S3OLB-003", "S3OLB-007")
def test_a_function_masks_what_a_reader_must_not_see(owner, front, function, original, answer):
    s3 = owner.client("s3")
    s3.put_object(Bucket="yard", Key="people", Body=b"ann@example.com and bob@example.org")

    def mask(event):
        return answer(
            event, Body=MAIL.sub(b"***", original(event).body), ContentType="text/masked", Metadata={"a": "b"}
        )

    calls = function(mask)
    made = front(payload="hush")
    assert made["ObjectLambdaAccessPointArn"] == FRONT
    assert made["Alias"]["Value"].endswith("--ol-s3")
    got = s3.get_object(Bucket=FRONT, Key="people")
    assert got["Body"].read() == b"*** and ***"
    assert (got["ContentType"], got["ContentLength"], got["Metadata"]) == ("text/masked", 11, {"a": "b"})
    assert s3.get_object(Bucket=made["Alias"]["Value"], Key="people")["Body"].read() == b"*** and ***"
    assert s3.get_object(Bucket="yard", Key="people")["Body"].read() == b"ann@example.com and bob@example.org"
    name, event = calls[0]
    assert name == FUNCTION
    assert event["configuration"] == {
        "accessPointArn": FRONT,
        "supportingAccessPointArn": DOOR,
        "payload": "hush",
    }
    assert event["userRequest"]["url"].endswith("/people")
    assert event["userIdentity"]["accountId"] == OWNER
    assert set(event["getObjectContext"]) == {"inputS3Url", "outputRoute", "outputToken"}


@pytest.mark.spec("S3OLB-004", "S3OLB-005")
def test_formats_are_changed_on_the_way(owner, front, function, original, answer):
    s3 = owner.client("s3")
    text = b"line\n" * 60_000
    s3.put_object(Bucket="yard", Key="packed", Body=gzip.compress(text))
    s3.put_object(Bucket="yard", Key="tree", Body=b"<tree><name>oak</name></tree>")

    def unpack(event):
        body = original(event).body
        if event["userRequest"]["url"].endswith("packed"):
            return answer(event, Body=io.BytesIO(gzip.decompress(body)))
        name = re.search(rb"<name>(\w+)", body)[1].decode()
        return answer(event, Body=json.dumps({"name": name}).encode(), ContentType="application/json")

    function(unpack)
    front()
    got = s3.get_object(Bucket=FRONT, Key="packed")
    assert got["ContentLength"] == len(text)
    assert got["Body"].read() == text
    assert json.loads(s3.get_object(Bucket=FRONT, Key="tree")["Body"].read()) == {"name": "oak"}


def png(width, height, pixel=b"\x80\x40\x20"):
    """Return an image of one colour."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\x00" + pixel * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def size_of(image):
    return struct.unpack(">II", image[16:24])


@pytest.mark.spec("S3OLB-006")
def test_images_are_made_smaller(owner, front, function, original, answer):
    s3 = owner.client("s3")
    s3.put_object(Bucket="yard", Key="image", Body=png(64, 32), ContentType="image/png")

    def shrink(event):
        got = original(event)
        width, height = size_of(got.body)
        return answer(event, Body=png(width // 4, height // 4), ContentType=got.headers["Content-Type"])

    function(shrink)
    front()
    got = s3.get_object(Bucket=FRONT, Key="image")
    assert (size_of(got["Body"].read()), got["ContentType"]) == ((16, 8), "image/png")
    assert size_of(s3.get_object(Bucket="yard", Key="image")["Body"].read()) == (64, 32)


@pytest.mark.spec("S3OLB-008")
def test_a_function_s_refusal_reaches_the_caller(owner, front, function, answer, refused):
    function(lambda event: answer(event, StatusCode=404, ErrorCode="NoSuchTree", ErrorMessage="It was felled."))
    front()
    with refused("NoSuchTree", 404) as told:
        owner.client("s3").get_object(Bucket=FRONT, Key="a")
    assert told["Error"]["Message"] == "It was felled."
    function(lambda event: answer(event, StatusCode=206, Body=b"pp", ContentRange="bytes 1-2/5"))
    got = owner.client("s3").get_object(Bucket=FRONT, Key="a")
    assert (got["ResponseMetadata"]["HTTPStatusCode"], got["ContentRange"]) == (206, "bytes 1-2/5")


def test_a_function_that_does_not_answer_is_told_of(owner, front, function, answer, refused):
    s3 = owner.client("s3", config=ClientConfig(retries={"total_max_attempts": 1}))
    front()
    function(lambda event: None)
    with refused("LambdaResponseNotReceived", 500):
        s3.get_object(Bucket=FRONT, Key="a")
    function(lambda event: 1 / 0)
    with refused("LambdaRuntimeError"):
        s3.get_object(Bucket=FRONT, Key="a")

    def missing(event):
        raise ServiceError("Function not found", code="ResourceNotFoundException", status=404)

    function(missing)
    with refused("LambdaNotFound", 404):
        s3.get_object(Bucket=FRONT, Key="a")
    with refused("ValidationError"):
        s3.write_get_object_response(RequestRoute="route", RequestToken="token", Body=b"")


@pytest.mark.spec("S3OLB-009")
def test_descriptions_and_listings_are_changed_too(owner, front, function, original):
    s3 = owner.client("s3")

    def change(event):
        if "headObjectContext" in event:
            return {"statusCode": 200, "headers": {"Content-Length": "3", "x-amz-meta-kind": "pear", "ETag": '"e"'}}
        if "listObjectsV2Context" in event:
            xml = original(event).body.decode()
            return {"statusCode": 200, "listResultXml": xml.replace("<Key>a</Key>", "<Key>A</Key>")}
        return {"statusCode": 200, "listBucketResult": {"name": "yard", "contents": [{"key": "z", "size": 1}]}}

    function(change)
    front("HeadObject", "ListObjects", "ListObjectsV2")
    head = s3.head_object(Bucket=FRONT, Key="a")
    assert (head["ContentLength"], head["Metadata"]) == (3, {"kind": "pear"})
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=FRONT)["Contents"]] == ["A"]
    assert [each["Key"] for each in s3.list_objects(Bucket=FRONT)["Contents"]] == ["z"]
    assert s3.get_object(Bucket=FRONT, Key="a")["Body"].read() == b"apple"  # no function changes this


@pytest.mark.spec("S3OLB-010")
def test_ranges_pass_only_where_they_are_let(owner, front, function, original, answer, refused):
    s3 = owner.client("s3")

    def part(event):
        wanted = event["userRequest"]["headers"]["range"]
        got = original(event, range=wanted)
        return answer(event, Body=got.body.upper(), StatusCode=206, ContentRange=got.headers["Content-Range"])

    function(part)
    front()
    with refused("NotImplemented", 501):
        s3.get_object(Bucket=FRONT, Key="a", Range="bytes=1-2")
    control = owner.client("s3control")
    configuration = control.get_access_point_configuration_for_object_lambda(AccountId=OWNER, Name="front")
    control.put_access_point_configuration_for_object_lambda(
        AccountId=OWNER,
        Name="front",
        Configuration=configuration["Configuration"] | {"AllowedFeatures": ["GetObject-Range"]},
    )
    got = s3.get_object(Bucket=FRONT, Key="a", Range="bytes=1-2")
    assert (got["Body"].read(), got["ContentRange"]) == (b"PP", "bytes 1-2/5")


@pytest.mark.spec("S3OLB-011")
def test_a_reader_needs_all_the_rights_on_the_way(owner, front, function, original, answer, user, refused):
    function(lambda event: answer(event, Body=original(event).body[::-1]))
    front()
    rights = [
        ("s3-object-lambda:GetObject", FRONT),
        ("s3:GetObject", [f"{DOOR}/object/*", "arn:aws:s3:::yard/*"]),
        ("lambda:InvokeFunction", FUNCTION),
    ]
    assert user("ann", *rights).get_object(Bucket=FRONT, Key="a")["Body"].read() == b"elppa"
    for number in range(3):
        some = rights[:number] + rights[number + 1 :]
        with refused("AccessDenied" if number < 2 else "LambdaPermissionError", 403):
            user(f"user{number}", *some).get_object(Bucket=FRONT, Key="a")


@pytest.mark.spec("S3OLB-002")
def test_it_stands_before_an_access_point_that_is_there(owner, front, refused):
    control = owner.client("s3control")
    front()
    change = {"Actions": ["GetObject"], "ContentTransformation": {"AwsLambda": {"FunctionArn": FUNCTION}}}
    for wall, transformations in ((DOOR.replace("door", "wall"), [change]), (DOOR, [change, change]), (DOOR, [])):
        with refused("InvalidRequest"):
            control.create_access_point_for_object_lambda(
                AccountId=OWNER,
                Name="other",
                Configuration={"SupportingAccessPoint": wall, "TransformationConfigurations": transformations},
            )
    with refused("AccessPointAlreadyOwnedByYou", 409):
        front()
    listed = control.list_access_points_for_object_lambda(AccountId=OWNER)["ObjectLambdaAccessPointList"]
    assert [each["ObjectLambdaAccessPointArn"] for each in listed] == [FRONT]
    told = control.get_access_point_for_object_lambda(AccountId=OWNER, Name="front")
    assert set(told["PublicAccessBlockConfiguration"].values()) == {True}
    control.delete_access_point_for_object_lambda(AccountId=OWNER, Name="front")
    with refused("NoSuchAccessPoint", 404):
        control.get_access_point_for_object_lambda(AccountId=OWNER, Name="front")


def test_its_policy_says_who_may_use_it(owner, front, user, refused):
    control = owner.client("s3control")
    front("ListObjects")
    user("ann", ("s3:*", "*"))
    whom = {"AWS": f"arn:aws:iam::{OWNER}:user/ann"}
    named = {"AccountId": OWNER, "Name": "front"}
    for bad in (statement("s3:GetObject", FRONT, whom), statement("s3-object-lambda:GetObject", DOOR, whom)):
        with refused("MalformedPolicy"):
            control.put_access_point_policy_for_object_lambda(**named, Policy=document(bad))
    with refused("AccessDenied", 403):
        everybody = document(statement("s3-object-lambda:GetObject", FRONT))
        control.put_access_point_policy_for_object_lambda(**named, Policy=everybody)
    bob = user("bob", ("s3:*", "*"))
    with refused("AccessDenied", 403):
        bob.get_object(Bucket=FRONT, Key="a")
    text = document(statement("s3-object-lambda:GetObject", FRONT, {"AWS": f"arn:aws:iam::{OWNER}:user/bob"}))
    control.put_access_point_policy_for_object_lambda(**named, Policy=text)
    assert bob.get_object(Bucket=FRONT, Key="a")["Body"].read() == b"apple"
    assert control.get_access_point_policy_for_object_lambda(**named)["Policy"] == text
    control.delete_access_point_policy_for_object_lambda(**named)
    with refused("NoSuchAccessPointPolicy", 404):
        control.get_access_point_policy_status_for_object_lambda(**named)
