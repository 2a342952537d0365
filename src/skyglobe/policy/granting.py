"""Whether a policy lets reach a service at all. Conditions and resources are not looked at."""

from __future__ import annotations

from fnmatch import fnmatchcase

from skyglobe.policy.documents import Policy
from skyglobe.policy.statements import Statement


def grants(policy: Policy, namespace: str) -> bool:
    """Whether a policy allows some action of the service whose actions start with ``namespace``."""
    return any(statement.effect == "Allow" and _reaches(statement, namespace) for statement in policy.statements)


def _reaches(statement: Statement, namespace: str) -> bool:
    """Whether a statement speaks of any action of a service. All but some of a service's actions are some, too."""
    written = statement.written.get("NotAction" if statement.is_not_action else "Action", [])
    patterns = [written] if isinstance(written, str) else written
    if statement.is_not_action:
        return not any(pattern.lower() in ("*", f"{namespace}:*") for pattern in patterns)
    return any(fnmatchcase(namespace, pattern.lower().partition(":")[0]) for pattern in patterns)
