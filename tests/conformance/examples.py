"""How many examples of each operation a run draws, always the same ones."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, seed, settings

from tests.conformance.sampling import SEED, WHOLE

EXAMPLES = 8  # the first of which is always the simplest


def drawing(test: Callable[[], None]) -> Callable[[], None]:
    """Run the hypothesis test ``test`` on the same few examples every time, shrunk when a sample fails."""
    phases = [Phase.generate] if WHOLE else [Phase.generate, Phase.shrink]
    chosen = settings(
        max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=phases
    )
    decorated: Callable[[], None] = seed(SEED)(chosen(test))
    return decorated
