"""Sessions that sign with keys the cloud issued."""

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

UNCHECKED = Config(parameter_validation=False)
"""Lets a client send what botocore would refuse by itself."""


def session_of(cloud, key, region="us-east-1"):
    """Return a boto3 session with an access key, or with temporary credentials."""
    return cloud.session_with(key, region)


def refusal(call, **params):
    """Call what must be refused; return code, status and message."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


def code(call, **params):
    """Call what must be refused; return the error code."""
    return refusal(call, **params)[0]
