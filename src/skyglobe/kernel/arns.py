"""Amazon Resource Names."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.kernel.scope import Scope


class Arn(NamedTuple):
    """The six fields of ``arn:partition:service:region:account:resource``."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def make_arn(scope: Scope, service: str, resource: str) -> str:
    """Return the ARN of a regional resource where ``scope`` stands."""
    return f"arn:{scope.partition}:{service}:{scope.region}:{scope.account}:{resource}"


def parse_arn(text: str) -> Arn:
    """Split an ARN. Raises ValueError when ``text`` is none."""
    fields = text.split(":", 5)
    if len(fields) != 6 or fields[0] != "arn" or not fields[5]:
        raise ValueError(f"not an ARN: {text}")
    return Arn(*fields[1:])
