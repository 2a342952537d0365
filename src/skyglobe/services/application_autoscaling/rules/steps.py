"""Step scaling: how far a metric is beyond the alarm's threshold decides by how much capacity changes.

User guide, "How step scaling for Application Auto Scaling works".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

MAX_STEPS = 20  # of a policy; user guide, "Quotas for Application Auto Scaling"


class Step(NamedTuple):
    """One step: its interval lies relative to the alarm's threshold."""

    lower: float
    upper: float
    adjustment: int

    def covers(self, beyond: float) -> bool:
        """Whether a breach by ``beyond`` belongs to this step. Steps begin where they are nearest to the threshold."""
        if beyond >= 0:
            return self.lower <= beyond < self.upper
        return self.lower < beyond <= self.upper


def plan_steps(given: Sequence[dict[str, Any]]) -> tuple[Step, ...]:
    """Return the steps of a policy in their order. Raises ValueError with what is wrong with them."""
    if not given:
        raise ValueError("At least one StepAdjustment must be specified")
    if len(given) > MAX_STEPS:
        raise ValueError(f"A step scaling policy can have at most {MAX_STEPS} step adjustments")
    steps = sorted(
        Step(
            one.get("MetricIntervalLowerBound", -math.inf),
            one.get("MetricIntervalUpperBound", math.inf),
            one["ScalingAdjustment"],
        )
        for one in given
    )
    if any(not step.lower < step.upper for step in steps):
        raise ValueError("StepAdjustment interval upper bounds must be greater than their lower bounds")
    for before, after in pairwise(steps):
        if before.upper > after.lower:
            raise ValueError("StepAdjustment intervals can't overlap")
        if before.upper < after.lower:
            raise ValueError("StepAdjustment intervals can't have gaps between them")
    if steps[0].lower < 0 and steps[0].lower != -math.inf:
        raise ValueError("There must be a StepAdjustment with an unspecified lower bound when one is negative")
    if steps[-1].upper > 0 and steps[-1].upper != math.inf:
        raise ValueError("There must be a StepAdjustment with an unspecified upper bound when one is positive")
    return tuple(steps)


def stepped(steps: Sequence[Step], kind: str, current: int, beyond: float, *, at_least: int = 0) -> int:
    """Return the capacity that a breach by ``beyond`` leads to, unbounded; the current one where no step covers it.

    ``at_least`` is the policy's MinAdjustmentMagnitude, which counts for changes by percent.
    """
    step = next((step for step in steps if step.covers(beyond)), None)
    if step is None:
        return current
    if kind == "ExactCapacity":
        return step.adjustment
    if kind == "ChangeInCapacity":
        return current + step.adjustment
    return current + _rounded(current * step.adjustment / 100, at_least)


def _rounded(change: float, at_least: int) -> int:
    """Round a change towards zero, but never to it: 0.6 is 1, -0.6 is -1."""
    if change == 0:
        return 0
    whole = max(math.floor(abs(change)), 1, at_least)
    return whole if change > 0 else -whole
