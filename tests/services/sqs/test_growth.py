"""No operation looks at more because more is there."""

import pytest


class Counting:
    """A store that counts the rows it hands out and takes in."""

    def __init__(self, store):
        self._store = store
        self.rows = 0

    def __getattr__(self, name):
        return getattr(self._store, name)

    def get(self, key):
        self.rows += 1
        return self._store.get(key)

    def scan(self, *args, **kwargs):
        for pair in self._store.scan(*args, **kwargs):
            self.rows += 1
            yield pair

    def write(self, changes):
        self.rows += len(changes)
        self._store.write(changes)


@pytest.fixture
def counting(cloud):
    store = Counting(cloud.kernel.store)

    async def put_in():
        cloud.kernel.store = cloud.kernel.turns.store = store

    cloud.run(put_in())
    return store


def cost(store, call):
    before = store.rows
    result = call()
    return store.rows - before, result


def costs(store, queue, **send):
    """What sending, receiving, deleting and looking touch."""
    sending, _ = cost(store, lambda: queue.send("one more", **send))
    receiving, messages = cost(store, lambda: queue.receive(MaxNumberOfMessages=3))
    deleting, _ = cost(store, lambda: queue.delete(messages[0]))
    looking, _ = cost(store, queue.counts)
    return sending, receiving, deleting, looking


@pytest.mark.parametrize("kind", ["standard", "fair", "fifo"])
def test_a_long_queue_costs_what_a_short_one_costs(counting, make_queue, many, kind):
    def costs_with(size):
        queue = make_queue(**({"FifoQueue": "true"} if kind == "fifo" else {}))
        sent = {"QueueUrl": queue.url, "MessageBody": "x"}
        many("sqs", "SendMessage", [{**sent, **members(kind, place)} for place in range(size)])
        return costs(counting, queue, **members(kind, "last"))

    assert costs_with(1500) == costs_with(20)


def members(kind, place):
    grouped = {} if kind == "standard" else {"MessageGroupId": "g"}
    return {**grouped, "MessageDeduplicationId": f"id-{place}"} if kind == "fifo" else grouped


@pytest.mark.slow
@pytest.mark.spec("SQS-003")
def test_a_million_messages_are_accepted_and_counted(cloud, queue):
    entries = [{"Id": str(place), "MessageBody": "x"} for place in range(10)]

    async def send():
        caller = cloud.kernel.invoke
        from skyglobe.kernel.principals import root_of

        for _ in range(100_000):
            answer = await caller(
                root_of("000000000000"),
                "000000000000",
                "us-east-1",
                "sqs",
                "SendMessageBatch",
                {"QueueUrl": queue.url, "Entries": entries},
            )
            assert len(answer["Successful"]) == 10

    cloud.run(send())
    assert queue.counts() == (1_000_000, 0, 0)
    assert len(queue.receive(MaxNumberOfMessages=10)) == 10
