"""Token buckets on a clock that is moved by hand."""

from __future__ import annotations

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.quotas import MAX_BUCKETS, Quotas


class Wall:
    at = 1_000_000

    def __call__(self) -> int:
        return self.at


def buckets(*, enforced: bool = True) -> tuple[Quotas, Wall]:
    wall = Wall()
    return Quotas(Clock(wall=wall), enforced=enforced), wall


def taken(quotas: Quotas, times: int, *name: str, rate: float = 2, burst: float | None = None) -> int:
    return sum(quotas.take(*name, rate=rate, burst=burst) for _ in range(times))


def test_nothing_is_refused_unless_quotas_are_enforced() -> None:
    quotas, _ = buckets(enforced=False)
    assert taken(quotas, 1000, "queue") == 1000


def test_a_bucket_holds_its_burst_and_refills_at_its_rate() -> None:
    quotas, wall = buckets()
    assert taken(quotas, 10, "queue", rate=2, burst=5) == 5
    wall.at += 1_500
    assert taken(quotas, 10, "queue", rate=2, burst=5) == 3
    wall.at += 1_000_000
    assert taken(quotas, 10, "queue", rate=2, burst=5) == 5


def test_fractions_of_a_token_add_up() -> None:
    quotas, wall = buckets()
    assert taken(quotas, 3, "queue") == 2
    for _ in range(4):
        wall.at += 125
        quotas.take("queue", rate=2)
    assert taken(quotas, 1, "queue") == 0
    wall.at += 500
    assert taken(quotas, 2, "queue") == 1


def test_buckets_of_other_names_are_other_buckets() -> None:
    quotas, _ = buckets()
    assert taken(quotas, 5, "queue", "a") == taken(quotas, 5, "queue", "b") == 2


def test_what_is_too_much_takes_nothing() -> None:
    quotas, _ = buckets()
    assert not quotas.take("queue", rate=2, amount=3)
    assert quotas.take("queue", rate=2, amount=2)


def test_a_clock_set_back_takes_nothing_away() -> None:
    quotas, wall = buckets()
    assert taken(quotas, 1, "queue", rate=2) == 1
    wall.at -= 1_000_000
    assert taken(quotas, 5, "queue", rate=2) == 1


def test_the_number_of_buckets_is_bounded() -> None:
    quotas, _ = buckets()
    for number in range(MAX_BUCKETS + 10):
        quotas.take(str(number), rate=1)
    assert len(quotas._buckets) == MAX_BUCKETS
    assert quotas.take("0", rate=1)


def test_a_second_has_so_many_and_no_more_however_they_are_spread() -> None:
    quotas, wall = buckets()
    assert sum(quotas.take_in_second("queue", limit=3) for _ in range(5)) == 3
    wall.at += 999
    assert not quotas.take_in_second("queue", limit=3)
    assert quotas.take_in_second("other", limit=3)
    wall.at += 1
    assert quotas.take_in_second("queue", limit=3, amount=2)
    assert not quotas.take_in_second("queue", limit=3, amount=2)
    assert quotas.take_in_second("queue", limit=3)
    wall.at -= 60_000  # a snapshot set the clock back
    assert quotas.take_in_second("queue", limit=3)
