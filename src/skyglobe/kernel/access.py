"""What a call needs to be allowed: how services tell the policy engine, without knowing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Values = Mapping[str, str | list[str]]

_NOTHING: Values = {}


class Need(NamedTuple):
    """One permission that a call takes. All of a call's needs must be met."""

    action: str
    """As the service authorization reference has it: ``s3:GetObject``."""
    resource: str
    """ARN, or ``*`` for actions that name no resource."""
    account: str
    """Who owns the resource; twelve digits."""
    context: Values = _NOTHING
    """The service's own condition keys, in lower case: ``{"s3:prefix": "photos/"}``."""
    policy: str | None = None
    """The resource's policy where the service has it at hand, empty when it has none; None: it is asked for it."""
