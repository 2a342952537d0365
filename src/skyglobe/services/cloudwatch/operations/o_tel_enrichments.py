"""O tel enrichments."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch


@cloudwatch.planned
def get_o_tel_enrichment(call: Call) -> dict[str, Any]:
    """Return the current status of vended metric enrichment for the account, including whether CloudWatch vended …"""
    raise NotImplementedError


@cloudwatch.planned
def start_o_tel_enrichment(call: Call) -> None:
    """Enable enrichment and PromQL access for vended metrics."""
    raise NotImplementedError


@cloudwatch.planned
def stop_o_tel_enrichment(call: Call) -> None:
    """Disable enrichment and PromQL access for vended metrics."""
    raise NotImplementedError
