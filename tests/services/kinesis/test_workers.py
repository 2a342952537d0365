"""A consumer application as the client library builds them: workers that lease shards and keep checkpoints."""

import pytest


class Worker:
    """Leases shards in a table that its application's workers share, and works through them."""

    def __init__(self, name, client, stream, leases):
        self.name = name
        self.client = client
        self.stream = stream
        self.leases = leases
        self.seen = []

    def discover(self):
        """Enter shards into the table: children once all their parents are done with."""
        shards = self.client.list_shards(StreamName=self.stream)["Shards"]
        for shard in shards:
            parents = [shard[name] for name in ("ParentShardId", "AdjacentParentShardId") if name in shard]
            if all(self.leases.get(parent, {}).get("checkpoint") == "SHARD_END" for parent in parents):
                self.leases.setdefault(shard["ShardId"], {"owner": None, "checkpoint": "TRIM_HORIZON"})

    def lease(self):
        """Take one free shard."""
        for lease in self.leases.values():
            if lease["owner"] is None and lease["checkpoint"] != "SHARD_END":
                lease["owner"] = self.name
                return

    def work(self, limit=10):
        """Read on where the checkpoints of our leases stand."""
        for shard, lease in self.leases.items():
            if lease["owner"] == self.name and lease["checkpoint"] != "SHARD_END":
                self._read(shard, lease, limit)

    def _read(self, shard, lease, limit):
        position = {"ShardIteratorType": "TRIM_HORIZON"}
        if lease["checkpoint"] != "TRIM_HORIZON":
            position = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": lease["checkpoint"],
            }
        iterator = self.client.get_shard_iterator(StreamName=self.stream, ShardId=shard, **position)["ShardIterator"]
        answer = self.client.get_records(ShardIterator=iterator, Limit=limit)
        for record in answer["Records"]:
            self.seen.append(record["Data"].decode())
            lease["checkpoint"] = record["SequenceNumber"]
        if answer.get("NextShardIterator") is None:
            lease.update(checkpoint="SHARD_END", owner=None)

    def die(self):
        for lease in self.leases.values():
            if lease["owner"] == self.name:
                lease["owner"] = None


@pytest.mark.spec("KDS-022")
def test_workers_lease_shards_and_take_over_from_each_other(cloud, make_stream):
    stream, leases = make_stream(2), {}
    one, two, three = (Worker(name, cloud.client("kinesis"), stream.name, leases) for name in ("one", "two", "three"))
    stream.put_many([(f"a{number}".encode(), str(number)) for number in range(60)])
    for worker in (one, two, three):
        worker.discover()
        worker.lease()
    assert sorted(lease["owner"] for lease in leases.values()) == ["one", "two"]  # no lease is left for the third
    for worker in (one, two):
        worker.work()
    one.die()
    three.lease()
    for _ in range(10):
        two.work()
        three.work()
    seen = one.seen + two.seen + three.seen
    assert one.seen
    assert three.seen
    assert sorted(seen) == sorted(f"a{number}" for number in range(60))  # each once: checkpoints were kept


def test_workers_finish_parents_before_children(cloud, make_stream, kinesis):
    stream, leases = make_stream(1), {}
    worker = Worker("one", kinesis, stream.name, leases)
    order = [f"k{number}" for number in range(30)]
    for place, data in enumerate(order):
        stream.put(data, "same key")
        if place == 9:
            kinesis.split_shard(
                StreamName=stream.name, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
            )
        if place == 19:
            kinesis.merge_shards(
                StreamName=stream.name,
                ShardToMerge="shardId-000000000001",
                AdjacentShardToMerge="shardId-000000000002",
            )
    for _ in range(12):
        worker.discover()
        worker.lease()
        worker.work(limit=7)
    assert worker.seen == order
