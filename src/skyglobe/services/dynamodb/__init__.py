"""Amazon DynamoDB: tables, items in AWS's order, expressions, indexes, transactions, streams, TTL and backups.

Items lie in the ordered store as AWS orders them; every expression is parsed once and compiled. What is real, what is
recorded only and what is refused is told in ``docs/services/dynamodb.md``.
"""

from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.service import Service


def _outpaced(operation: str, params: dict[str, Any]) -> ServiceError | None:
    from skyglobe.services.dynamodb.flights import outpaced

    return outpaced(operation, params)


dynamodb = Service(
    "dynamodb",
    outpaced=_outpaced,
    parts=(
        "operations.tables",
        "operations.tags",
        "operations.items",
        "operations.queries",
        "operations.batches",
        "operations.transactions",
        "operations.updating",
        "operations.account",
        "operations.policies",
        "operations.ttl",
        "operations.backups",
        "operations.recovery",
        "operations.statements",
        "operations.exports",
        "operations.imports",
        "operations.destinations",
        "operations.global_tables",
        "operations.insights",
        "operations.replica_scaling",
        "publishing",
        "replicating",
        "engine",
        "measuring",
        "needs",
    ),
)
