"""What connections know: kept sealed, so that nobody who sees the store reads it, and shown without secrets.

AWS keeps it in Secrets Manager; that is not there, so connections have no secret's ARN.
"""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.sealing import decrypted, encrypted
from skyglobe.services.events.records import Connection, connections

_PURPOSE = "events connection"
_SECRETS = frozenset({"Password", "ApiKeyValue", "ClientSecret"})


def seal_text(kernel: Kernel, text: str) -> str:
    """Return a text that only this cloud can read."""
    return encrypted(kernel, _PURPOSE, text)


def unseal_text(kernel: Kernel, sealed: str) -> str:
    """Return what was sealed; nothing for nothing."""
    return (decrypted(kernel, _PURPOSE, sealed) or "") if sealed else ""


def parameters_of(kernel: Kernel, connection: Connection) -> dict[str, Any]:
    """Return all parameters of a connection with their secrets; none of one that was deauthorized."""
    found: dict[str, Any] = json.loads(unseal_text(kernel, connection.sealed) or "{}")
    return found


def without_secrets(parameters: Any) -> Any:
    """Return parameters as DescribeConnection shows them."""
    if isinstance(parameters, list):
        return [without_secrets(one) for one in parameters]
    if not isinstance(parameters, dict):
        return parameters
    hidden = set(_SECRETS)
    if parameters.get("IsValueSecret"):
        hidden.add("Value")
    return {name: without_secrets(value) for name, value in parameters.items() if name not in hidden}


def find_connection(scope: Scope, arn: str) -> Connection | None:
    """Return the connection with this ARN, or None: a later one of the same name has another."""
    found = connections.find(scope, name_in(arn))
    return found if found is not None and found.arn == arn else None


def name_in(arn: str) -> str:
    """Return the name in the ARN of a connection or an API destination."""
    return arn.split(":", 5)[5].split("/")[1]
