"""Paths, queries and headers that lead to operations, and labels kept to the letter."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.models import load
from skyglobe.models.routing import find_operation, router


def name_of(method: str, path: str, query: str = "", headers: dict[str, str] | None = None, service: str = "s3") -> str:
    found = router(load(service)).match(method, path, query, headers or {})
    return found[0].name if found else ""


def key_of(path: str) -> str:
    found = router(load("s3")).match("GET", path)
    assert found is not None
    assert found[0].name == "GetObject"
    assert found[1]["Bucket"] == "b"
    return found[1]["Key"]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/b/k", "k"),
        ("/b//a", "/a"),
        ("/b///", "//"),
        ("/b/a/../b", "a/../b"),
        ("/b/./a", "./a"),
        ("/b/a//b/", "a//b/"),
        ("/b/a+b", "a+b"),
        ("/b/a%2Bb", "a+b"),
        ("/b/a%20b", "a b"),
        ("/b/a%2Fb", "a/b"),
        ("/b/%2Fa", "/a"),
        ("/b/%2e%2e/a", "../a"),
        ("/b/%C3%A9", "é"),
        ("/b/\u00c3\u00a9", "é"),  # sent unencoded, latin-1 decoded by the transport
        ("/b/%25", "%"),
        ("/b/%00", "\0"),
        ("/b/" + "k/" * 511 + "kk", "k/" * 511 + "kk"),
    ],
)
def test_keys_are_kept_verbatim(path: str, key: str) -> None:
    assert key_of(path) == key


@pytest.mark.parametrize("path", ["/b/%FF", "/b/%", "/b/%2", "/b/%zz", "/b/\u00ff", "/b/%C3"])
def test_a_key_that_is_no_text_is_an_invalid_uri(path: str) -> None:
    with pytest.raises(ServiceError) as caught:
        router(load("s3")).match("GET", path)
    assert (caught.value.code, caught.value.status) == ("InvalidURI", 400)
    assert caught.value.message == "Couldn't parse the specified URI."


def test_a_json_service_calls_a_broken_label_unreadable_input() -> None:
    with pytest.raises(ServiceError) as caught:
        router(load("lambda")).match("GET", "/2015-03-31/functions/%FF")
    assert caught.value.code == "SerializationException"


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "expected"),
    [
        ("GET", "/", "", {}, "ListBuckets"),
        ("GET", "/", "x-id=ListDirectoryBuckets", {}, "ListDirectoryBuckets"),
        ("GET", "/b", "", {}, "ListObjects"),
        ("GET", "/b/", "", {}, "ListObjects"),
        ("GET", "/b", "list-type=2", {}, "ListObjectsV2"),
        ("GET", "/b", "list-type=2&prefix=a%26b&delimiter=%2F", {}, "ListObjectsV2"),
        ("GET", "/b", "prefix=policy&list-type=1", {}, "ListObjects"),
        ("GET", "/b", "policy", {}, "GetBucketPolicy"),
        ("GET", "/b", "policy=", {}, "GetBucketPolicy"),
        ("GET", "/b/", "location", {}, "GetBucketLocation"),
        ("GET", "/b", "uploads", {}, "ListMultipartUploads"),
        ("GET", "/b", "versions&prefix=a", {}, "ListObjectVersions"),
        ("GET", "/b", "lifecycle", {}, "GetBucketLifecycleConfiguration"),
        ("GET", "/b", "analytics", {}, "ListBucketAnalyticsConfigurations"),
        ("GET", "/b", "analytics&id=1", {}, "GetBucketAnalyticsConfiguration"),
        ("GET", "/b", "analytics&id=1&x-id=GetBucketAnalyticsConfiguration", {}, "GetBucketAnalyticsConfiguration"),
        ("GET", "/b/k", "x-id=GetObject", {}, "GetObject"),
        ("GET", "/b/k", "versionId=1&partNumber=1", {}, "GetObject"),
        ("GET", "/b/k", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00", {}, "GetObject"),
        ("GET", "/b/k", "uploadId=u", {}, "ListParts"),
        ("GET", "/b/k", "acl", {}, "GetObjectAcl"),
        ("GET", "/b/k", "attributes", {}, "GetObjectAttributes"),
        ("HEAD", "/b/k", "", {}, "HeadObject"),
        ("HEAD", "/b", "", {}, "HeadBucket"),
        ("PUT", "/b", "", {}, "CreateBucket"),
        ("PUT", "/b/k", "", {}, "PutObject"),
        ("PUT", "/b/k", "x-id=PutObject", {}, "PutObject"),
        ("PUT", "/b/k", "", {"x-amz-copy-source": "b/k"}, "CopyObject"),
        ("PUT", "/b/k", "partNumber=1&uploadId=u", {}, "UploadPart"),
        ("PUT", "/b/k", "partNumber=1&uploadId=u", {"x-amz-copy-source": "b/k"}, "UploadPartCopy"),
        ("PUT", "/b/k", "tagging", {}, "PutObjectTagging"),
        ("PUT", "/b/k", "renameObject", {}, "RenameObject"),
        ("POST", "/b", "delete", {}, "DeleteObjects"),
        ("POST", "/b", "delete=", {}, "DeleteObjects"),
        ("POST", "/b/k", "uploads", {}, "CreateMultipartUpload"),
        ("POST", "/b/k", "uploads=", {}, "CreateMultipartUpload"),
        ("POST", "/b/k", "uploadId=u", {}, "CompleteMultipartUpload"),
        ("POST", "/b/k", "select&select-type=2", {}, "SelectObjectContent"),
        ("DELETE", "/b/k", "", {}, "DeleteObject"),
        ("DELETE", "/b/k", "uploadId=u", {}, "AbortMultipartUpload"),
        ("DELETE", "/b", "cors", {}, "DeleteBucketCors"),
        ("DELETE", "/b", "", {}, "DeleteBucket"),
        ("POST", "/WriteGetObjectResponse", "", {}, "WriteGetObjectResponse"),
        ("POST", "/b", "", {}, ""),
        ("PATCH", "/b", "", {}, ""),
    ],
)
def test_s3_is_told_apart(method: str, path: str, query: str, headers: dict[str, str], expected: str) -> None:
    assert name_of(method, path, query, headers) == expected


def test_a_parameter_of_a_label_is_no_discriminator() -> None:
    assert name_of("GET", "/b/policy") == "GetObject"
    assert name_of("GET", "/b/k%3Facl") == "GetObject"


def test_a_trailing_slash_is_overlooked() -> None:
    assert name_of("GET", "/2015-03-31/functions", service="lambda") == "ListFunctions"
    assert name_of("GET", "/2015-03-31/functions/", service="lambda") == "ListFunctions"
    assert name_of("GET", "/2015-03-31/functions/f/", service="lambda") == "GetFunction"


def test_an_empty_label_leads_nowhere() -> None:
    assert name_of("GET", "/2015-03-31/functions//policy", service="lambda") == ""
    assert name_of("GET", "//", service="s3") == ""


def test_an_encoded_slash_does_not_end_a_label() -> None:
    found = router(load("lambda")).match("GET", "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aa%2Fb")
    assert found is not None
    assert found[1] == {"Resource": "arn:aws:lambda:a/b"}


def test_a_literal_may_be_encoded() -> None:
    assert name_of("POST", "/%40connections/c1", service="apigatewaymanagementapi") == "PostToConnection"


def test_a_greedy_label_ends_at_its_suffix() -> None:
    found = router(load("workspaces-web")).match("GET", "/portals/arn:aws:x:portal/a/identityProviders")
    assert found is not None
    assert found[0].name == "ListIdentityProviders"
    assert found[1] == {"portalArn": "arn:aws:x:portal/a"}
    found = router(load("workspaces-web")).match("GET", "/portals/arn:aws:x:portal/identityProviders/a")
    assert found is not None
    assert found[0].name == "GetPortal"


def test_the_methods_of_a_path_are_known() -> None:
    assert router(load("s3")).methods("/b") == ("DELETE", "GET", "HEAD", "POST", "PUT")
    assert router(load("s3")).methods("/") == ("GET",)
    assert router(load("lambda")).methods("/nowhere") == ()


def test_operations_are_found_by_their_exact_name() -> None:
    sqs = load("sqs")
    found = find_operation(sqs, "SendMessage")
    assert found is sqs.operation("SendMessage")
    assert find_operation(sqs, "sendmessage") is None


@given(st.text(min_size=1), st.sampled_from(["/", "", "~-._/", "/:@!$&'()*+,;="]))
def test_any_key_comes_back_as_it_was_encoded(key: str, unencoded: str) -> None:
    found = router(load("s3")).match("GET", "/b/" + quote(key, safe=unencoded))
    assert found is not None
    assert found[1] == {"Bucket": "b", "Key": key}


@given(st.text("/%{}+abAB09?&=\xff\x00 .~", max_size=40), st.text("acl&=%+uploadsId;", max_size=20))
def test_no_path_or_query_does_worse_than_an_answer(path: str, query: str) -> None:
    for service in ("s3", "lambda", "workspaces-web"):
        with suppress(ServiceError):  # anything else is a traceback to a client
            router(load(service)).match("GET", "/" + path, query)
