"""Managed insight rules."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch


@cloudwatch.planned
def list_managed_insight_rules(
    call: Call,
    resource_arn: str,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """Return a list that contains the number of managed Contributor Insights rules in your account.

    Raises InvalidParameterValueException, MissingRequiredParameterException, InvalidNextToken.
    """
    raise NotImplementedError


@cloudwatch.planned
def put_managed_insight_rules(call: Call, managed_rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Create a managed Contributor Insights rule for a specified Amazon Web Services resource.

    Raises InvalidParameterValueException, MissingRequiredParameterException.
    """
    raise NotImplementedError
