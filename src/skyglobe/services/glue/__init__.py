"""AWS Glue: the Data Catalog.

Databases, tables and their versions, partitions found by expressions, tags, and the catalog's resource policy are real;
connections are kept. Jobs, crawlers, the schema registry and all else of Glue is not built. ``docs/services/glue.md``
has the details.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.service import Service
from skyglobe.models import OperationModel
from skyglobe.models.validation import violation_error


def _invalid(model: OperationModel, violations: list[Any]) -> ServiceError:
    """Return what Glue calls a broken constraint."""
    return glue.errors.InvalidInputException(violation_error(model.service, violations).message)


glue = Service(
    "glue",
    parts=(
        "operations.databases",
        "operations.tables",
        "operations.updating",
        "operations.versions",
        "operations.partitions",
        "operations.partition_batches",
        "operations.partition_indexes",
        "operations.searching",
        "operations.connections",
        "operations.policies",
        "operations.tags",
        "engine",
        "needs",
    ),
    invalid=_invalid,
)
