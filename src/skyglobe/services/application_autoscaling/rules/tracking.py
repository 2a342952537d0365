"""Target tracking: how much capacity brings a metric back to its target, and when a change has to wait.

User guide, "How target tracking scaling for Application Auto Scaling works".
"""

from __future__ import annotations

import math
from typing import NamedTuple

_TOLERANCE = 1e-9  # what dividing may add: 70.00000000001 % of a unit is no reason for another one


class Wait(NamedTuple):
    """What a policy did last, as cool-downs count it. Instants in milliseconds; 0 for never."""

    scaled_out_at: int = 0
    added: int = 0
    """Capacity that was added since the cool-down began."""
    scaled_in_at: int = 0


def needed(load: float, target: float) -> int:
    """Return the least capacity of which ``load`` units are at most ``target`` (a share of 1)."""
    return math.ceil(load / target - _TOLERANCE)


def proportional(current: int, value: float, target: float) -> int:
    """Return the capacity at which a metric that falls as capacity grows comes down, or up, to its target."""
    return math.ceil(current * value / target - _TOLERANCE)


def base_of(wait: Wait, now: int, cooldown_for: int, current: int) -> int:
    """Return the capacity that scaling out starts from.

    Within a cool-down, in seconds, what was added counts as part of what is needed, so that only a larger scaling out
    adds to it.
    """
    return current - wait.added if now - wait.scaled_out_at < cooldown_for * 1000 else current


def may_scale_in(wait: Wait, now: int, cooldown_for: int) -> bool:
    """Whether capacity may be removed. A scaling out in between ended the cool-down, which is in seconds."""
    if wait.scaled_out_at > wait.scaled_in_at:
        return True
    return now - wait.scaled_in_at >= cooldown_for * 1000
