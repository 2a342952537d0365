"""Keys are text and nothing else: no folders, no paths, no tricks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Refused = Callable[..., Any]

ODD_KEYS = [
    "plain",
    "with space",
    "plus+sign",
    "a//b",
    "/leading",
    "trailing/",
    "//",
    "../up",
    "a/../../b",
    "./here",
    "..",
    "%2F",
    "%",
    "100%25",
    "a%20b",
    "naïve-ключ-鍵-🔑",
    "e\u0301",
    "?question=1&x#hash",
    "quote\"'`",
    "<xml>&amp;",
    "back\\slash",
    "tab\tand\nnewline",
    "semi;colon:at@equals=comma,",
    "~tilde*star(paren)[square]{curly}|pipe^",
    "k" * 1024,
    "é" * 512,
]


@pytest.mark.spec("S3OBJ-001")
def test_a_key_is_a_path_only_to_the_eye(s3: Any, bucket: str, refused: Refused) -> None:
    s3.put_object(Bucket=bucket, Key="a/b/c.txt", Body=b"x")
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix="a/")["Contents"]] == ["a/b/c.txt"]
    for folder in ("a", "a/", "a/b", "a/b/"):
        with refused("NoSuchKey", 404):
            s3.get_object(Bucket=bucket, Key=folder)


@pytest.mark.spec("S3OBJ-010")
def test_odd_keys_survive_put_list_copy_and_delete(s3: Any, bucket: str) -> None:
    for number, key in enumerate(ODD_KEYS):
        s3.put_object(Bucket=bucket, Key=key, Body=str(number).encode())
    for number, key in enumerate(ODD_KEYS):
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == str(number).encode()
    in_order = sorted(ODD_KEYS, key=str.encode)
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]] == in_order
    assert [found["Key"] for found in s3.list_objects(Bucket=bucket)["Contents"]] == in_order
    for key in ODD_KEYS[:-2]:
        s3.copy_object(Bucket=bucket, Key=f"!{key}", CopySource={"Bucket": bucket, "Key": key})
        assert s3.head_object(Bucket=bucket, Key=f"!{key}")["ETag"] == s3.head_object(Bucket=bucket, Key=key)["ETag"]
        s3.delete_object(Bucket=bucket, Key=f"!{key}")
    answer = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in ODD_KEYS if key.isprintable()]}
    )
    assert "Errors" not in answer
    left = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert left == [key for key in in_order if not key.isprintable()]


@pytest.mark.spec("S3OBJ-010")
@pytest.mark.parametrize("key", ["k" * 1025, "é" * 513])
def test_a_key_has_at_most_1024_bytes(s3: Any, bucket: str, refused: Refused, key: str) -> None:
    with refused("KeyTooLongError") as answer:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    assert answer["Error"]["MaxSizeAllowed"] == "1024"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(lambda k: len(k) > 0)
)
def test_any_text_is_a_key(s3: Any, bucket: str, key: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)["Contents"][0]["Key"] == key
    s3.delete_object(Bucket=bucket, Key=key)


def test_path_tricks_stay_within_their_bucket(s3: Any, bucket: str) -> None:
    s3.create_bucket(Bucket="other")
    s3.put_object(Bucket="other", Key="secret", Body=b"mine")
    s3.put_object(Bucket=bucket, Key="../other/secret", Body=b"theirs")
    assert s3.get_object(Bucket="other", Key="secret")["Body"].read() == b"mine"
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Key"] == "../other/secret"
