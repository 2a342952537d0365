"""Browsers upload through forms: a policy, signed by somebody who may, says what they may send."""

import json
import uuid
from base64 import b64encode
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3

from skyglobe.kernel.wire import Request
from tests.services.s3.conftest import OWNER, statement

INSIDE = "arn:aws:s3:::yard/*"


@pytest.fixture
def signer(user):
    """A client of a user who may put objects, signing version 4."""
    return user("signer", ("s3:PutObject*", INSIDE), signature_version="s3v4")


@pytest.fixture
def form(signer, yard):
    """Return a function that signs a form for a key: fields and conditions besides, and for how many seconds."""

    def sign(key, fields=None, conditions=None, expires_for=3600):
        given = {**(fields or {})}
        also = [{name: value} for name, value in given.items()] + list(conditions or ())
        return signer.generate_presigned_post(yard, key, Fields=given, Conditions=also, ExpiresIn=expires_for)

    return sign


@pytest.fixture
def send(cloud):
    """Return a function that posts a form as browsers do, in process, and returns the response."""

    def post(made, body=b"apple", *, filename="a.txt", without=(), **changed):
        fields = {name: value for name, value in {**made["fields"], **changed}.items() if name not in without}
        boundary = uuid.uuid4().hex
        pieces = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: text/plain'
        pieces.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + body + f"\r\n--{boundary}--\r\n".encode())
        place = urlsplit(made["url"])
        headers = {"host": place.netloc, "content-type": f"multipart/form-data; boundary={boundary}"}
        return cloud.send(Request("POST", place.path or "/", "", headers, b"".join(pieces)))

    return post


def code_of(response):
    return response.status, response.body.decode().partition("<Code>")[2].partition("</Code>")[0]


def message_of(response):
    return response.body.decode().partition("<Message>")[2].partition("</Message>")[0].replace("&quot;", '"')


@pytest.mark.spec("S3OBJ-025", "S3PSU-011")
def test_a_form_stores_its_file_as_its_fields_say(owner, yard, form, send):
    fields = {
        "Content-Type": "image/png",
        "x-amz-meta-color": "red",
        "x-amz-storage-class": "STANDARD_IA",
        "tagging": "<Tagging><TagSet><Tag><Key>k</Key><Value>a b</Value></Tag></TagSet></Tagging>",
    }
    response = send(form("up/b.png", fields), b"\x89PNG\r\n--not-the-boundary")
    assert response.status == 204
    assert response.headers["Location"].endswith("/up/b.png")
    s3 = owner.client("s3")
    found = s3.get_object(Bucket=yard, Key="up/b.png")
    assert found["Body"].read() == b"\x89PNG\r\n--not-the-boundary"
    assert (found["ContentType"], found["Metadata"]) == ("image/png", {"color": "red"})
    assert (found["StorageClass"], response.headers["ETag"]) == ("STANDARD_IA", found["ETag"])
    assert s3.get_object_tagging(Bucket=yard, Key="up/b.png")["TagSet"] == [{"Key": "k", "Value": "a b"}]


@pytest.mark.spec("S3OBJ-025")
def test_the_form_says_how_it_wants_to_be_answered(form, send):
    created = send(form("b", {"success_action_status": "201"}))
    assert created.status == 201
    assert b"<Bucket>yard</Bucket><Key>b</Key><ETag>" in created.body
    assert send(form("b", {"success_action_status": "200"})).status == 200
    assert send(form("b", {"success_action_status": "418"})).status == 204
    moved = send(form("b", {"success_action_redirect": "http://example.com/done?x=1"}))
    assert moved.status == 303
    told = parse_qs(urlsplit(moved.headers["Location"]).query)
    assert (told["bucket"], told["key"], told["x"]) == (["yard"], ["b"], ["1"])


def test_the_file_s_own_name_stands_in_for_filename(owner, yard, form, send):
    assert send(form("up/${filename}"), filename="C:\\photos\\cat.jpg").status == 204
    owner.client("s3").head_object(Bucket=yard, Key="up/cat.jpg")


@pytest.mark.spec("S3PSU-011", "S3OBJ-025")
def test_conditions_hold_or_nothing_is_stored(owner, yard, form, send):
    begins = form("up/${filename}", conditions=[["starts-with", "$Content-Type", "image/"]])
    refused = send(begins, **{"Content-Type": "text/html"})
    assert code_of(refused) == (403, "AccessDenied")
    assert message_of(refused) == (
        'Invalid according to Policy: Policy Condition failed: ["starts-with", "$content-type", "image/"]'
    )
    assert send(begins, **{"Content-Type": "image/png"}).status == 204
    assert code_of(send(form("b"), key="c")) == (403, "AccessDenied")
    extra = send(form("b"), **{"x-amz-meta-a": "1"})
    assert message_of(extra) == "Invalid according to Policy: Extra input fields: x-amz-meta-a"
    assert send(form("b"), **{"x-ignore-me": "1"}).status == 204
    keys = [found["Key"] for found in owner.client("s3").list_objects_v2(Bucket=yard)["Contents"]]
    assert keys == ["a", "b", "up/a.txt"]


@pytest.mark.spec("S3PSU-011", "S3OBJ-025")
def test_a_file_is_held_to_its_range(form, send, blobs):
    ranged = form("b", conditions=[["content-length-range", 4, 300_000]])
    assert code_of(send(ranged, b"abc")) == (400, "EntityTooSmall")
    assert send(ranged, b"abcd").status == 204
    assert send(ranged, bytes(300_000)).status == 204
    assert code_of(send(ranged, bytes(300_001))) == (400, "EntityTooLarge")
    assert len(blobs()) == 1


@pytest.mark.spec("S3PSU-002")
def test_a_form_expires_by_the_clock(cloud, form, send):
    made = form("b", expires_for=60)
    assert send(made).status == 204
    cloud.turn(61)
    refused = send(made)
    assert code_of(refused) == (403, "AccessDenied")
    assert message_of(refused) == "Invalid according to Policy: Policy expired."


def test_a_form_does_what_its_signer_may(cloud, form, send, policy, signer):
    made = form("b")
    policy(
        statement(
            "s3:PutObject",
            INSIDE,
            {"AWS": f"arn:aws:iam::{OWNER}:user/signer"},
            Effect="Deny",
            Condition={"StringEquals": {"s3:authType": "POST"}},
        )
    )
    assert code_of(send(made)) == (403, "AccessDenied")
    signer.put_object(Bucket="yard", Key="b", Body=b"")


@pytest.mark.parametrize("fields", [{"x-amz-meta-a": "1\r\nSet-Cookie: a"}, {"x-amz-meta-a b": "1"}, {"acl": "\n"}])
def test_a_field_smuggles_no_header_in(form, send, fields):
    assert code_of(send(form("b", fields))) == (400, "InvalidArgument")


def test_a_form_says_how_its_file_is_encrypted(owner, yard, form, send):
    assert send(form("sealed", {"x-amz-server-side-encryption": "aws:kms"})).status == 204
    assert owner.client("s3").head_object(Bucket=yard, Key="sealed")["ServerSideEncryption"] == "aws:kms"
    assert send(form("plain")).headers["x-amz-server-side-encryption"] == "AES256"


def test_a_key_is_not_empty(form, send):
    assert code_of(send(form(""), key="")) == (400, "InvalidArgument")


def test_what_was_not_signed_so_is_refused(form, send):
    made = form("b")
    other = b64encode(json.dumps({"expiration": "2999-01-01T00:00:00Z", "conditions": []}).encode()).decode()
    assert code_of(send(made, policy=other)) == (403, "SignatureDoesNotMatch")
    assert code_of(send(made, **{"x-amz-signature": "é"})) == (403, "SignatureDoesNotMatch")
    wrong = made["fields"]["x-amz-credential"].replace("/us-east-1/", "/eu-west-1/")
    assert code_of(send(made, **{"x-amz-credential": wrong})) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("name", ["key", "policy", "x-amz-date", "x-amz-credential", "x-amz-algorithm"])
def test_a_form_has_all_that_a_signature_takes(form, send, name):
    response = send(form("b"), without=(name,))
    assert code_of(response) == (400, "InvalidArgument")
    assert f"named '{name}'" in message_of(response).lower()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("nonsense", "Invalid JSON."),
        ("{}", "Policy missing expiration."),
        ('{"expiration": "2999-01-01T00:00:00Z"}', "Policy missing conditions."),
        ('{"expiration": "soon", "conditions": []}', "Invalid 'expiration' value: 'soon'"),
        ('{"expiration": "2999-01-01T00:00:00Z", "conditions": [["like", "$key", "a"]]}', "Invalid Condition"),
        (
            '{"expiration": "2999-01-01T00:00:00Z", "conditions": [["content-length-range", -1, 2]]}',
            "Invalid Condition",
        ),
        ('{"expiration": "2999-01-01T00:00:00Z", "conditions": [{"key": 1}]}', "Invalid Simple-Condition"),
        ('{"expiration": "2999-01-01T00:00:00Z", "conditions": {"key": 1}}', "Invalid 'conditions' value"),
    ],
)
def test_a_policy_that_is_none_is_refused(aws, bucket, send, document, reason):
    text = b64encode(document.encode()).decode()
    fields = {
        "key": "b",
        "policy": text,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": "test/20260101/us-east-1/s3/aws4_request",
        "x-amz-date": "20260101T000000Z",
        "x-amz-signature": "0" * 64,
    }
    response = send({"url": f"http://localhost/{bucket}", "fields": fields})
    assert code_of(response) == (400, "InvalidPolicyDocument")
    assert message_of(response).startswith(f"Invalid Policy: {reason}")


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("multipart/form-data", b"", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=x", b"", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=x", b"--x--\r\n", "InvalidArgument"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n\r\n--x--", "MalformedPOSTRequest"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"a" * 20_480 + b"\r\n--x--",
            "MaxPostPreDataLengthExceeded",
        ),
        (
            "multipart/form-data; boundary=x",
            (
                b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nb\r\n--x\r\n'
                b'Content-Disposition: form-data; name="file"\r\n\r\nabc'
            ),
            "MalformedPOSTRequest",
        ),
    ],
)
def test_a_body_that_is_no_form_is_refused(cloud, bucket, content_type, body, code):
    headers = {"host": "localhost", "content-type": content_type}
    assert code_of(cloud.send(Request("POST", f"/{bucket}", "", headers, body))) == (400, code)


def test_a_form_nobody_signed_is_anonymous(open_yard, owner, send):
    made = {"url": f"http://localhost/{open_yard}", "fields": {"key": "b"}}
    assert code_of(send(made)) == (403, "AccessDenied")
    owner.client("s3").put_bucket_acl(Bucket=open_yard, ACL="public-read-write")
    assert send(made).status == 204


def test_the_older_signature_is_taken_too(signer, owner, yard, user, send):
    older = user("older", ("s3:PutObject", INSIDE), signature_version="s3")
    made = older.generate_presigned_post(yard, "b")
    assert "AWSAccessKeyId" in made["fields"]
    assert send(made).status == 204
    assert code_of(send(made, signature="x")) == (403, "SignatureDoesNotMatch")


def test_a_large_file_streams_through_a_socket(cloud, owner, yard, signer, blobs):
    made = signer.generate_presigned_post(yard, "big")
    body = bytes(range(256)) * 20_000
    answer = urllib3.request("POST", f"{cloud.listen()}/{yard}", fields={**made["fields"], "file": ("f", body)})
    assert answer.status == 204
    assert owner.client("s3").get_object(Bucket=yard, Key="big")["Body"].read() == body
    assert len(blobs()) == 1
