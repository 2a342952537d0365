"""Transactions kept in flight, and what meets their items meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from skyglobe.kernel.store import Conflict
from tests.services.dynamodb.conftest import wire

ONGOING = "Transaction is ongoing for the item"


@pytest.fixture
def pool():
    with ThreadPoolExecutor(max_workers=4) as made:
        yield made


def wait_until_flying(cloud):
    pause = threading.Event()

    async def look():
        return cloud.kernel.signals.is_awaited(("dynamodb.flight",))

    while not cloud.run(look()):
        pause.wait(0.001)


def additions(table, *keys, **more):
    added = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": wire({":n": 1}), **more}
    return [{"Update": {"TableName": table.name, "Key": wire({"pk": key}), **added}} for key in keys]


def reasons(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    assert response["Error"]["Code"] == "TransactionCanceledException"
    return [(reason["Code"], reason.get("Message")) for reason in response["CancellationReasons"]]


@pytest.fixture
def flying(cloud, table, pool):
    """A transaction of items a and b, five hundred seconds long."""
    for key in "abc":
        table.put({"pk": key, "n": 0})
    cloud.shake("dynamodb", "transactions", 500)
    given = {"TransactItems": additions(table, "a", "b"), "ClientRequestToken": "token"}
    made = pool.submit(table.client.transact_write_items, **given)
    wait_until_flying(cloud)
    cloud.shake("dynamodb", "transactions", 0)
    return made


def test_writes_that_meet_a_transaction_in_flight_conflict(cloud, table, flying, refused):
    conflict = ("TransactionConflictException", 400, ONGOING)
    assert refused(table.put, {"pk": "a"}) == conflict
    assert refused(table.delete, {"pk": "b"}) == conflict
    assert refused(table.update, {"pk": "a"}, "SET n = :n", {":n": 5}) == conflict
    statement = f"DELETE FROM \"{table.name}\" WHERE pk = 'a'"
    assert refused(table.client.execute_statement, Statement=statement) == conflict
    (told,) = table.client.batch_execute_statement(Statements=[{"Statement": statement}])["Responses"]
    assert told["Error"]["Code"] == "TransactionConflict"
    puts = [{"PutRequest": {"Item": wire({"pk": key})}} for key in "az"]
    left = table.client.batch_write_item(RequestItems={table.name: puts})["UnprocessedItems"]
    assert left == {table.name: puts[:1]}
    table.put({"pk": "c", "n": 7})
    assert table.get({"pk": "a"}, ConsistentRead=True) == {"pk": "a", "n": 0}  # as it was before the transaction
    cloud.turn(501)
    flying.result()
    assert (table.get({"pk": "a"}), table.get({"pk": "b"})) == ({"pk": "a", "n": 1}, {"pk": "b", "n": 1})
    table.delete({"pk": "a"})


def test_transactions_that_meet_one_in_flight_are_cancelled(cloud, table, flying):
    client = table.client
    none, conflict = ("None", None), ("TransactionConflict", ONGOING)
    assert reasons(client.transact_write_items, TransactItems=additions(table, "c", "b")) == [none, conflict]
    gets = [{"Get": {"TableName": table.name, "Key": wire({"pk": key})}} for key in "ac"]
    assert reasons(client.transact_get_items, TransactItems=gets) == [conflict, none]
    for statement in ("SELECT * FROM \"{}\" WHERE pk = 'b'", "UPDATE \"{}\" SET n = 3 WHERE pk = 'b'"):
        given = [{"Statement": statement.format(table.name)}]
        assert reasons(client.execute_transaction, TransactStatements=given) == [conflict]
    cloud.turn(501)
    flying.result()
    assert table.get({"pk": "c"})["n"] == 0
    client.transact_write_items(TransactItems=additions(table, "c", "b"))
    assert table.get({"pk": "b"})["n"] == 2


def test_a_token_in_flight_is_in_progress_and_then_known(cloud, table, flying, refused):
    given = {"TransactItems": additions(table, "a", "b"), "ClientRequestToken": "token"}
    impatient = cloud.client("dynamodb", config=ClientConfig(retries={"total_max_attempts": 1}))
    code, status, _ = refused(impatient.transact_write_items, **given)
    assert (code, status) == ("TransactionInProgressException", 400)
    cloud.turn(501)
    flying.result()
    table.client.transact_write_items(**given)
    assert table.get({"pk": "a"})["n"] == 1


def test_a_transaction_whose_conditions_fail_never_flies(cloud, table, pool):
    cloud.shake("dynamodb", "transactions", 500)
    failing = additions(table, "a", ConditionExpression="attribute_exists(pk)")
    assert reasons(table.client.transact_write_items, TransactItems=failing)[0][0] == "ConditionalCheckFailed"
    table.put({"pk": "a"})
    given = [{"Statement": f"INSERT INTO \"{table.name}\" VALUE {{'pk': '{key}'}}"} for key in "xy"]
    there = [{"Statement": f"INSERT INTO \"{table.name}\" VALUE {{'pk': 'a'}}"}]
    assert reasons(table.client.execute_transaction, TransactStatements=there)[0][0] == "DuplicateItem"
    made = pool.submit(table.client.execute_transaction, TransactStatements=given)
    wait_until_flying(cloud)
    assert table.get({"pk": "x"}) is None
    cloud.turn(501)
    made.result()
    assert {item["pk"] for item in table.items()} == {"a", "x", "y"}


def test_a_write_that_loses_every_race_for_the_store_conflicts(cloud, table, refused, monkeypatch):
    class Outrun:
        """The store, where somebody else is always first."""

        def __getattr__(self, name):
            return getattr(store, name)

        def commit(self):
            raise Conflict("somebody else was first")

    put, transact = table.put, table.client.transact_write_items
    store = cloud.kernel.turns.store
    monkeypatch.setattr(cloud.kernel.turns, "store", Outrun())
    assert refused(put, {"pk": "a"}) == ("TransactionConflictException", 400, ONGOING)
    assert reasons(transact, TransactItems=additions(table, "a", "b")) == [("TransactionConflict", ONGOING)] * 2
    monkeypatch.undo()
    assert table.items() == []
