"""Amazon CloudWatch Logs: groups, streams and events; searching, tailing, metric filters and subscriptions.

Storing, expiring, searching, masking and delivering events is real. Logs Insights, vended log deliveries, transformers,
indexes and anomaly detectors are not built. ``docs/services/logs.md`` has the details.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.service import Service
from skyglobe.models import OperationModel
from skyglobe.models.validation import violation_error


def _invalid(model: OperationModel, violations: list[Any]) -> ServiceError:
    """Return what CloudWatch Logs calls a broken constraint."""
    return logs.errors.InvalidParameterException(violation_error(model.service, violations).message)


logs = Service(
    "logs",
    parts=(
        "operations.groups",
        "operations.keys",
        "operations.streams",
        "operations.putting",
        "operations.reading",
        "operations.retention",
        "operations.metric_filters",
        "operations.subscriptions",
        "operations.destinations",
        "operations.resource_policies",
        "operations.account_policies",
        "operations.protection",
        "operations.tags",
        "operations.tailing",
        "operations.exports",
        "delivering",
        "measuring",
        "exporting",
        "engine",
        "needs",
    ),
    invalid=_invalid,
)
