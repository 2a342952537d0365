"""What the stories of S3 share: a client, a bucket, a listening server, and a way to look at errors."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from skyglobe.testing import TestCloud
from tests.services.within import ClientWithin

MIB = 1024 * 1024
NAME = "orchard"


@pytest.fixture
def s3(aws: Any) -> Any:
    """A client in us-east-1 that takes the first answer: boto3 would send again what arrived damaged (BadDigest)."""
    return aws.client("s3", config=ClientConfig(retries={"total_max_attempts": 1}))


@pytest.fixture
def bucket(s3: Any) -> str:
    """A bucket in us-east-1."""
    s3.create_bucket(Bucket=NAME)
    return NAME


@pytest.fixture
def refused() -> Callable[..., Any]:
    """Return a context manager that expects an error of a code and status, and yields the whole answer."""

    @contextlib.contextmanager
    def expecting(code: str, status: int = 400) -> Iterator[dict[str, Any]]:
        answer: dict[str, Any] = {}
        with pytest.raises(ClientError) as caught:
            yield answer
        answer.update(caught.value.response)
        assert answer["Error"]["Code"] == code, answer
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, answer

    return expecting


@pytest.fixture
def server(cloud: TestCloud) -> str:
    """The cloud behind a socket: its URL."""
    return cloud.listen()


@pytest.fixture
def blobs(cloud: TestCloud) -> Callable[[], list[str]]:
    """Return a function that lists the files of bytes, after all that the last answer brought about."""

    async def names() -> list[str]:
        return list(cloud.kernel.blobs.names())

    return lambda: cloud.run(names())


@pytest.fixture
def upload(s3: Any, bucket: str) -> Callable[..., dict[str, Any]]:
    """Return a function that uploads bodies as parts and completes them; further arguments begin the upload."""

    def whole(key: str, *bodies: bytes, **options: Any) -> dict[str, Any]:
        begun = s3.create_multipart_upload(Bucket=bucket, Key=key, **options)
        named = {"Bucket": bucket, "Key": key, "UploadId": begun["UploadId"]}
        algorithm = options.get("ChecksumAlgorithm")
        extra = {"ChecksumAlgorithm": algorithm} if algorithm else {}
        listed = []
        for number, body in enumerate(bodies, 1):
            part = s3.upload_part(**named, PartNumber=number, Body=body, **extra)
            entry = {"PartNumber": number, "ETag": part["ETag"]}
            if algorithm:
                entry[f"Checksum{algorithm}"] = part[f"Checksum{algorithm}"]
            listed.append(entry)
        answer: dict[str, Any] = s3.complete_multipart_upload(**named, MultipartUpload={"Parts": listed})
        return {**answer, "UploadId": begun["UploadId"], "Listed": listed}

    return whole


OWNER, STRANGER = "111111111111", "222222222222"


def statement(action: str | list[str], resource: str | list[str], principal: Any = "*", **more: Any) -> dict[str, Any]:
    """Return a statement of a bucket policy that allows, unless told otherwise."""
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def owner(cloud: TestCloud) -> Any:
    """A session of the root of the account that owns ``yard``; asked again for a client, it returns the same one."""
    session = cloud.session(account=OWNER)
    session.client = cache(session.client)
    return session


@pytest.fixture
def yard(owner: Any) -> str:
    """A bucket of ``owner`` with an object ``a`` in it."""
    s3 = owner.client("s3")
    s3.create_bucket(Bucket="yard")
    s3.put_object(Bucket="yard", Key="a", Body=b"apple", Tagging="state=ripe")
    return "yard"


@pytest.fixture
def open_yard(owner: Any, yard: str) -> str:
    """``yard`` without its public access block, and taking access control lists."""
    s3 = owner.client("s3")
    s3.delete_public_access_block(Bucket=yard)
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=yard, OwnershipControls=rules)
    return yard


@pytest.fixture
def policy(owner: Any, yard: str) -> Callable[..., None]:
    """Return a function that gives ``yard`` a policy of some statements."""
    return lambda *statements: owner.client("s3").put_bucket_policy(Bucket=yard, Policy=document(*statements))


@pytest.fixture
def user(cloud: TestCloud) -> Callable[..., Any]:
    """Return a function that makes a user with allowing statements (action, resource), and returns its S3 client."""

    def make(name: str, *allowed: tuple[Any, Any], account: str = OWNER, **options: Any) -> Any:
        iam = ClientWithin(cloud, "iam", account)
        iam.create_user(UserName=name)
        if allowed:
            statements = [{"Effect": "Allow", "Action": action, "Resource": on} for action, on in allowed]
            text = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return cloud.session_with(key).client("s3", config=ClientConfig(retries={"total_max_attempts": 1}, **options))

    return make


@pytest.fixture
def anonymous(cloud: TestCloud) -> Any:
    """A client that signs nothing."""
    return cloud.session().client("s3", config=ClientConfig(signature_version=UNSIGNED))
