"""Files to send there and back."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

MIB = 1 << 20


def write_tree(root: Path, *, large: int = 17 * MIB + 123) -> Path:
    """Write a tree of small files with awkward names, an empty one, and one that clients upload in parts."""
    rng = random.Random(11)
    sizes = {
        name: rng.randrange(4000) for name in ("plain.txt", "a b+c&d=e.txt", "ünï/cödé.txt", "deep/er/file", "100%")
    }
    for name, size in (sizes | {"empty": 0, "large.bin": large}).items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(rng.randbytes(size))
    return root


def digests(root: Path) -> dict[str, str]:
    """Return the digest of each file below ``root``, by its path there."""
    files = [file for file in root.rglob("*") if file.is_file()]
    return {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
