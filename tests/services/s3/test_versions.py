"""Versioning: what is overwritten or deleted stays, and can be had back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from skyglobe.kernel.store import WriteSet
from skyglobe.testing import TestCloud

Refused = Callable[..., Any]


@pytest.fixture
def kept(s3: Any, bucket: str) -> str:
    """A bucket with versioning."""
    _set(s3, bucket, "Enabled")
    return bucket


def _set(s3: Any, bucket: str, status: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def _put(s3: Any, bucket: str, key: str, body: str) -> str:
    version: str = s3.put_object(Bucket=bucket, Key=key, Body=body.encode())["VersionId"]
    return version


def _read(s3: Any, bucket: str, key: str, **more: Any) -> str:
    text: str = s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read().decode()
    return text


def _listed(s3: Any, bucket: str, **more: Any) -> list[tuple[str, str, bool]]:
    answer = s3.list_object_versions(Bucket=bucket, **more)
    found = answer.get("Versions", []) + answer.get("DeleteMarkers", [])
    return [(entry["Key"], entry["VersionId"], entry["IsLatest"]) for entry in found]


@pytest.mark.spec("S3VER-001", "S3VER-008")
def test_versioning_is_set_for_a_bucket_and_never_unset(s3: Any, bucket: str, refused: Refused) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for status in ("Enabled", "Suspended", "Enabled"):
        _set(s3, bucket, status)
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status
    with refused("MalformedXML"):
        _set(s3, bucket, "Off")
    with refused("IllegalVersioningConfigurationException"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={})
    with refused("NoSuchBucket", 404):
        _set(s3, "nowhere", "Enabled")


@pytest.mark.spec("S3VER-002", "S3OBJ-007")
def test_an_overwritten_object_stays_as_a_version(s3: Any, kept: str) -> None:
    first, second = _put(s3, kept, "a", "one"), _put(s3, kept, "a", "two")
    assert _listed(s3, kept) == [("a", second, True), ("a", first, False)]
    assert _read(s3, kept, "a") == "two"
    assert _read(s3, kept, "a", VersionId=first) == "one"
    assert s3.head_object(Bucket=kept, Key="a")["VersionId"] == second
    assert s3.head_object(Bucket=kept, Key="a", VersionId=first)["VersionId"] == first
    (current,) = s3.list_objects_v2(Bucket=kept)["Contents"]
    assert current["Size"] == 3


@pytest.mark.spec("S3VER-003", "S3VER-004", "S3VER-010")
def test_a_deleted_object_hides_behind_a_marker_and_comes_back(s3: Any, kept: str, refused: Refused) -> None:
    version = _put(s3, kept, "a", "one")
    gone = s3.delete_object(Bucket=kept, Key="a")
    assert gone["DeleteMarker"] is True
    marker = gone["VersionId"]
    with refused("NoSuchKey", 404) as answer:
        s3.get_object(Bucket=kept, Key="a")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-version-id"] == marker
    with refused("404", 404) as answer:
        s3.head_object(Bucket=kept, Key="a")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    assert "Contents" not in s3.list_objects_v2(Bucket=kept)
    assert _listed(s3, kept) == [("a", version, False), ("a", marker, True)]
    with refused("MethodNotAllowed", 405) as answer:
        s3.get_object(Bucket=kept, Key="a", VersionId=marker)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-delete-marker"] == "true"
    assert headers["last-modified"]
    lifted = s3.delete_object(Bucket=kept, Key="a", VersionId=marker)
    assert (lifted["DeleteMarker"], lifted["VersionId"]) == (True, marker)
    assert _read(s3, kept, "a") == "one"
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=kept)["Contents"]] == ["a"]


@pytest.mark.spec("S3VER-005")
def test_an_old_version_is_copied_or_uncovered_to_roll_back(s3: Any, kept: str) -> None:
    first, second = _put(s3, kept, "a", "one"), _put(s3, kept, "a", "two")
    source = {"Bucket": kept, "Key": "a", "VersionId": first}
    copied = s3.copy_object(Bucket=kept, Key="a", CopySource=source)
    assert copied["CopySourceVersionId"] == first
    assert copied["VersionId"] not in (first, second)
    assert _read(s3, kept, "a") == "one"
    s3.delete_object(Bucket=kept, Key="a", VersionId=copied["VersionId"])
    assert _read(s3, kept, "a") == "two"
    s3.delete_object(Bucket=kept, Key="a", VersionId=second)
    assert _read(s3, kept, "a") == "one"
    assert _listed(s3, kept) == [("a", first, True)]


@pytest.mark.spec("S3VER-006")
def test_what_was_there_before_is_the_null_version(s3: Any, bucket: str) -> None:
    assert "VersionId" not in s3.put_object(Bucket=bucket, Key="a", Body=b"old")
    assert "VersionId" not in s3.head_object(Bucket=bucket, Key="a")
    _set(s3, bucket, "Enabled")
    assert s3.head_object(Bucket=bucket, Key="a")["VersionId"] == "null"
    new = _put(s3, bucket, "a", "new")
    assert _listed(s3, bucket) == [("a", new, True), ("a", "null", False)]
    assert _read(s3, bucket, "a", VersionId="null") == "old"


@pytest.mark.spec("S3VER-007", "S3VER-013")
def test_while_suspended_the_null_version_is_written_over(s3: Any, kept: str, refused: Refused, blobs: Any) -> None:
    first = _put(s3, kept, "a", "one")
    _set(s3, kept, "Suspended")
    assert _put(s3, kept, "a", "null 1") == "null"
    assert _put(s3, kept, "a", "null 2") == "null"
    assert _listed(s3, kept) == [("a", "null", True), ("a", first, False)]
    assert _read(s3, kept, "a", VersionId="null") == "null 2"
    gone = s3.delete_object(Bucket=kept, Key="a")
    assert (gone["DeleteMarker"], gone["VersionId"]) == (True, "null")
    assert _listed(s3, kept) == [("a", first, False), ("a", "null", True)]
    with refused("MethodNotAllowed", 405):
        s3.get_object(Bucket=kept, Key="a", VersionId="null")
    _set(s3, kept, "Enabled")
    second = _put(s3, kept, "a", "two")
    _set(s3, kept, "Suspended")
    assert _put(s3, kept, "a", "null 3") == "null"
    assert _listed(s3, kept) == [("a", "null", True), ("a", second, False), ("a", first, False)]


@pytest.mark.spec("S3VER-009", "S3VER-011")
def test_a_version_is_deleted_for_good(s3: Any, kept: str, refused: Refused, blobs: Callable[[], list[str]]) -> None:
    version = s3.put_object(Bucket=kept, Key="a", Body=b"x" * 300_000)["VersionId"]
    _put(s3, kept, "a", "two")
    assert len(blobs()) == 1
    answer = s3.delete_object(Bucket=kept, Key="a", VersionId=version)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert blobs() == []
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket=kept, Key="a", VersionId=version)
    assert s3.delete_object(Bucket=kept, Key="a", VersionId=version)["VersionId"] == version
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket=kept, Key="a", VersionId="null")
    for wrong in ("abc", ""):
        with refused("InvalidArgument"):
            s3.get_object(Bucket=kept, Key="a", VersionId=wrong)
        with refused("InvalidArgument"):
            s3.delete_object(Bucket=kept, Key="a", VersionId=wrong)


@pytest.mark.spec("S3VER-012")
def test_versions_have_actions_of_their_own(owner: Any, yard: str, user: Any, refused: Refused) -> None:
    s3 = owner.client("s3")
    _set(s3, yard, "Enabled")
    version = _put(s3, yard, "a", "one")
    arn = f"arn:aws:s3:::{yard}/*"
    plain = user("plain", (["s3:GetObject", "s3:DeleteObject"], arn))
    versed = user("versed", (["s3:GetObjectVersion", "s3:DeleteObjectVersion"], arn))
    assert _read(plain, yard, "a") == "one"
    for client, more in ((plain, {"VersionId": version}), (versed, {})):
        with refused("AccessDenied", 403):
            client.get_object(Bucket=yard, Key="a", **more)
        with refused("AccessDenied", 403):
            client.delete_object(Bucket=yard, Key="a", **more)
    assert _read(versed, yard, "a", VersionId=version) == "one"
    versed.delete_object(Bucket=yard, Key="a", VersionId=version)


def test_tags_lists_and_attributes_are_those_of_a_version(s3: Any, kept: str) -> None:
    first = _put(s3, kept, "a", "one")
    second = _put(s3, kept, "a", "three")
    tags = {"TagSet": [{"Key": "age", "Value": "old"}]}
    told = s3.put_object_tagging(Bucket=kept, Key="a", VersionId=first, Tagging=tags)
    assert told["VersionId"] == first
    assert s3.get_object_tagging(Bucket=kept, Key="a", VersionId=first)["TagSet"] == tags["TagSet"]
    assert s3.get_object_tagging(Bucket=kept, Key="a")["TagSet"] == []
    sizes = [
        s3.get_object_attributes(Bucket=kept, Key="a", VersionId=version, ObjectAttributes=["ObjectSize"])["ObjectSize"]
        for version in (first, second)
    ]
    assert sizes == [3, 5]
    assert s3.get_object_acl(Bucket=kept, Key="a", VersionId=first)["Grants"]
    assert s3.delete_object_tagging(Bucket=kept, Key="a", VersionId=first)["VersionId"] == first
    assert s3.get_object_tagging(Bucket=kept, Key="a", VersionId=first)["TagSet"] == []


@pytest.mark.spec("S3OBJ-012")
def test_versions_are_listed_in_pages_the_newest_of_each_key_first(s3: Any, kept: str, cloud: TestCloud) -> None:
    expected = []
    for key in ("a", "b/1", "b/2", "c"):
        ids = [_put(s3, kept, key, str(n)) for n in range(3)]
        if key == "c":
            ids.append(s3.delete_object(Bucket=kept, Key=key)["VersionId"])
        expected += [(key, version, version == ids[-1]) for version in reversed(ids)]
    for size in (1, 2, 3, 5, 100):
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=kept, PaginationConfig={"PageSize": size})
        got = []
        for page in pages:
            found = page.get("Versions", []) + page.get("DeleteMarkers", [])
            assert len(found) <= size
            got += [(entry["Key"], entry["VersionId"], entry["IsLatest"]) for entry in found]
        assert sorted(got) == sorted(expected)
        assert [key for key, _, _ in got if key != "c"] == [key for key, _, _ in expected if key != "c"]
    folded = s3.list_object_versions(Bucket=kept, Delimiter="/")
    assert folded["CommonPrefixes"] == [{"Prefix": "b/"}]
    assert {entry["Key"] for entry in folded["Versions"]} == {"a", "c"}
    assert [key for key, _, _ in _listed(s3, kept, Prefix="b/")] == ["b/1"] * 3 + ["b/2"] * 3
    page = s3.list_object_versions(Bucket=kept, MaxKeys=4, EncodingType="url")
    assert page["NextKeyMarker"] == "b/1"
    assert page["NextVersionIdMarker"] == expected[3][1]


def test_a_page_goes_on_where_versions_went_in_between(s3: Any, kept: str, refused: Refused) -> None:
    ids = [_put(s3, kept, "a", str(n)) for n in range(3)]
    page = s3.list_object_versions(Bucket=kept, MaxKeys=1)
    s3.delete_object(Bucket=kept, Key="a", VersionId=ids[2])
    rest = _listed(s3, kept, KeyMarker=page["NextKeyMarker"], VersionIdMarker=page["NextVersionIdMarker"])
    assert rest == [("a", ids[1], True), ("a", ids[0], False)]
    with refused("InvalidArgument"):
        s3.list_object_versions(Bucket=kept, VersionIdMarker=ids[0])
    with refused("InvalidArgument"):
        s3.list_object_versions(Bucket=kept, KeyMarker="a", VersionIdMarker="abc")


def test_many_versions_and_markers_are_deleted_at_once(s3: Any, kept: str) -> None:
    first, second = _put(s3, kept, "a", "one"), _put(s3, kept, "b", "two")
    named = [{"Key": "a", "VersionId": first}, {"Key": "b"}]
    deleted = s3.delete_objects(Bucket=kept, Delete={"Objects": named})["Deleted"]
    assert deleted[0] == named[0]
    marker = deleted[1]["DeleteMarkerVersionId"]
    assert deleted[1] == {"Key": "b", "DeleteMarker": True, "DeleteMarkerVersionId": marker}
    assert _listed(s3, kept) == [("b", second, False), ("b", marker, True)]
    named = [{"Key": "b", "VersionId": marker}]
    (lifted,) = s3.delete_objects(Bucket=kept, Delete={"Objects": named})["Deleted"]
    assert lifted == {**named[0], "DeleteMarker": True, "DeleteMarkerVersionId": marker}
    assert _read(s3, kept, "b") == "two"


@pytest.mark.spec("S3BKT-013")
def test_a_bucket_with_versions_or_markers_is_not_empty(s3: Any, kept: str, refused: Refused) -> None:
    version = _put(s3, kept, "a", "one")
    marker = s3.delete_object(Bucket=kept, Key="a")["VersionId"]
    for left in (version, marker):
        with refused("BucketNotEmpty", 409):
            s3.delete_bucket(Bucket=kept)
        s3.delete_object(Bucket=kept, Key="a", VersionId=left)
    s3.delete_bucket(Bucket=kept)


def test_conditions_of_writes_are_held_to_the_current_version(s3: Any, kept: str, refused: Refused) -> None:
    _put(s3, kept, "a", "one")
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=kept, Key="a", Body=b"two", IfNoneMatch="*")
    s3.delete_object(Bucket=kept, Key="a")
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=kept, Key="a", Body=b"two", IfMatch="x")
    assert s3.put_object(Bucket=kept, Key="a", Body=b"two", IfNoneMatch="*")["VersionId"]


def test_uploads_in_parts_become_versions(s3: Any, kept: str, upload: Any) -> None:
    first = upload("a", b"x" * 5 * 1024 * 1024, b"one")["VersionId"]
    second = upload("a", b"two")["VersionId"]
    assert s3.get_object(Bucket=kept, Key="a")["Body"].read() == b"two"
    old = s3.get_object(Bucket=kept, Key="a", VersionId=first, PartNumber=2)
    assert old["Body"].read() == b"one"
    begun = s3.create_multipart_upload(Bucket=kept, Key="b")["UploadId"]
    source = {"Bucket": kept, "Key": "a", "VersionId": first}
    part = s3.upload_part_copy(Bucket=kept, Key="b", UploadId=begun, PartNumber=1, CopySource=source)
    assert part["CopySourceVersionId"] == first
    assert _listed(s3, kept) == [("a", second, True), ("a", first, False)]


def test_the_cost_of_a_version_does_not_grow_with_their_number(
    s3: Any, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = [0]
    get, scan = WriteSet.get, WriteSet.scan

    def counted_get(self: WriteSet, key: bytes) -> Any:
        read[0] += 1
        return get(self, key)

    def counted_scan(self: WriteSet, *args: Any, **options: Any) -> Any:
        found = list(scan(self, *args, **options))
        read[0] += len(found)
        return found

    monkeypatch.setattr(WriteSet, "get", counted_get)
    monkeypatch.setattr(WriteSet, "scan", counted_scan)
    first = _put(s3, kept, "a", "first")

    def costs() -> list[int]:
        told = []
        for ask in (
            lambda: s3.head_object(Bucket=kept, Key="a"),
            lambda: s3.head_object(Bucket=kept, Key="a", VersionId=first),
            lambda: s3.put_object(Bucket=kept, Key="a", Body=b"x"),
            lambda: s3.list_object_versions(Bucket=kept, MaxKeys=2),
            lambda: s3.delete_object(Bucket=kept, Key="a", VersionId=s3.head_object(Bucket=kept, Key="a")["VersionId"]),
        ):
            read[0] = 0
            ask()
            told.append(read[0])
        return told

    for _ in range(3):
        _put(s3, kept, "a", "x")
    few = costs()
    for _ in range(150):
        _put(s3, kept, "a", "x")
    assert costs() == few
