"""What the stories of several services share."""

import pytest
from botocore.exceptions import ClientError

from tests.services.within import calls_within


@pytest.fixture
def refused():
    """Return the error of a call that must be refused: code, status and message."""

    def refuse(call, *args, **kwargs):
        with pytest.raises(ClientError) as caught:
            call(*args, **kwargs)
        response = caught.value.response
        return (
            response["Error"]["Code"],
            response["ResponseMetadata"]["HTTPStatusCode"],
            response["Error"].get("Message", ""),
        )

    return refuse


@pytest.fixture
def many(cloud):
    """Call an operation many times: ``many("iam", "CreateGroup", [{"GroupName": "a"}, …])``. Returns the answers."""
    return calls_within(cloud)
