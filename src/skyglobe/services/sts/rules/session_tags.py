"""Session tags: which a session has, and which it hands on to the sessions made by it.

IAM user guide, "Pass session tags in AWS STS".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sts import sts

Pairs = tuple[tuple[str, str], ...]

MAX_TAGS = 50  # of a session; the page above


class SessionTags(NamedTuple):
    """The tags of a session."""

    tags: Pairs = ()
    transitive: tuple[str, ...] = ()
    """Keys of those that go on."""


def plan_tags(given: Pairs, transitive_keys: Sequence[str], inherited: SessionTags) -> SessionTags:
    """Return the tags of a session from those passed and those of the session that makes it.

    Only transitive tags are inherited, and they cannot be passed anew. Keys differ by more than case. Raises
    ValidationError and InvalidParameterValue.
    """
    _check(given)
    known = {key.lower(): key for key, _ in given}
    chosen = [known.get(key.lower()) for key in dict.fromkeys(transitive_keys)]
    if None in chosen:
        raise _invalid("The specified transitive tag key must be included in the requested tags.")
    going_on = {key.lower() for key in inherited.transitive}
    if going_on & known.keys():
        raise _invalid(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session."
        )
    handed_on = tuple((key, value) for key, value in inherited.tags if key.lower() in going_on)
    tags = (*handed_on, *given)
    if len(tags) > MAX_TAGS:
        raise _invalid(f"A session can have at most {MAX_TAGS} tags.")
    return SessionTags(tags, (*inherited.transitive, *(key for key in chosen if key is not None)))


def _check(given: Pairs) -> None:
    keys = [key.lower() for key, _ in given]
    if len(set(keys)) < len(keys):
        raise _invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.startswith("aws:") for key in keys):
        raise _invalid("Tag keys starting with 'aws:' are reserved for system use.")


def _invalid(text: str) -> ServiceError:
    return sts.error("InvalidParameterValue", text)
