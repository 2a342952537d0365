"""A client made of botocore's own signers, and the cloud's side of the conversation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from skyglobe.gateway.authenticate import Authenticated, authenticate
from skyglobe.gateway.scope import scope_of
from skyglobe.gateway.signed_service import SignedService
from skyglobe.kernel.principals import Credential
from skyglobe.kernel.wire import Request

ACCOUNT = "111122223333"
KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
BOB = Credential(KEYS.access_key, KEYS.secret_key, None, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/bob", "AIDAEXAMPLE")

SESSION_KEYS = Credentials("ASIAIOSFODNN7EXAMPLE", "9drTJvcXLB89EXAMPLELB8923FB892xMFI", "IQoJb3JpZ2luX2VjEXAMPLE")
HOUR = 3_600_000
DAY = 24 * HOUR

S3 = SignedService("s3", "s3", is_s3=True)
SQS = SignedService("sqs", "json", is_query_compatible=True)
DYNAMODB = SignedService("dynamodb", "json")
IAM = SignedService("iam", "query")
STS = SignedService("sts", "query")
EC2 = SignedService("ec2", "ec2")
LAMBDA = SignedService("lambda", "rest")


def wall_now() -> int:
    return int(time.time() * 1000)


def session(expires_at: int) -> Credential:
    """The temporary credentials behind ``SESSION_KEYS``."""
    return Credential(
        SESSION_KEYS.access_key,
        SESSION_KEYS.secret_key,
        SESSION_KEYS.token,
        ACCOUNT,
        f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci",
        "AROAEXAMPLE:ci",
        expires_at,
    )


@dataclass
class Clock:
    """A cloud clock that is ``ahead`` milliseconds of the machine's since the machine's ``turned_at``."""

    wall: int
    ahead: int = 0
    turned_at: int = 0

    def now(self) -> int:
        return self.at_wall(self.wall)

    def at_wall(self, wall: int) -> int:
        return wall + (self.ahead if wall >= self.turned_at else 0)


def on_the_wire(signed: AWSRequest) -> Request:
    """Turn a signed botocore request into what the transport hands to the gateway."""
    prepared = signed.prepare()
    url = urlsplit(prepared.url)
    headers = {"host": url.netloc.removesuffix(":80"), "user-agent": "Boto3/1.40", "accept-encoding": "identity"}
    for name, value in prepared.headers.items():
        raw = value if isinstance(value, bytes) else value.encode()
        headers[name.lower()] = raw.strip(b" \t").decode("latin-1")
    return Request(prepared.method, url.path or "/", url.query, headers, prepared.body or b"")


def send(
    auth: Any, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"", **context: Any
) -> Request:
    """Sign with one of botocore's signers and return the request as it arrives."""
    request = AWSRequest(method, url, headers=headers or {}, data=body)
    request.context.update(context)
    auth.add_auth(request)
    return on_the_wire(request)


def answer(
    request: Request,
    service: SignedService,
    *credentials: Credential,
    lenient: bool = False,
    wall: int | None = None,
    clock: Clock | None = None,
    **more: Any,
) -> Authenticated:
    """Authenticate as a cloud does that knows Bob and ``credentials``."""
    known = {credential.access_key_id: credential for credential in (BOB, *credentials)}
    wall = wall if wall is not None else wall_now()
    return authenticate(
        request,
        scope_of(request),
        service=service,
        find_credential=known.get,
        now_wall=wall,
        clock=clock or Clock(wall),
        lenient=lenient,
        **more,
    )
