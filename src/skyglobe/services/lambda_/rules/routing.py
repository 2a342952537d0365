"""Which version an alias sends an invocation to."""

from __future__ import annotations

from skyglobe.services.lambda_.records import Alias
from skyglobe.services.lambda_.refusals import invalid

MAX_ADDITIONAL = 1  # developer guide, "Implement canary deployments using a weighted alias": two versions at most


def check_weights(weights: dict[str, float], version: int) -> dict[str, float]:
    """Return the weights of an alias's other version. Raises InvalidParameterValueException."""
    if not weights:
        return {}
    if len(weights) > MAX_ADDITIONAL:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1.")
    if version == 0:
        raise invalid("$LATEST is not supported for an alias pointing to more than 1 version.")
    if str(version) in weights:
        raise invalid(
            f"Invalid function version {version}. "
            f"Function version {version} is already included in routing configuration."
        )
    return dict(weights)


def choose_version(alias: Alias, drawn: float) -> int:
    """Return the version that an invocation goes to, which drew a number from 0 up to 1."""
    for version, weight in alias.weights.items():
        if drawn < weight:
            return int(version)
        drawn -= weight
    return alias.version
