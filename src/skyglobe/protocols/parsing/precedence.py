"""Members that share a name on the wire."""

from __future__ import annotations

from skyglobe.models import Shape


def newest_first(members: dict[str, Shape]) -> list[tuple[str, Shape]]:
    """Return the members with the deprecated ones last.

    A few structures kept an old member beside the one that replaced it, under the same name on the wire (``Event``
    and ``Events`` of S3's notifications, ``AttributeNames`` of SQS's ReceiveMessage): the newer one is read.
    """
    return sorted(members.items(), key=lambda item: bool(item[1].traits.get("deprecated")))
