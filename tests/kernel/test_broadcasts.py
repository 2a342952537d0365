"""Broadcasts reach those who listen at the moment, and nobody else."""

from skyglobe.kernel.broadcasts import Broadcasts


def test_whoever_listens_is_told_in_order():
    broadcasts = Broadcasts()
    broadcasts.tell(("a",), "nobody hears this")
    with broadcasts.listen([("a",), ("b",)], 10) as both, broadcasts.listen([("b",)], 10) as one:
        broadcasts.tell(("a",), 1)
        broadcasts.tell(("b",), 2)
        assert both.take() == [1, 2]
        assert one.take() == [2]
        assert both.take() == []
    assert not broadcasts.is_heard(("a",))
    assert not broadcasts.is_heard(("b",))


def test_an_inbox_forgets_the_oldest_and_says_so():
    broadcasts = Broadcasts()
    with broadcasts.listen([("a",)], 2) as inbox:
        for number in range(5):
            broadcasts.tell(("a",), number)
        assert inbox.missed == 3
        assert inbox.take() == [3, 4]
        assert inbox.missed == 0


def test_who_listens_once_keeps_a_topic_heard():
    broadcasts = Broadcasts()
    with broadcasts.listen([("a",)], 1):
        with broadcasts.listen([("a",)], 1):
            assert broadcasts.listeners(("a",)) == 2
        assert broadcasts.is_heard(("a",))
        assert broadcasts.listeners(("a",)) == 1
