"""Metric streams."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch


@cloudwatch.planned
def delete_metric_stream(call: Call, name: str) -> None:
    """Permanently deletes the metric stream that you specify.

    Raises InternalServiceFault, InvalidParameterValueException, MissingRequiredParameterException.
    """
    raise NotImplementedError


@cloudwatch.planned
def get_metric_stream(call: Call, name: str) -> dict[str, Any]:
    """Return information about the metric stream that you specify.

    Raises ResourceNotFoundException, InternalServiceFault, InvalidParameterValueException,
    MissingRequiredParameterException, InvalidParameterCombinationException.
    """
    raise NotImplementedError


@cloudwatch.planned
def list_metric_streams(call: Call, next_token: str | None = None, max_results: int | None = None) -> dict[str, Any]:
    """Return a list of metric streams in this account.

    Raises InvalidNextToken, InternalServiceFault, InvalidParameterValueException,
    MissingRequiredParameterException.
    """
    raise NotImplementedError


@cloudwatch.planned
def put_metric_stream(
    call: Call,
    name: str,
    firehose_arn: str,
    role_arn: str,
    output_format: str,
    include_filters: list[dict[str, Any]] | None = None,
    exclude_filters: list[dict[str, Any]] | None = None,
    tags: list[dict[str, Any]] | None = None,
    statistics_configurations: list[dict[str, Any]] | None = None,
    include_linked_accounts_metrics: bool | None = None,
) -> dict[str, Any]:
    """Create or updates a metric stream.

    Raises ConcurrentModificationException, InternalServiceFault, InvalidParameterValueException,
    MissingRequiredParameterException, InvalidParameterCombinationException.
    """
    raise NotImplementedError


@cloudwatch.planned
def start_metric_streams(call: Call, names: list[str]) -> None:
    """Start the streaming of metrics for one or more of your metric streams.

    Raises InternalServiceFault, InvalidParameterValueException, MissingRequiredParameterException.
    """
    raise NotImplementedError


@cloudwatch.planned
def stop_metric_streams(call: Call, names: list[str]) -> None:
    """Stop the streaming of metrics for one or more of your metric streams.

    Raises InternalServiceFault, InvalidParameterValueException, MissingRequiredParameterException.
    """
    raise NotImplementedError
