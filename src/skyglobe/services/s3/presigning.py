"""Presigned URLs that S3 hands to functions, signed as AWS's own SDK does."""

from __future__ import annotations


def presigned(
    url: str, access_key_id: str, secret: str, token: str | None, region: str, good_for: int, method: str = "GET"
) -> str:
    """Return ``url`` signed with an access key, good for ``good_for`` seconds."""
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest(method=method, url=url)
    S3SigV4QueryAuth(Credentials(access_key_id, secret, token), "s3", region, expires=good_for).add_auth(request)
    return str(request.url)
