"""An account whose resources are looked at from outside."""

from __future__ import annotations

import pytest

ACCOUNT = "111111111111"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"


@pytest.fixture
def root(cloud):
    return cloud.session(account=ACCOUNT)


@pytest.fixture
def analyzer(root):
    client = root.client("accessanalyzer")
    return client, client.create_analyzer(analyzerName="outside", type="ACCOUNT")["arn"]
