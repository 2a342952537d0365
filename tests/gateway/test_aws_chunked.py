"""Bodies in signed and unsigned chunks are decoded and verified, whole or as they arrive."""

from __future__ import annotations

import asyncio
import base64
import io
import zlib
from hashlib import sha256
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skyglobe.gateway.bodies import open_body
from skyglobe.gateway.payload import ChunkSigning, Payload
from skyglobe.gateway.scope import scope_of
from skyglobe.gateway.sigv4a import is_signed, private_scalar, public_key
from skyglobe.gateway.validity import basic_milliseconds
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from tests.gateway.chunking import SECRET, Arriving, framed, hmac_signer
from tests.gateway.signing import KEYS, S3, answer, send

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
URL = "http://localhost:4566/bucket/key"


class ChunkedAuth(S3SigV4Auth):
    """botocore's signer for a body whose chunks are signed separately."""

    def __init__(self, declared: str) -> None:
        super().__init__(KEYS, "s3", "eu-west-1")
        self.declared = declared

    def payload(self, request: Any) -> str:
        return self.declared


def read_all(request: Request) -> bytes:
    async def read() -> bytes:
        pieces = []
        while piece := await request.stream.read():  # type: ignore[union-attr]
            pieces.append(piece)
        assert await request.stream.read() == b""  # type: ignore[union-attr]
        return b"".join(pieces)

    return asyncio.run(read()) if request.stream is not None else request.body


def put(data: bytes, chunk_bytes: int, trailers: dict[str, str] | None = None) -> Request:
    """A PUT of ``data`` in signed chunks."""
    headers = {"x-amz-decoded-content-length": str(len(data)), "content-encoding": "gzip,aws-chunked"}
    if trailers:
        headers["x-amz-trailer"] = ",".join(trailers)
    request = send(ChunkedAuth(SIGNED + ("-TRAILER" if trailers else "")), "PUT", URL, headers)
    scope = scope_of(request)
    assert scope is not None
    request.body = framed(
        data,
        chunk_bytes,
        sign=hmac_signer(SECRET, scope.date, "eu-west-1", "s3"),
        seed=scope.signature,
        instant=request.headers["x-amz-date"],
        scope=scope.credential_scope,
        trailers=trailers,
    )
    return request


def streamed(request: Request, seed: int = 0, most: int = 5000) -> Request:
    request.stream, request.body = Arriving(request.body, seed, most), b""
    return request


def open_checked(request: Request) -> dict[str, str]:
    return open_body(request, answer(request, S3).payload)


def read_checked(request: Request) -> bytes:
    open_checked(request)
    return read_all(request)


def refused(request: Request) -> ServiceError:
    with pytest.raises(ServiceError) as error:
        read_checked(request)
    return error.value


AWS_EXAMPLE_CHUNKS = (
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)


def test_the_chunked_upload_of_the_s3_api_reference_is_verified() -> None:
    """The example of "Signature calculations … transferring payload in multiple chunks", signatures and all."""
    request = Request(
        "PUT",
        "/examplebucket/chunkObject.txt",
        "",
        {
            "host": "s3.amazonaws.com",
            "x-amz-date": "20130524T000000Z",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
            "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
            "x-amz-decoded-content-length;x-amz-storage-class,"
            "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
            "x-amz-content-sha256": SIGNED,
            "content-encoding": "aws-chunked",
            "x-amz-decoded-content-length": "66560",
            "content-length": "66824",
        },
    )
    for size, signature in zip((65536, 1024, 0), AWS_EXAMPLE_CHUNKS, strict=True):
        request.body += f"{size:x};chunk-signature={signature}\r\n".encode() + b"a" * size + b"\r\n"
    assert len(request.body) == 66824
    found = answer(request, S3, wall=basic_milliseconds("20130524T000000Z"))
    open_body(request, found.payload)
    assert request.body == b"a" * 66560
    assert request.headers["content-length"] == "66560"
    assert "content-encoding" not in request.headers


def test_the_signed_trailer_of_the_s3_api_reference_is_verified() -> None:
    """The chunk and trailer signatures of "… including trailing headers (chunked upload)"."""
    signatures = (
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    )
    body = b""
    for size, signature in zip((65536, 1024, 0), signatures, strict=True):
        body += f"{size:x};chunk-signature={signature}\r\n".encode() + b"a" * size + (b"\r\n" if size else b"")
    body += b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
    body += b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
    sign = hmac_signer(SECRET, "20130524", "us-east-1", "s3")
    signing = ChunkSigning(
        "AWS4-HMAC-SHA256",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        "20130524T000000Z",
        "20130524/us-east-1/s3/aws4_request",
        lambda text, signature: sign(text.decode()) == signature,
    )
    headers = {"x-amz-decoded-content-length": "66560", "x-amz-trailer": "x-amz-checksum-crc32c"}
    request = Request("PUT", "/", "", headers, body)
    trailers = open_body(request, Payload(SIGNED + "-TRAILER", True, signing))
    assert request.body == b"a" * 66560
    assert trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


@settings(deadline=None)
@given(
    data=st.integers(0, 40_000).map(lambda size: bytes(i * 7 & 255 for i in range(size))),
    chunk_bytes=st.integers(8192, 20_000),
    has_trailer=st.booleans(),
    is_streamed=st.booleans(),
    seed=st.integers(0, 99),
    most=st.sampled_from([1, 7, 300, 10_000]),
)
def test_signed_chunks_of_any_size_are_decoded_however_they_arrive(
    data: bytes, chunk_bytes: int, has_trailer: bool, is_streamed: bool, seed: int, most: int
) -> None:
    trailers = {"x-amz-checksum-crc32": base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()}
    request = put(data, chunk_bytes, trailers if has_trailer else None)
    if is_streamed:
        streamed(request, seed, most)
    found = open_checked(request)
    assert read_all(request) == data
    assert found == (trailers if has_trailer else {})
    assert request.headers["content-encoding"] == "gzip"
    if is_streamed:
        assert request.stream is not None
        assert request.stream.length == len(data)


@settings(deadline=None, max_examples=200)
@given(at=st.integers(0, 100_000), by=st.binary(min_size=1, max_size=1), is_streamed=st.booleans())
def test_any_altered_byte_of_a_signed_chunked_body_is_refused(at: int, by: bytes, is_streamed: bool) -> None:
    request = put(b"0123456789" * 1500, 8192, {"x-amz-checksum-crc32": "AAAAAA=="})
    at %= len(request.body)
    altered = request.body[:at] + by + request.body[at + 1 :]
    assume(altered.lower() != request.body.lower())  # AWS reads sizes and trailer names in either case
    assume(altered.replace(b"chunk-signature= ", b"chunk-signature=") != request.body)
    request.body = altered
    error = refused(streamed(request) if is_streamed else request)
    assert (error.code, error.status) in {
        ("SignatureDoesNotMatch", 403),
        ("IncompleteBody", 400),
        ("InvalidChunkSizeError", 403),
        ("MalformedTrailerError", 400),
    }


@given(st.data())
def test_a_body_cut_short_anywhere_is_incomplete(data: st.DataObject) -> None:
    request = put(b"x" * 9000, 8192, {"x-amz-checksum-crc32": "AAAAAA=="})
    request.body = request.body[: data.draw(st.integers(0, len(request.body) - 1))]
    assert refused(request).code == "IncompleteBody"


def unsigned(data: bytes, body: bytes, trailer: str = "x-amz-checksum-crc32") -> Request:
    headers = {"x-amz-decoded-content-length": str(len(data)), "x-amz-trailer": trailer}
    request = send(ChunkedAuth(UNSIGNED), "PUT", URL, headers)
    request.body = body
    return request


@given(st.binary(max_size=30_000), st.integers(8192, 12_000))
def test_unsigned_chunks_as_botocore_frames_them_are_decoded(data: bytes, chunk_bytes: int) -> None:
    wrapper = AwsChunkedWrapper(io.BytesIO(data), Crc32Checksum, "x-amz-checksum-crc32", chunk_bytes)
    request = unsigned(data, wrapper.read())
    trailers = open_checked(streamed(request))
    assert read_all(request) == data
    assert trailers == {"x-amz-checksum-crc32": base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()}


def test_chunk_signatures_of_an_unknown_key_are_not_looked_at_in_lenient_mode() -> None:
    request = put(b"hello", 8192)
    request.body = request.body.replace(b"hello", b"HELLO")
    request.headers["authorization"] = request.headers["authorization"].replace(KEYS.access_key, "test")
    found = answer(request, S3, lenient=True)
    open_body(request, found.payload)
    assert request.body == b"HELLO"


def test_a_chunk_under_8192_bytes_that_is_not_the_last_is_refused() -> None:
    error = refused(put(b"x" * 1000, 600))
    assert (error.code, error.status) == ("InvalidChunkSizeError", 403)
    assert error.message == "Only the last chunk is allowed to have a size less than 8192 bytes"
    assert error.fields == {"Chunk": "2", "BadChunkSize": "600"}


def test_more_or_less_data_than_declared_is_incomplete() -> None:
    for declared in ("4", "6"):
        request = unsigned(b"hello", b"5\r\nhello\r\n0\r\n\r\n", trailer="")
        request.headers["x-amz-decoded-content-length"] = declared
        with pytest.raises(ServiceError) as error:
            open_body(request, Payload(UNSIGNED, True))
        assert (error.value.code, error.value.message) == (
            "IncompleteBody",
            "The request body terminated unexpectedly",
        )


def test_a_chunked_body_needs_its_decoded_length() -> None:
    for declared in ("", "many", "-5", "٣"):
        request = Request("PUT", "/", "", {"x-amz-decoded-content-length": declared}, b"0\r\n\r\n")
        with pytest.raises(ServiceError) as error:
            open_body(request, Payload(UNSIGNED, True))
        assert (error.value.code, error.value.status) == ("MissingContentLength", 411)


@pytest.mark.parametrize(
    "ending",
    [
        b"0\r\n\r\n",  # announced, not sent
        b"0\r\nx-amz-checksum-crc32c:AAAAAA==\r\n\r\n",  # another than announced
        b"0\r\nx-amz-checksum-crc32=AAAAAA==\r\n\r\n",  # no colon
        b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\nx-amz-meta-a:b\r\n\r\n",  # one more than announced
        b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
    ],
)
def test_trailers_other_than_announced_are_malformed(ending: bytes) -> None:
    error = refused(unsigned(b"hello", b"5\r\nhello\r\n" + ending))
    assert (error.code, error.status) == ("MalformedTrailerError", 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloX\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"1_0\r\nhello\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\nmore",
        b"5;" + b"x" * 10_000,
        b"5;" + b"x" * 10_000 + b"\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_broken_framing_is_an_incomplete_body(body: bytes) -> None:
    for request in (unsigned(b"hello", body, trailer=""), streamed(unsigned(b"hello", body, trailer=""))):
        assert refused(request).code == "IncompleteBody"


@given(st.binary(max_size=200))
def test_no_bytes_make_the_decoder_stumble(body: bytes) -> None:
    request = unsigned(b"hello", body, trailer="")
    with pytest.raises(ServiceError):
        open_checked(request)


def test_asymmetric_chunk_signatures_are_verified() -> None:
    """Chunks signed with version 4A carry signatures padded with ``*`` to 144 characters."""
    private = ec.derive_private_key(private_scalar(KEYS.access_key, SECRET), ec.SECP256R1())
    key = public_key(KEYS.access_key, SECRET)
    scope, instant = "20260101/s3/aws4_request", "20260101T000000Z"
    body = framed(
        b"y" * 10_000,
        8192,
        sign=lambda text: private.sign(text.encode(), ec.ECDSA(SHA256())).hex(),
        seed="3045",
        instant=instant,
        scope=scope,
        algorithm="AWS4-ECDSA-P256-SHA256",
        pad=144,
    )
    signing = ChunkSigning(
        "AWS4-ECDSA-P256-SHA256", "3045", instant, scope, lambda text, signature: is_signed(key, text, signature)
    )
    payload = Payload("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", True, signing)
    request = Request("PUT", "/", "", {"x-amz-decoded-content-length": "10000"}, body)
    open_body(request, payload)
    assert request.body == b"y" * 10_000
    request = Request("PUT", "/", "", {"x-amz-decoded-content-length": "10000"}, body.replace(b"yy", b"yz", 1))
    with pytest.raises(ServiceError) as error:
        open_body(request, payload)
    assert error.value.code == "SignatureDoesNotMatch"


def test_a_streamed_body_is_held_to_its_declared_hash() -> None:
    good = Request("PUT", "/", "", {}, stream=Arriving(b"hello" * 5000))
    open_body(good, Payload(sha256(b"hello" * 5000).hexdigest()))
    assert read_all(good) == b"hello" * 5000
    bad = Request("PUT", "/", "", {}, stream=Arriving(b"hullo" * 5000))
    open_body(bad, Payload(sha256(b"hello" * 5000).hexdigest()))
    with pytest.raises(ServiceError) as error:
        read_all(bad)
    assert error.value.code == "XAmzContentSHA256Mismatch"
