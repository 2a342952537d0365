"""What an account may have, and its billing commitment."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.quota import count_on_demand, count_open_shards
from skyglobe.services.kinesis.records import Commitment, commitments
from skyglobe.services.kinesis.rules.capacity import ON_DEMAND_STREAMS, shard_limit
from skyglobe.services.kinesis.warming import COMMITMENT, find_commitment

COMMITS_FOR = 86_400_000  # milliseconds; API reference, MinimumThroughputBillingCommitmentInput


@kinesis.operation
def describe_limits(call: Call) -> dict[str, Any]:
    """Return how many shards and on-demand streams the account may have here, and how many it has."""
    return {
        "ShardLimit": shard_limit(call.region),
        "OpenShardCount": count_open_shards(call),
        "OnDemandStreamCount": count_on_demand(call),
        "OnDemandStreamCountLimit": ON_DEMAND_STREAMS,
    }


@kinesis.operation
def describe_account_settings(call: Call) -> dict[str, Any]:
    """Return the account's billing commitment."""
    return {"MinimumThroughputBillingCommitment": _shown(find_commitment(call))}


@kinesis.operation
def update_account_settings(call: Call, minimum_throughput_billing_commitment: dict[str, str]) -> dict[str, Any]:
    """Enter into the billing commitment, or end it as soon as its first day is over."""
    wanted, known = minimum_throughput_billing_commitment["Status"], find_commitment(call)
    if wanted == "ENABLED":
        changed = _enabled(call, known)
    elif known is None or known.status == "DISABLED":
        return {"MinimumThroughputBillingCommitment": _shown(known)}
    elif call.now >= known.earliest_end_at:
        changed = replace(known, status="DISABLED", ended_at=call.now)
    else:
        changed = replace(known, status="ENABLED_UNTIL_EARLIEST_ALLOWED_END")
        set_timer(call, "kinesis", "end-commitment", COMMITMENT, known.earliest_end_at)
    commitments.insert(call, changed)
    return {"MinimumThroughputBillingCommitment": _shown(changed)}


def _enabled(call: Call, known: Commitment | None) -> Commitment:
    cancel_timer(call, "kinesis", "end-commitment", COMMITMENT)
    if known is not None and known.status != "DISABLED":
        return replace(known, status="ENABLED")
    return Commitment(key=COMMITMENT, status="ENABLED", started_at=call.now, earliest_end_at=call.now + COMMITS_FOR)


def _shown(commitment: Commitment | None) -> dict[str, Any]:
    if commitment is None:
        return {"Status": "DISABLED"}
    shown: dict[str, Any] = {"Status": commitment.status, "StartedAt": commitment.started_at / 1000}
    if commitment.status == "DISABLED" and commitment.ended_at is not None:
        shown["EndedAt"] = commitment.ended_at / 1000
    else:
        shown["EarliestAllowedEndAt"] = commitment.earliest_end_at / 1000
    return shown
