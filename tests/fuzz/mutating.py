"""From a good request to a bad one, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.fuzz import bodies, heads
from tests.fuzz.drafts import Draft
from tests.fuzz.recording import Recorded


def mutant(corpus: Sequence[Recorded], seed: int) -> tuple[Draft, random.Random]:
    """Return one recorded request with one to four things done to it, and the generator to go on with.

    Half of the mutants have only their body changed, where they have one: what a header spoils is seldom parsed.
    """
    rng = random.Random(seed)
    draft = Draft.of(rng.choice(corpus))
    keeps_head = bool(draft.body) and rng.random() < 0.5
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 4])):
        choices = [bodies.fitting(draft)] * 3 + [bodies.ANY]
        if not keeps_head:
            choices += [heads.MUTATORS] * 6
        step = rng.choice(rng.choice(choices))
        step(draft, rng)
        draft.steps.append(step.__name__)
    if rng.random() < 0.8:
        draft.vouch()
    return draft, rng
