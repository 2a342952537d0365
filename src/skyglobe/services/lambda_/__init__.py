"""AWS Lambda: functions that really run, in processes of their own.

``docs/services/lambda.md`` says what is real.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.service import Service
from skyglobe.models import OperationModel


def _invalid(model: OperationModel, violations: list[Any]) -> ServiceError:
    from skyglobe.services.lambda_.refusals import invalid_input

    return invalid_input(model, violations)


lambda_ = Service(
    "lambda",
    parts=(
        "operations.functions",
        "operations.updating",
        "operations.versions",
        "operations.aliases",
        "operations.invoking",
        "operations.permissions",
        "operations.layers",
        "operations.layer_permissions",
        "operations.concurrency",
        "operations.event_invoke_configs",
        "operations.urls",
        "operations.code_signing",
        "operations.settings",
        "operations.mappings",
        "operations.tags",
        "operations.durable",
        "packages",
        "states",
        "queueing",
        "serving",
        "destinations",
        "provisioning",
        "durable.running",
        "mapping_states",
        "polling.consuming",
        "needs",
    ),
    invalid=_invalid,
)
