"""What requests to tables count for CloudWatch. Developer guide, "DynamoDB metrics and dimensions".

Latencies are what the machine took. Units are counted where they are consumed: ``throughput``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.metrics import count
from skyglobe.kernel.wire import Response
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.throughput import NAMESPACE

_THROTTLED = frozenset({"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"})
_CONDITION = "ConditionalCheckFailedException"
_CONFLICTS = frozenset({"TransactionCanceledException", "TransactionConflictException"})


def count_returned(found: Found, operation: str, items: int) -> None:
    """Count the items a query or scan returned."""
    dimensions = (("Operation", operation), ("TableName", found.table.id))
    count(found.scope, NAMESPACE, "ReturnedItemCount", dimensions, float(items))


def measured(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Have an operation's latency, or what it fails with, counted once it is answered."""

    @wraps(operation)
    def perform(call: Call, request: dict[str, Any]) -> Any:
        call.request.when_answered = _Measuring(call, request)
        return operation(call, request)

    return perform


class _Measuring:
    """One request, from its parameters to its answer."""

    __slots__ = ("_account", "_add", "_name", "_now", "_region", "_request", "_started")

    def __init__(self, call: Call, request: dict[str, Any]) -> None:
        self._add = call.kernel.metrics.add
        self._account, self._region, self._now = call.account, call.region, call.now
        self._name = call.operation.name
        self._request = request
        self._started = perf_counter()

    def __call__(self, response: Response, code: str) -> None:
        if response.status < 400:
            took = round((perf_counter() - self._started) * 1000, 3)
            for table in self._tables():
                dimensions = (("Operation", self._name), ("TableName", table))
                self._count("SuccessfulRequestLatency", dimensions, took)
            return
        self._failed(response.status, code)

    def _failed(self, status: int, code: str) -> None:
        if code == _CONDITION:
            for table in self._tables():
                self._count("ConditionalCheckFailedRequests", (("TableName", table),))
            return
        if code in _THROTTLED:
            name = "ThrottledRequests"
        elif code in _CONFLICTS:
            name = "TransactionConflict"
        elif status >= 500:
            name = "SystemErrors"
        else:
            self._count("UserErrors", ())
            return
        for table in self._tables():
            dimensions = (("TableName", table),)
            self._count(name, dimensions if name == "TransactionConflict" else (("Operation", self._name), *dimensions))

    def _count(self, name: str, dimensions: tuple[tuple[str, str], ...], value: float = 1.0) -> None:
        self._add(self._account, self._region, self._now, NAMESPACE, name, dimensions, value)

    def _tables(self) -> set[str]:
        request = self._request
        if "TableName" in request:
            return {_name_of(request["TableName"])}
        if "RequestItems" in request:
            return set(map(_name_of, request["RequestItems"]))
        parts = (part for given in request.get("TransactItems", ()) for part in given.values() if part)
        return {_name_of(part["TableName"]) for part in parts}


def _name_of(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]
