"""The account's billing commitment, and the warm throughput that it allows on-demand streams."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.records import Commitment, commitments
from skyglobe.services.kinesis.refusals import invalid
from skyglobe.services.kinesis.rules.capacity import MAX_WARM_MIB

COMMITMENT = "throughput"


def find_commitment(scope: Scope) -> Commitment | None:
    """Return the account's commitment of this region, or None when there never was one."""
    return commitments.find(scope, COMMITMENT)


def is_committed(scope: Scope) -> bool:
    """Whether the commitment is in force."""
    commitment = find_commitment(scope)
    return commitment is not None and commitment.status != "DISABLED"


def check_warm(scope: Scope, mib: int) -> None:
    """Raise ValidationException or InvalidArgumentException unless a stream may be kept warm for ``mib`` a second."""
    if not is_committed(scope):
        raise kinesis.errors.ValidationException(
            "Warm throughput needs MinimumThroughputBillingCommitment to be enabled for the account."
        )
    if mib > MAX_WARM_MIB:
        raise invalid(f"WarmThroughputMiBps must not be more than {MAX_WARM_MIB}.")
