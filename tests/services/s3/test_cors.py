"""Browsers ask a bucket whether a page of another origin may use it."""

import pytest

from skyglobe.kernel.wire import Request

APP = "https://app.example.com"
RULES = [
    {"AllowedOrigins": [APP], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["x-amz-*"], "MaxAgeSeconds": 60},
    {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "ExposeHeaders": ["ETag"]},
    {"AllowedOrigins": ["https://*.example.org"], "AllowedMethods": ["DELETE"]},
]


@pytest.fixture
def shared(s3, bucket):
    """A bucket with cross-origin rules and an object ``a``."""
    s3.put_object(Bucket=bucket, Key="a", Body=b"apple")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    return bucket


@pytest.fixture
def ask(cloud, bucket):
    """Return a function that sends what a browser sends: method, origin and further headers."""

    def send(method, origin, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"host": "localhost", **named, **({"origin": origin} if origin else {})}
        return cloud.send(Request(method, f"/{bucket}/a", "", given))

    return send


def preflight(ask, origin, method, asked=None):
    more = {"access_control_request_headers": asked} if asked else {}
    return ask("OPTIONS", origin, access_control_request_method=method, **more)


@pytest.mark.spec("S3COR-005")
def test_rules_are_read_back_until_they_are_deleted(s3, shared, refused):
    assert s3.get_bucket_cors(Bucket=shared)["CORSRules"] == RULES
    s3.delete_bucket_cors(Bucket=shared)
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=shared)
    with refused("MalformedXML"):
        s3.put_bucket_cors(Bucket=shared, CORSConfiguration={"CORSRules": [RULES[1]] * 101})


@pytest.mark.spec("S3COR-002")
def test_a_preflight_is_told_what_is_allowed(shared, ask):
    answer = preflight(ask, APP, "PUT", "x-amz-date, X-Amz-Meta-A")
    assert answer.status == 200
    told = {name: value for name, value in answer.headers.items() if name.startswith("Access")}
    assert told == {
        "Access-Control-Allow-Origin": APP,
        "Access-Control-Allow-Methods": "GET, PUT",
        "Access-Control-Allow-Headers": "x-amz-date, x-amz-meta-a",
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Max-Age": "60",
    }
    assert preflight(ask, APP, "PUT", "content-type").status == 403
    assert preflight(ask, APP, "DELETE").status == 403
    assert preflight(ask, "", "PUT").status == 400
    assert preflight(ask, APP, "PATCH").status == 400


@pytest.mark.spec("S3COR-003")
def test_without_rules_nothing_is_shared(s3, bucket, ask):
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    answer = preflight(ask, APP, "GET")
    assert answer.status == 403
    assert b"<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket." in answer.body
    assert "Access-Control-Allow-Origin" not in ask("GET", APP).headers


@pytest.mark.spec("S3COR-001", "S3COR-004", "S3COR-006")
@pytest.mark.parametrize(
    ("origin", "method", "told"),
    [
        (APP, "GET", APP),
        ("http://app.example.com", "GET", "*"),
        ("http://app.example.com", "PUT", None),
        (f"{APP}:8080", "PUT", None),
        ("https://a.b.example.org", "DELETE", "https://a.b.example.org"),
        ("https://example.org", "DELETE", None),
    ],
)
def test_the_first_rule_that_fits_counts(shared, ask, origin, method, told):
    assert preflight(ask, origin, method).headers.get("Access-Control-Allow-Origin") == told


@pytest.mark.spec("S3COR-008", "S3COR-009")
def test_answers_and_refusals_tell_the_browser_too(shared, ask):
    answer = ask("GET", "https://elsewhere.example")
    assert answer.status == 403
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
    assert answer.headers["Vary"].startswith("Origin")
    assert "Access-Control-Allow-Origin" not in ask("GET", None).headers


@pytest.mark.spec("S3COR-007")
@pytest.mark.parametrize(
    "rule",
    [
        {"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]},
        {"AllowedOrigins": ["http://*.*.com"], "AllowedMethods": ["GET"]},
        {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*-*"]},
        {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "ExposeHeaders": ["x-*"]},
    ],
)
def test_rules_that_are_none_are_refused(s3, bucket, refused, rule):
    with refused("InvalidRequest"):
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
