"""Buckets as websites: pages for browsers that sign nothing."""

import pytest

from skyglobe.kernel.wire import Request
from tests.services.s3.conftest import OWNER, statement

SITE = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}


@pytest.fixture
def s3_of_yard(owner, yard):
    s3 = owner.client("s3")
    s3.put_bucket_website(Bucket="yard", WebsiteConfiguration=SITE)
    for key in ("index.html", "docs/index.html", "error.html"):
        s3.put_object(Bucket="yard", Key=key, Body=f"<{key}>".encode(), ContentType="text/html")
    return s3


@pytest.fixture
def public(s3_of_yard, policy):
    """The client, of a website that everybody may read."""
    s3_of_yard.delete_public_access_block(Bucket="yard")
    policy(statement("s3:GetObject", "arn:aws:s3:::yard/*"), statement("s3:ListBucket", "arn:aws:s3:::yard"))
    return s3_of_yard


@pytest.fixture
def browse(cloud):
    """Return a function that asks the website of ``yard`` as browsers do."""

    def get(path, method="GET", host="yard.s3-website-us-east-1.amazonaws.com", **headers):
        return cloud.send(Request(method, path, "", {"host": host, **headers}))

    return get


def seen(response):
    return response.status, response.body.decode()


@pytest.mark.spec("S3WEB-001", "S3WEB-003")
def test_paths_name_objects_and_folders_their_index_document(public, browse):
    assert seen(browse("/")) == (200, "<index.html>")
    assert seen(browse("/docs/")) == (200, "<docs/index.html>")
    page = browse("/index.html")
    assert page.headers["Content-Type"] == "text/html"
    assert page.headers["ETag"]
    found = browse("/docs")
    assert (found.status, found.headers["Location"]) == (302, "/docs/")
    assert seen(browse("/", host="yard.s3-website.us-east-1.localhost:4566")) == (200, "<index.html>")
    assert browse("/index.html", **{"if-none-match": page.headers["ETag"]}).status == 304
    assert seen(browse("/index.html", range="bytes=1-5")) == (206, "index")
    head = browse("/", "HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "12")


@pytest.mark.spec("S3WEB-004")
def test_what_is_not_there_gets_the_error_document_or_a_page_that_says_so(public, browse, policy):
    missing = browse("/nothing")
    assert seen(missing) == (404, "<error.html>")
    assert missing.headers["x-amz-error-code"] == "NoSuchKey"
    public.delete_object(Bucket="yard", Key="error.html")
    status, text = seen(browse("/no<thing"))
    assert status == 404
    assert "<title>404 Not Found</title>" in text
    assert "<li>Key: no&lt;thing</li>" in text
    assert "An Error Occurred While Attempting to Retrieve a Custom Error Document" in text
    policy(statement("s3:GetObject", "arn:aws:s3:::yard/*"))
    status, text = seen(browse("/nothing"))
    assert (status, "<li>Code: AccessDenied</li>" in text) == (403, True)


@pytest.mark.spec("S3WEB-005")
def test_what_the_public_may_not_read_no_website_shows(s3_of_yard, browse):
    response = browse("/")
    status, text = seen(response)
    assert status == 403
    assert "<h1>403 Forbidden</h1>" in text
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.spec("S3WEB-002")
def test_a_bucket_is_a_website_only_while_it_is_configured_so(public, browse, cloud, refused):
    assert public.get_bucket_website(Bucket="yard")["IndexDocument"] == SITE["IndexDocument"]
    public.delete_bucket_website(Bucket="yard")
    status, text = seen(browse("/"))
    assert (status, "NoSuchWebsiteConfiguration" in text) == (404, True)
    with refused("NoSuchWebsiteConfiguration", 404):
        public.get_bucket_website(Bucket="yard")
    status, text = seen(browse("/", host="nobody.s3-website-us-east-1.amazonaws.com"))
    assert (status, "NoSuchBucket" in text) == (404, True)


def test_a_website_is_at_home_in_one_region(public, browse):
    status, text = seen(browse("/", host="yard.s3-website-eu-west-1.amazonaws.com"))
    assert (status, "IncorrectEndpoint" in text) == (400, True)


@pytest.mark.spec("S3WEB-006")
def test_requests_are_sent_on_by_rules_by_objects_or_all_of_them(public, browse):
    def rule(redirect, **condition):
        return {"Redirect": redirect, **({"Condition": condition} if condition else {})}

    rules = [
        rule({"ReplaceKeyPrefixWith": "docs/"}, KeyPrefixEquals="old/"),
        rule({"HostName": "example.com", "Protocol": "https", "ReplaceKeyWith": "lost", "HttpRedirectCode": "307"},
             HttpErrorCodeReturnedEquals="404", KeyPrefixEquals="far/"),
    ]  # fmt: skip
    public.put_bucket_website(Bucket="yard", WebsiteConfiguration={**SITE, "RoutingRules": rules})
    host = "yard.s3-website-us-east-1.amazonaws.com"
    assert public.get_bucket_website(Bucket="yard")["RoutingRules"] == rules
    moved = browse("/old/a%20b")
    assert (moved.status, moved.headers["Location"]) == (301, f"http://{host}/docs/a%20b")
    lost = browse("/far/away")
    assert (lost.status, lost.headers["Location"]) == (307, "https://example.com/lost")
    assert browse("/near").status == 404
    public.put_object(Bucket="yard", Key="moved", WebsiteRedirectLocation="/docs/")
    moved = browse("/moved")
    assert (moved.status, moved.headers["Location"]) == (301, "/docs/")
    everything = {"RedirectAllRequestsTo": {"HostName": "example.org", "Protocol": "https"}}
    public.put_bucket_website(Bucket="yard", WebsiteConfiguration=everything)
    moved = browse("/any/where")
    assert (moved.status, moved.headers["Location"]) == (301, "https://example.org/any/where")


@pytest.mark.spec("S3WEB-007")
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS", "PATCH"])
def test_websites_are_only_read(public, browse, method):
    response = browse("/index.html", method)
    status, text = seen(response)
    assert (status, response.headers["Allow"]) == (405, "GET, HEAD")
    assert text.startswith("<html>")
    assert "MethodNotAllowed" in text


def test_policies_see_where_a_browser_comes_from(public, browse, policy):
    here = {"Condition": {"StringEquals": {"aws:Referer": "http://example.com/"}}}
    policy(statement("s3:GetObject", "arn:aws:s3:::yard/*", **here))
    assert browse("/").status == 403
    assert browse("/", referer="http://example.com/").status == 200


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({}, "InvalidArgument"),
        ({"ErrorDocument": {"Key": "e"}}, "InvalidArgument"),
        ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument"),
        ({"IndexDocument": {"Suffix": ""}}, "InvalidArgument"),
        ({**SITE, "RedirectAllRequestsTo": {"HostName": "h"}}, "InvalidRequest"),
        ({"RedirectAllRequestsTo": {"HostName": "h", "Protocol": "ftp"}}, "InvalidRequest"),
        ({**SITE, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]}, "InvalidRequest"),
        ({**SITE, "RoutingRules": [{"Redirect": dict.fromkeys(("ReplaceKeyWith", "ReplaceKeyPrefixWith"), "a")}]},
         "InvalidRequest"),
        ({**SITE, "RoutingRules": [{"Redirect": {"HostName": "h"}}] * 51}, "InvalidRequest"),
        (
            {
                **SITE,
                "RoutingRules": [
                    {"Redirect": {"HostName": "h"}, "Condition": {"HttpErrorCodeReturnedEquals": "200"}}
                ],
            },
            "InvalidRequest",
        ),
    ],
)  # fmt: skip
def test_configurations_that_are_none_are_refused(owner, yard, refused, configuration, code):
    with refused(code):
        owner.client("s3").put_bucket_website(Bucket=yard, WebsiteConfiguration=configuration)


def test_the_owner_alone_says_what_is_a_website(user, yard, refused):
    with refused("AccessDenied", 403):
        user("nobody").put_bucket_website(Bucket=yard, WebsiteConfiguration=SITE)
    user("somebody", ("s3:PutBucketWebsite", f"arn:aws:s3:::{yard}"), account=OWNER).put_bucket_website(
        Bucket=yard, WebsiteConfiguration=SITE
    )
