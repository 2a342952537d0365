"""What a vault's two policies say together."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

MAX_POLICY_BYTES = 20_480  # InitiateVaultLock, API reference


@lru_cache(maxsize=1024)  # as many as vaults in use; equal arguments give the same text, which is compiled once
def combined(access: str, lock: str) -> str:
    """Return one document of an access policy and a lock policy, either of which may be empty."""
    if not access or not lock:
        return access or lock
    statements: list[Any] = []
    for text in (access, lock):
        found = json.loads(text)["Statement"]
        statements += found if isinstance(found, list) else [found]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
