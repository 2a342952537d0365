"""What every IAM story needs: a client, and a way to see how a call was refused."""

import pytest


@pytest.fixture
def iam(aws):
    return aws.client("iam")
