"""Amazon CloudWatch: metrics and metric math, alarms, composite alarms, dashboards.

Metrics live in the kernel (``kernel.metric_points``), where services count what they do; here they are put, read and
watched. ``docs/services/cloudwatch.md`` tells what is real, what is recorded only and what is refused.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.service import Service
from skyglobe.models import OperationModel
from skyglobe.models.validation import describe


def _invalid(model: OperationModel, violations: list[Any]) -> ServiceError:
    """Return what CloudWatch calls a broken constraint: alarms' operations otherwise than those about metrics."""
    errors = model.raw.get("errors", ())
    if not any(error["shape"] == "InvalidParameterValueException" for error in errors):
        return cloudwatch.error("ValidationError", describe(violations))
    for violation in violations:
        if violation.kind == "required":
            path = ".".join(
                part[:1].upper() + part[1:] if part != "member" else part for part in violation.path.split(".")
            )
            return cloudwatch.errors.MissingRequiredParameterException(f"The parameter {path} is required.")
    return cloudwatch.errors.InvalidParameterValueException(describe(violations))


cloudwatch = Service(
    "cloudwatch",
    parts=(
        "operations.alarm_contributors",
        "operations.alarm_mute_rules",
        "operations.alarm_states",
        "operations.alarms",
        "operations.anomaly_detectors",
        "operations.composite_alarms",
        "operations.dashboards",
        "operations.describing",
        "operations.insight_reports",
        "operations.insight_rules",
        "operations.managed_insight_rules",
        "operations.metric_data",
        "operations.metric_streams",
        "operations.metrics",
        "operations.o_tel_enrichments",
        "operations.statistics",
        "operations.tags",
        "acting",
        "composing",
        "evaluating",
        "streaming",
        "watching",
        "needs",
    ),
    invalid=_invalid,
)
