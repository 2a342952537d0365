"""Node types, and how much a node remembers."""

from __future__ import annotations

GIB = 1 << 30
_R4: dict[str, float] = {"large": 15.25, "xlarge": 30.5, "2xlarge": 61, "4xlarge": 122, "8xlarge": 244, "16xlarge": 488}
_R5: dict[str, float] = {
    "large": 16, "xlarge": 32, "2xlarge": 64, "4xlarge": 128, "8xlarge": 256, "12xlarge": 384, "16xlarge": 512,
    "24xlarge": 768,
}  # fmt: skip
_T: dict[str, float] = {"small": 2, "medium": 4}
MEMORY_BYTES = {
    f"dax.{family}.{size}": int(gib * GIB)
    for family, sizes in {"r4": _R4, "r5": _R5, "r7i": _R5, "t2": _T, "t3": _T}.items()
    for size, gib in sizes.items()
}
"""Of each node type; "Amazon DynamoDB pricing", DynamoDB Accelerator."""
MAX_ROOM_BYTES = 256 << 20
"""What a cluster's caches may take of this machine, however large its nodes would be."""


def room_of(node_type: str) -> int:
    """Return how many bytes the caches of a cluster of such nodes hold. Every node has the same in them."""
    return min(MEMORY_BYTES[node_type], MAX_ROOM_BYTES)


def letters_from(place: int) -> str:
    """Return the letter, or letters, of the node that was the ``place``-th of its cluster: a to z, then aa."""
    text = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        text = chr(ord("a") + letter) + text
    return text
