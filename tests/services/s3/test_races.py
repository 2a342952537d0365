"""What happens between a request's first byte and its last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.wire import ClientGone, Request, Response
from skyglobe.testing import TestCloud

SIZE = 300_000


class Body:
    """A body that waits for the test between its two halves."""

    def __init__(self, end: bytes | Exception = b"") -> None:
        self.length: int | None = SIZE
        self.end = end
        self.halfway = asyncio.Event()
        self.go_on = asyncio.Event()
        self._pieces = [b"y" * (SIZE // 2), b"x" * (SIZE // 2)]

    async def read(self) -> bytes:
        if len(self._pieces) == 1:
            self.halfway.set()
            await self.go_on.wait()
            if isinstance(self.end, Exception):
                raise self.end
        return self._pieces.pop() if self._pieces else b""


@pytest.fixture
def put(cloud: TestCloud) -> Callable[..., Any]:
    """Return a coroutine function that puts a slow body, doing something else halfway."""

    async def slowly(key: str, body: Body, halfway: Callable[[], Any], **headers: str) -> Response:
        done: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        sent = {
            "host": "localhost",
            "content-length": str(SIZE),
            "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
            "x-amz-date": "20260101T000000Z",
            "authorization": (
                "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
                "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=00"
            ),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        cloud._cloud.handle(Request("PUT", f"/orchard/{key}", headers=sent, stream=body), done.set_result)
        await body.halfway.wait()
        await asyncio.get_running_loop().run_in_executor(None, halfway)
        body.go_on.set()
        return await done

    return slowly


def _begin(cloud: TestCloud, put: Callable[..., Any], halfway: Callable[[], Any], **options: Any) -> Response:
    async def story() -> Response:
        answer: Response = await put("apple", Body(options.pop("end", b"")), halfway, **options)
        return answer

    return cloud.run(story())


@pytest.mark.spec("S3OBJ-014")
def test_the_loser_of_a_race_for_a_free_key_is_told_to_try_again(
    cloud: TestCloud, s3: Any, bucket: str, put: Callable[..., Any], blobs: Callable[[], list[str]]
) -> None:
    answer = _begin(cloud, put, lambda: s3.put_object(Bucket=bucket, Key="apple", Body=b"first"), if_none_match="*")
    assert answer.status == 409
    assert b"<Code>ConditionalRequestConflict</Code>" in answer.body  # type: ignore[operator]
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == b"first"
    assert blobs() == []


def test_a_delete_during_a_compare_and_swap_is_a_conflict(
    cloud: TestCloud, s3: Any, bucket: str, put: Callable[..., Any], blobs: Callable[[], list[str]]
) -> None:
    etag = s3.put_object(Bucket=bucket, Key="apple", Body=b"first")["ETag"]
    answer = _begin(cloud, put, lambda: s3.delete_object(Bucket=bucket, Key="apple"), if_match=etag)
    assert answer.status == 409
    assert blobs() == []


def test_a_client_that_goes_away_leaves_nothing_behind(
    cloud: TestCloud, s3: Any, bucket: str, put: Callable[..., Any], blobs: Callable[[], list[str]]
) -> None:
    _begin(cloud, put, lambda: None, end=ClientGone())
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert blobs() == []
    assert list((cloud.kernel.blobs.folder / "incoming").iterdir()) == []
    assert cloud.kernel.blobs.unsettled == set()


def test_a_bucket_deleted_during_an_upload_takes_the_upload_with_it(
    cloud: TestCloud, s3: Any, bucket: str, put: Callable[..., Any], blobs: Callable[[], list[str]]
) -> None:
    answer = _begin(cloud, put, lambda: s3.delete_bucket(Bucket=bucket))
    assert answer.status == 404
    assert blobs() == []


def test_a_full_disk_is_told_and_loses_nothing(
    cloud: TestCloud, s3: Any, bucket: str, put: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"before")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skyglobe.kernel.blobs.BlobWriter.write", full)
    answer = _begin(cloud, put, lambda: None)
    assert answer.status == 503
    assert b"No space left on device" in answer.body  # type: ignore[operator]
    assert s3.get_object(Bucket=bucket, Key="apple")["Body"].read() == b"before"
    assert list((cloud.kernel.blobs.folder / "incoming").iterdir()) == []


def test_an_answer_under_way_outlives_its_object(
    cloud: TestCloud, s3: Any, bucket: str, blobs: Callable[[], list[str]]
) -> None:
    s3.put_object(Bucket=bucket, Key="apple", Body=b"z" * SIZE)
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "apple"})
    host, _, target = url.partition("//")[2].partition("/")
    path, _, query = f"/{target}".partition("?")

    async def fetch() -> Response:
        done: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        cloud._cloud.handle(Request("GET", path, query, {"host": host}), done.set_result)
        return await done

    answer = cloud.run(fetch())
    (slice_,) = answer.body
    assert isinstance(slice_, FileSlice)
    s3.delete_object(Bucket=bucket, Key="apple")
    assert b"".join(slice_.pieces()) == b"z" * SIZE
    answer.body = b""
    assert blobs() == []
