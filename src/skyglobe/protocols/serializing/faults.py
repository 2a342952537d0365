"""Programming errors in what an operation returned. Never an AWS error: no client can cause or cure them."""

from __future__ import annotations

from typing import Any

from skyglobe.models import OperationModel, Shape


class UnknownMember(TypeError):
    """An operation answered with a member its model does not have, or has elsewhere than in the body."""

    def __init__(self, owner: Shape | OperationModel, name: str) -> None:
        super().__init__(f"{owner!r} has no member {name!r} in the body of a response")
        self.member = name


def refuse_members(operation: OperationModel, result: dict[str, Any]) -> None:
    """Raise ``UnknownMember`` when an operation without output answers with something."""
    for name, value in result.items():
        if value is not None:
            raise UnknownMember(operation, name)
