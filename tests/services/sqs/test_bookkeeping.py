"""Whatever happens to a queue, its counters say what is in it, and FIFO groups keep their order."""

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyglobe.services.sqs.records import (
    bodies,
    delayeds,
    flights,
    groups,
    pointers,
    queues,
    readies,
    tallies,
    waitings,
)
from tests.services.within import ClientWithin

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from([None, "a", "b", "c"]), st.sampled_from([0, 0, 0, 5])),
        st.tuples(st.just("receive"), st.sampled_from([1, 2, 10]), st.sampled_from([0, 5, 30])),
        st.tuples(st.just("delete"), st.integers(0, 2)),
        st.tuples(st.just("change"), st.integers(0, 2), st.sampled_from([0, 3, 60])),
        st.tuples(st.just("turn"), st.sampled_from([1, 6, 31, 70])),
        st.tuples(st.just("purge")),
    ),
    min_size=5,
    max_size=60,
)


class Story:
    """One queue, the messages in hand, and what each group has delivered for good."""

    def __init__(self, cloud, queue, is_fifo):
        self.cloud = cloud
        self.queue = queue
        self.is_fifo = is_fifo
        self.held = []
        self.sent = 0
        self.done = {}

    def step(self, kind, *details):
        getattr(self, kind)(*details)
        self.check()

    def send(self, group, delay):
        self.sent += 1
        members = {"MessageGroupId": group} if group else {}
        if self.is_fifo:
            members = {"MessageGroupId": group or "a", "MessageDeduplicationId": str(self.sent)}
        elif delay:
            members["DelaySeconds"] = delay
        self.queue.send(f"{self.sent:05}", **members)

    def receive(self, count, timeout):
        names = ["MessageGroupId"]
        messages = self.queue.receive(
            MaxNumberOfMessages=count, VisibilityTimeout=timeout, MessageSystemAttributeNames=names
        )
        self.held = (messages + self.held)[:20]

    def delete(self, place):
        if place < len(self.held):
            message = self.held.pop(place)
            error = self.attempt(self.queue.delete, message)
            assert not error or (self.is_fifo and error["Message"].endswith("expired."))

    def change(self, place, timeout):
        if place < len(self.held):
            error = self.attempt(self.queue.change, self.held[place], timeout)
            assert error.get("Code", "InvalidParameterValue") in ("MessageNotInflight", "InvalidParameterValue")

    def attempt(self, call, *details):
        """Return the error of a call, if there is one."""
        try:
            call(*details)
        except ClientError as error:
            return error.response["Error"]
        return {}

    def turn(self, seconds):
        self.cloud.turn(seconds)

    def purge(self):
        self.cloud.turn(61)
        self.queue.client.purge_queue(QueueUrl=self.queue.url)

    def check(self):
        """Count everything and compare."""
        self.cloud.run(self.cloud.kernel.transact(self._check, "000000000000", "us-east-1"))

    def _check(self, scope):
        lot = queues.find(scope, self.queue.url.rpartition("/")[2]).lot
        tally = tallies.find(scope, lot)
        here = {
            table: list(table.scan(scope, lot)) for table in (readies, waitings, delayeds, flights, pointers, bodies)
        }
        if tally is None:
            assert not any(here.values())
            return
        assert tally.ready == len(here[readies])
        assert tally.waiting == len(here[waitings])
        assert tally.delayed == len(here[delayeds])
        assert tally.in_flight == len(here[flights])
        placed = [entry.order for table in (readies, waitings, delayeds, flights) for entry in here[table]]
        assert len(placed) == len(set(placed))
        assert {body.order for body in here[bodies]} <= set(placed)
        assert {(pointer.order, pointer.until) for pointer in here[pointers]} == {
            (flight.order, flight.until) for flight in here[flights] if flight.is_moved
        }
        if here[flights]:
            assert tally.flight_due <= min(flight.until for flight in here[flights])
        for name in {entry.group for entry in here[waitings]} | {flight.group for flight in here[flights]} - {None}:
            group = groups.find(scope, lot, name)
            orders = [entry.order for entry in here[waitings] if entry.group == name]
            assert group.head == min(orders, default=None)
            assert group.in_flight == sum(flight.group == name for flight in here[flights])
            if self.is_fifo and group.rank is not None:
                assert group.in_flight == 0
        known = {group.name for group in groups.scan(scope, lot)}
        assert known == {entry.group for entry in here[waitings] + here[flights] if getattr(entry, "group", None)}


@pytest.mark.parametrize("is_fifo", [False, True])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_counters_and_groups_agree_with_the_messages(cloud, make_queue, is_fifo, steps):
    attributes = {"MessageRetentionPeriod": "120", **({"FifoQueue": "true"} if is_fifo else {})}
    story = Story(cloud, make_queue(client=ClientWithin(cloud, "sqs"), **attributes), is_fifo)
    for step in [("send", "a", 0)] * 4 + steps:
        story.step(*step)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sends=st.lists(st.sampled_from("abc"), min_size=1, max_size=40),
    takes=st.lists(st.tuples(st.integers(1, 10), st.booleans()), max_size=15),
)
def test_each_group_is_processed_in_order_whatever_consumers_do(cloud, make_queue, sends, takes):
    client = ClientWithin(cloud, "sqs")
    fifo = make_queue(client=client, FifoQueue="true", ContentBasedDeduplication="true")
    for place, group in enumerate(sends):
        fifo.send(f"{group}{place:03}", MessageGroupId=group)
    done = []
    for count, succeeds in takes:
        for message in fifo.receive(MaxNumberOfMessages=count):
            if not succeeds:
                break  # the consumer crashed; the rest of its messages come back as well
            fifo.delete(message)
            done.append(message["Body"])
        cloud.turn(31)
    done += fifo.drain()
    for group in "abc":
        assert [body for body in done if body[0] == group] == [
            f"{group}{place:03}" for place, sent in enumerate(sends) if sent == group
        ]
