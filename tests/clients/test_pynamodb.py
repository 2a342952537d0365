"""PynamoDB: models, conditions, indexes, transactions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.clients.conftest import Server

pytest.importorskip("pynamodb")

from pynamodb.attributes import (
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import PutError, TransactWriteError, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite


class Address(MapAttribute[Any, Any]):
    street = UnicodeAttribute()
    number = NumberAttribute()


@pytest.fixture
def thread(server: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The model of a table of forum threads, made in the running cloud."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    class ByAuthor(GlobalSecondaryIndex[Any]):
        class Meta:
            projection = AllProjection()

        author = UnicodeAttribute(hash_key=True)
        views = NumberAttribute(range_key=True)

    class Thread(Model):
        class Meta:
            table_name = "threads"
            region = "us-east-1"
            host = server.endpoint
            billing_mode = "PAY_PER_REQUEST"

        forum = UnicodeAttribute(hash_key=True)
        subject = UnicodeAttribute(range_key=True)
        author = UnicodeAttribute(null=True)
        views = NumberAttribute(default=0)
        tags = UnicodeSetAttribute(null=True)
        address = Address(null=True)
        notes: Any = ListAttribute(null=True)
        made_at = UTCDateTimeAttribute(null=True)
        by_author = ByAuthor()

    Thread.create_table(wait=True)
    yield Thread
    Thread.delete_table()


def test_a_model_is_kept_queried_and_changed(thread: Any) -> None:
    made_at = datetime(2030, 1, 2, tzinfo=UTC)
    with thread.batch_write() as batch:
        for number in range(60):
            batch.save(thread("python", f"subject {number:02}", author=f"author {number % 3}", views=number))
    one = thread(
        "python", "new", tags={"a", "b"}, address=Address(street="s", number=5), notes=[1, "x"], made_at=made_at
    )
    one.save(thread.forum.does_not_exist())
    with pytest.raises(PutError):
        one.save(thread.forum.does_not_exist())
    found = thread.get("python", "new")
    assert (found.tags, found.address.number, found.notes, found.made_at) == ({"a", "b"}, 5, [1, "x"], made_at)
    found.update(
        actions=[
            thread.views.add(3),
            thread.tags.delete({"a"}),
            thread.notes.set(thread.notes.append(["y"])),
            thread.address.number.set(6),
            thread.made_at.remove(),
        ],
        condition=thread.views == 0,
    )
    assert (found.views, found.tags, found.notes, found.address.number) == (3, {"b"}, [1, "x", "y"], 6)
    with pytest.raises(UpdateError):
        found.update(actions=[thread.views.set(1)], condition=thread.views > 100)
    subjects = [item.subject for item in thread.query("python", thread.subject.startswith("subject 1"))]
    assert subjects == [f"subject {number}" for number in range(10, 20)]
    mine = thread.by_author.query("author 1", thread.views.between(31, 49), thread.tags.does_not_exist(), page_size=3)
    assert [item.views for item in mine] == [31, 34, 37, 40, 43, 46, 49]
    assert thread.count("python") == 61
    assert len(list(thread.scan(thread.author.is_in("author 0", "author 2"), page_size=7))) == 40
    found.delete()
    with pytest.raises(thread.DoesNotExist):
        thread.get("python", "new")


def test_a_transaction_of_models_is_atomic(thread: Any, server: Server) -> None:
    thread("a", "1", views=10).save()
    connection = Connection(region="us-east-1", host=server.endpoint)
    with TransactWrite(connection=connection) as transaction:
        transaction.save(thread("a", "2"))
        transaction.update(thread("a", "1"), actions=[thread.views.add(-4)], condition=thread.views >= 4)
    assert thread.get("a", "1").views == 6
    transaction = TransactWrite(connection=connection)
    transaction.save(thread("a", "3"))
    transaction.update(thread("a", "1"), actions=[thread.views.add(-7)], condition=thread.views >= 7)
    with pytest.raises(TransactWriteError), transaction:
        pass  # it is sent at the end of the block
    assert thread.count("a") == 2
