"""Queue URLs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sqs.rules.urls import Place, parse_queue_url, queue_url


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("http://localhost:4566", ""),
        ("https://sqs.eu-west-1.amazonaws.com", "eu-west-1"),
        ("https://sqs.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("https://sqs-fips.us-east-2.amazonaws.com", "us-east-2"),
        ("https://eu-west-1.queue.amazonaws.com", "eu-west-1"),
        ("https://queue.amazonaws.com", ""),
        ("http://sqs.ap-south-1.localhost.localstack.cloud:4566", "ap-south-1"),
        ("http://x.y.z", ""),
        ("http://localhost:4566/queue/eu-central-1", "eu-central-1"),
    ],
)
def test_the_region_is_read_where_a_url_has_one(host, region):
    assert parse_queue_url(f"{host}/123456789012/orders") == Place("123456789012", region, "orders")


@given(st.from_regex(r"\A[A-Za-z0-9_-]{1,75}(\.fifo)?\Z"), st.from_regex(r"\A[0-9]{12}\Z"))
def test_a_written_url_is_read_again(name, account):
    assert parse_queue_url(queue_url("http://localhost:4566", account, name)) == Place(account, "", name)


@given(st.text() | st.from_regex(r"https?://[a-z.]*(:[0-9a-z]*)?/[0-9]{0,11}/[^/]*", fullmatch=True))
def test_anything_else_is_an_invalid_address(text):
    with pytest.raises(ServiceError) as caught:
        parse_queue_url(text)
    assert caught.value.code == "InvalidAddress"
