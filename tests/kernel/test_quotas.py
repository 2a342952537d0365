"""Buckets that refill by the clock."""

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.quotas import Quotas


class Standing:
    def __init__(self):
        self.at = 1_000_000
        self.quotas = Quotas(Clock(wall=lambda: self.at), enforced=True)


def test_what_was_spent_beyond_the_bucket_is_paid_off_before_anything_is_given():
    standing = Standing()
    standing.quotas.spend("reads", rate=2, amount=12)
    standing.at += 4_999
    assert not standing.quotas.take("reads", rate=2, amount=0)
    standing.at += 1
    assert standing.quotas.take("reads", rate=2, amount=0)
    assert not standing.quotas.take("reads", rate=2, amount=1)


def test_nothing_is_spent_where_quotas_are_not_enforced():
    quotas = Quotas(Clock(wall=lambda: 0), enforced=False)
    quotas.spend("reads", rate=2, amount=12)
    assert quotas.take("reads", rate=2, amount=1)
