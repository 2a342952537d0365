"""What an identity provider vouches for, whichever language it speaks."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.services.sts.rules.session_tags import Pairs


class Claims(NamedTuple):
    """A verified token or assertion, as far as assuming a role goes."""

    provider_arn: str
    subject: str
    session_name: str
    context: dict[str, str | list[str]]
    """Condition keys in lower case that the trust policy may look at."""
    kept: tuple[str, ...]
    """Those of them that the session keeps for policies to look at."""
    source_identity: str = ""
    tags: Pairs = ()
    transitive_keys: tuple[str, ...] = ()
    session_for: int | None = None
    """How many seconds the provider wants the session to last."""
    ends_at: int | None = None
    """Milliseconds since the epoch beyond which the provider does not vouch."""
