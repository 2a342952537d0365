"""How a call is refused: first whoever it is not, then by each protocol in its own words."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from typing import Any

import pytest
from botocore import auth
from botocore.config import Config
from botocore.exceptions import ClientError

from skyglobe.kernel.service import Service
from skyglobe.testing import TestCloud

A = "111111111111"
ONCE = Config(retries={"total_max_attempts": 1})


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, int]:
    """Return code and status of the error that a call meets."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def key(cloud: TestCloud) -> dict[str, Any]:
    """The access key of a user who may do nothing."""
    iam = cloud.session(account=A).client("iam")
    iam.create_user(UserName="ann")
    made: dict[str, Any] = iam.create_access_key(UserName="ann")["AccessKey"]
    return made


@pytest.fixture
def ec2(cloud: TestCloud) -> None:
    """A cloud whose EC2 can be asked for regions, and no more."""
    service = Service("ec2")

    @service.operation(unused=("RegionNames", "DryRun", "Filters", "AllRegions"))
    def describe_regions(call: Any) -> dict[str, Any]:
        return {"Regions": []}

    cloud.kernel.services.add(service)


@pytest.mark.spec("PEV-100")
@pytest.mark.parametrize(
    ("service", "operation", "params", "error"),
    [
        ("ec2", "describe_regions", {}, ("UnauthorizedOperation", 403)),
        ("s3", "list_buckets", {}, ("AccessDenied", 403)),
        ("iam", "list_users", {}, ("AccessDenied", 403)),
        ("sts", "get_federation_token", {"Name": "bob"}, ("AccessDenied", 403)),
        ("sqs", "list_queues", {}, ("AccessDenied", 403)),
        ("kinesis", "list_streams", {}, ("AccessDeniedException", 400)),
        ("firehose", "list_delivery_streams", {}, ("AccessDeniedException", 400)),
        ("organizations", "list_roots", {}, ("AccessDeniedException", 400)),
        ("ram", "get_resource_shares", {"resourceOwner": "SELF"}, ("AccessDeniedException", 403)),
        ("accessanalyzer", "list_analyzers", {}, ("AccessDeniedException", 403)),
    ],
)
def test_each_protocol_denies_with_its_own_code(
    cloud: TestCloud, key: Any, ec2: None, service: str, operation: str, params: Any, error: tuple[str, int]
) -> None:
    client = cloud.session_with(key).client(service, config=ONCE)
    assert refused(getattr(client, operation), **params) == error


@pytest.mark.spec("PEV-100")
def test_sns_denies_as_other_query_services_do_but_names_its_error_otherwise(cloud: TestCloud, key: Any) -> None:
    assert refused(cloud.session_with(key).client("sns").list_topics) == ("AuthorizationError", 403)


@pytest.mark.spec("PEV-001")
def test_a_wrong_secret_is_told_before_any_policy_is_read(cloud: TestCloud, key: Any) -> None:
    wrong = cloud.session_with({**key, "SecretAccessKey": "x" * 40})
    right = cloud.session_with(key)
    assert refused(right.client("s3").list_buckets) == ("AccessDenied", 403)
    assert refused(wrong.client("s3").list_buckets) == ("SignatureDoesNotMatch", 403)
    assert refused(wrong.client("iam").list_users) == ("SignatureDoesNotMatch", 403)
    assert refused(wrong.client("kinesis").list_streams) == ("InvalidSignatureException", 400)


@pytest.mark.spec("PEV-001")
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_clock_that_is_off_is_told_before_any_policy_is_read(
    cloud: TestCloud, key: Any, monkeypatch: pytest.MonkeyPatch, sign: int
) -> None:
    off = dt.timedelta()
    for signer in (auth, sys.modules.get("botocore.crt.auth")):  # the second one signs where awscrt is installed
        if signer is not None:
            real = signer.get_current_datetime
            monkeypatch.setattr(signer, "get_current_datetime", lambda *a, now=real, **k: now(*a, **k) + sign * off)
    session = cloud.session_with(key)
    s3, iam, kinesis = (session.client(name, config=ONCE) for name in ("s3", "iam", "kinesis"))
    off = dt.timedelta(minutes=6)
    assert refused(s3.list_buckets) == ("AccessDenied", 403)
    assert refused(iam.list_users) == ("SignatureDoesNotMatch", 403)
    assert refused(kinesis.list_streams) == ("InvalidSignatureException", 400)
    off = dt.timedelta(minutes=16)
    assert refused(s3.list_buckets) == ("RequestTimeTooSkewed", 403)
