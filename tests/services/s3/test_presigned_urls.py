"""URLs that carry their permission with them: for one request, one key, a while."""

from urllib.parse import urlsplit

import pytest
from botocore.config import Config

from skyglobe.kernel.wire import Request
from tests.services.s3.conftest import OWNER

V4 = Config(signature_version="s3v4")


@pytest.fixture
def s3_of_yard(user, yard):
    """The client of a user who may do everything, and whose signatures are checked."""
    return user("signs", ("s3:*", "*"), signature_version="s3v4")


@pytest.fixture
def open_url(cloud):
    """Return a function that sends a request to a URL as anything does that has no credentials."""

    def send(url, method="GET", body=b"", **headers):
        parts = urlsplit(url)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cloud.send(Request(method, parts.path, parts.query, {"host": parts.netloc, **named}, body))

    return send


def code_of(answer):
    return answer.status, answer.body.decode().partition("<Code>")[2].partition("</Code>")[0]


@pytest.mark.spec("S3PSU-004")
def test_a_private_object_is_shown_by_a_url_that_was_handed_out_and_by_no_other(s3_of_yard, open_url):
    url = s3_of_yard.generate_presigned_url("get_object", {"Bucket": "yard", "Key": "a"})
    assert open_url(url).body == b"apple"
    assert code_of(open_url(url.partition("?")[0])) == (403, "AccessDenied")


@pytest.mark.spec("S3PSU-005")
def test_urls_of_one_key_end_each_at_its_own_time(cloud, s3_of_yard, open_url):
    named = {"Bucket": "yard", "Key": "a"}
    short = s3_of_yard.generate_presigned_url("get_object", named, ExpiresIn=60)
    long = s3_of_yard.generate_presigned_url("get_object", named, ExpiresIn=600)
    assert (open_url(short).status, open_url(long).status) == (200, 200)
    cloud.turn(61)
    assert (open_url(short).status, open_url(long).status) == (403, 200)


@pytest.mark.spec("S3PSU-006")
def test_an_upload_is_let_in_under_one_key_by_one_method(s3_of_yard, open_url):
    url = s3_of_yard.generate_presigned_url("put_object", {"Bucket": "yard", "Key": "up/a.txt"})
    assert open_url(url, "PUT", b"pear").status == 200
    assert s3_of_yard.get_object(Bucket="yard", Key="up/a.txt")["Body"].read() == b"pear"
    assert code_of(open_url(url.replace("up/a.txt", "up/b.txt"), "PUT", b"x")) == (403, "SignatureDoesNotMatch")
    assert code_of(open_url(url, "GET")) == (403, "SignatureDoesNotMatch")
    assert open_url(url, "DELETE").status == 403


@pytest.mark.spec("S3PSU-008")
def test_a_url_ends_with_the_session_that_signed_it(cloud, yard, open_url):
    iam = cloud.session(OWNER).client("iam")
    iam.create_user(UserName="signer")
    iam.attach_user_policy(UserName="signer", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    key = iam.create_access_key(UserName="signer")["AccessKey"]
    made = {"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}
    sts = cloud.session_with(made).client("sts")
    session = sts.get_session_token(DurationSeconds=900)["Credentials"]
    s3 = cloud.session_with(session).client("s3", config=V4)
    url = s3.generate_presigned_url("get_object", {"Bucket": yard, "Key": "a"}, ExpiresIn=7200)
    assert open_url(url).status == 200
    cloud.turn(901)
    assert code_of(open_url(url)) == (400, "ExpiredToken")


@pytest.mark.spec("S3PSU-009")
def test_headers_that_were_signed_must_be_sent(s3_of_yard, open_url):
    named = {"Bucket": "yard", "Key": "b", "ContentType": "text/plain"}
    url = s3_of_yard.generate_presigned_url("put_object", named)
    assert open_url(url, "PUT", b"pear").status == 403
    assert open_url(url, "PUT", b"pear", content_type="text/html").status == 403
    assert open_url(url, "PUT", b"pear", content_type="text/plain").status == 200
    assert s3_of_yard.head_object(Bucket="yard", Key="b")["ContentType"] == "text/plain"


@pytest.mark.spec("S3BKT-019")
def test_the_head_of_a_bucket_tells_existence_and_permission(s3_of_yard, user, refused):
    s3_of_yard.head_bucket(Bucket="yard")
    s3_of_yard.get_waiter("bucket_exists").wait(Bucket="yard")
    with refused("403", 403):
        user("stranger").head_bucket(Bucket="yard")
    with refused("404", 404):
        s3_of_yard.head_bucket(Bucket="nobodys-yard")
    s3_of_yard.get_waiter("bucket_not_exists").wait(Bucket="nobodys-yard")


@pytest.mark.spec("S3PSU-012")
def test_urls_of_the_older_signature_open_until_they_end(cloud, user, yard, open_url):
    older = user("older", ("s3:*", "*"), signature_version="s3")
    url = older.generate_presigned_url("get_object", {"Bucket": yard, "Key": "a"}, ExpiresIn=60)
    assert {"AWSAccessKeyId", "Signature", "Expires"} <= {
        pair.partition("=")[0] for pair in url.split("?")[1].split("&")
    }
    assert open_url(url).body == b"apple"
    assert code_of(open_url(url.replace("/a?", "/b?"))) == (403, "SignatureDoesNotMatch")
    cloud.turn(61)
    assert code_of(open_url(url)) == (403, "AccessDenied")
