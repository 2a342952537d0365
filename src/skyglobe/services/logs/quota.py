"""How often operations may be called in quota mode; user guide, "CloudWatch Logs quotas"."""

from __future__ import annotations

from skyglobe.kernel.call import Call
from skyglobe.services.logs import logs

RATES = {
    "CreateLogGroup": 10,
    "CreateLogStream": 50,
    "DeleteLogGroup": 10,
    "DeleteLogStream": 15,
    "DescribeLogGroups": 10,
    "DescribeLogStreams": 25,
    "FilterLogEvents": 25,
    "GetLogEvents": 25,
    "PutLogEvents": 5000,
}
"""Calls a second of one account in one region."""


def take_turn(call: Call) -> None:
    """Count a call. Raises ThrottlingException beyond the rate of its operation."""
    quotas, name = call.kernel.quotas, call.operation.name
    if quotas.enforced and not quotas.take("logs", name, call.account, call.region, rate=RATES[name]):
        raise logs.error("ThrottlingException", "Rate exceeded")
