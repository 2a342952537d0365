"""HTTPS and HTTP on one port, with certificates made on the spot."""

import datetime as dt
import socket
import ssl
from io import BytesIO

import boto3
import pytest
import urllib3
from botocore.config import Config
from cryptography import x509

from skyglobe.engines import tls
from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.wire import Response


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def context(folder):
    return tls.local_context(folder, ["cloud.example"])


def secure(wire, folder, name="localhost"):
    trusting = ssl.create_default_context(cafile=tls.authority_path(folder))
    wire.sock = trusting.wrap_socket(wire.sock, server_hostname=name)
    return wire


NAMES_A_CLIENT_USES = [
    "localhost",
    "127.0.0.1",
    "::1",
    "s3.localhost",
    "bucket.s3.localhost",
    "localhost.localstack.cloud",
    "sqs.localhost.localstack.cloud",
    "bucket.s3.localhost.localstack.cloud",
    "cloud.example",
]


@pytest.mark.parametrize("name", NAMES_A_CLIENT_USES)
def test_the_certificate_is_good_for_every_name_the_cloud_goes_by(serving, echo, context, folder, name):
    wire = secure(serving(echo, tls=context).connect(), folder, name)
    assert wire.get("/s").body == b"GET /s"
    assert echo.requests[0].secure


def test_the_certificate_is_not_good_for_other_names(serving, echo, context, folder):
    with pytest.raises(ssl.SSLCertVerificationError):
        secure(serving(echo, tls=context).connect(), folder, "example.com")


def test_the_same_port_speaks_both(serving, echo, context, folder):
    served = serving(echo, tls=context)
    plain, encrypted = served.connect(), secure(served.connect(), folder)
    for _ in range(3):
        assert plain.get("/p").body == b"GET /p"
        assert encrypted.get("/e").body == b"GET /e"
    assert [request.secure for request in echo.requests] == [False, True] * 3


def test_streams_and_files_pass_through_tls(serving, context, folder, tmp_path):
    content = bytes(range(256)) * 20_000
    (tmp_path / "f").write_bytes(content)

    def handler(request, reply):
        reply(Response(200, {}, [FileSlice(str(tmp_path / "f"), 0, len(content))]))

    wire = secure(serving(handler, tls=context).connect(), folder)
    assert wire.get().body == content
    assert wire.get().body == content


def test_an_upload_passes_through_tls(serving, echo, context, folder):
    wire = secure(serving(echo, tls=context).connect(), folder)
    body = bytes(range(256)) * 12_000
    wire.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert wire.answer().body == b"streamed %d" % len(body)
    assert b"".join(echo.pieces) == body


def test_boto3_trusts_the_authority(serving, context, folder, tmp_path):
    def handler(request, reply):
        paths.append((request.method, request.path, request.secure))
        reply(Response(200, {"ETag": '"x"'}, b"content" if request.method == "GET" else b""))

    paths: list[tuple[str, str, bool]] = []
    served = serving(handler, tls=context)
    s3 = boto3.client(
        "s3",
        endpoint_url=f"https://localhost:{served.port}",
        verify=str(tls.authority_path(folder)),
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}),
    )
    s3.put_object(Bucket="b", Key="k", Body=BytesIO(b"content"))
    assert s3.get_object(Bucket="b", Key="k")["Body"].read() == b"content"
    assert paths == [("PUT", "/b/k", True), ("GET", "/b/k", True)]


def test_urllib3_trusts_the_authority_and_keeps_its_connection(serving, echo, context, folder):
    served = serving(echo, tls=context)
    with urllib3.HTTPSConnectionPool("127.0.0.1", served.port, ca_certs=str(tls.authority_path(folder))) as pool:
        assert [pool.request("GET", f"/{i}").data for i in range(5)] == [b"GET /%d" % i for i in range(5)]
        assert pool.num_connections == 1


def test_broken_handshakes_harm_nobody(serving, echo, context, folder):
    served = serving(echo, tls=context)
    for garbage in (b"\x16", b"\x16\x03\x01\x00\x05hello", b"\x16" * 3000):
        wire = served.connect().send(garbage)
        wire.sock.shutdown(socket.SHUT_WR)
        wire.rest()
    assert secure(served.connect(), folder).get().status == 200
    served.until(lambda: len(served.server.connections) == 1)


def test_a_client_that_never_says_a_word_is_closed_when_idle_for_too_long(serving, echo, context):
    served = serving(echo, tls=context, idle_for=50.0)
    wire = served.connect()
    listeners = served.server._listeners
    served.until(lambda: listeners[0].silent == 1)
    now = served.on_loop(served.loop.time)
    served.on_loop(lambda: served.server.sweep(now + 49))
    assert listeners[0].silent == 1
    served.on_loop(lambda: served.server.sweep(now + 51))
    assert wire.closed()


def test_the_certificate_is_kept_until_it_lacks_a_name_or_time(tmp_path, monkeypatch):
    tls.local_context(tmp_path)
    authority, first = tls.authority_path(tmp_path).read_bytes(), (tmp_path / "server.pem").read_bytes()
    tls.local_context(tmp_path)
    assert (tmp_path / "server.pem").read_bytes() == first
    tls.local_context(tmp_path, ["more.example"])
    second = (tmp_path / "server.pem").read_bytes()
    assert second != first
    monkeypatch.setattr(tls, "RENEWED_BEFORE", tls.CERTIFICATE_FOR + dt.timedelta(days=1))
    tls.local_context(tmp_path, ["more.example"])
    assert (tmp_path / "server.pem").read_bytes() not in (first, second)
    assert tls.authority_path(tmp_path).read_bytes() == authority


def test_damaged_files_are_made_anew(tmp_path):
    tls.local_context(tmp_path)
    for name in ("server.pem", "authority.pem", "authority-key.pem"):
        (tmp_path / name).write_bytes(b"damaged")
        tls.local_context(tmp_path)
        authority = x509.load_pem_x509_certificate((tmp_path / "authority.pem").read_bytes())
        x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes()).verify_directly_issued_by(authority)


def test_private_keys_are_the_owners_alone(tmp_path):
    tls.local_context(tmp_path)
    for name in ("server.pem", "authority-key.pem"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_the_certificate_is_made_by_the_first_secure_connection_and_only_once(serving, echo, context, folder):
    made = []

    def make():
        made.append(context)
        return context

    served = serving(echo, tls=make)
    assert served.connect().get("/plain").status == 200
    assert made == []
    for _ in range(2):
        assert secure(served.connect(), folder).get("/secure").status == 200
    assert made == [context]


def test_without_a_certificate_plain_http_goes_on(serving, echo, context, folder):
    def fail():
        raise OSError(28, "No space left on device")

    served = serving(echo, tls=fail)
    for _ in range(2):
        with pytest.raises(OSError, match=r"EOF|reset|closed"):
            secure(served.connect(), folder)
    assert served.connect().get("/plain").status == 200
