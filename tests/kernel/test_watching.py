"""Watchers are told once for all that is new since they looked."""

from skyglobe.kernel.outbox import letters
from skyglobe.kernel.watching import touch, unwatch, watch

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


def told(cloud, *works):
    """Do works, each in a transaction that is taken back, and count the letters they post."""

    def work(scope):
        for one in works:
            one(scope)
        count = sum(1 for letter in letters.scan(scope) if letter.service == "nobody")
        raise _Count(count)

    try:
        cloud.run(cloud.kernel.transact(work, "000000000000", "us-east-1"))
    except _Count as count:
        return count.args[0]


class _Count(Exception):
    pass


def seen(scope):
    watch(scope, ARN, "nobody", "kind", "key")


def changed(scope):
    touch(scope, ARN)


def test_a_watcher_is_told_once_until_it_looks(cloud):
    assert told(cloud, changed) == 0
    assert told(cloud, seen, changed, changed) == 1
    assert told(cloud, seen, changed, seen, changed) == 2


def test_who_watches_no_more_is_not_told(cloud):
    assert told(cloud, seen, lambda scope: unwatch(scope, ARN, "nobody", "kind", "key"), changed) == 0
