"""What the stories of several services share."""

import pytest
from botocore.exceptions import ClientError


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
