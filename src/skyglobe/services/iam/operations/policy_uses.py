"""ListEntitiesForPolicy: who a managed policy is attached to, and whom it bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam, managed
from skyglobe.services.iam.holders import Holder, get_holder
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.attachments import KINDS, Kind, attachments, boundaries

_FILTERS: dict[str, Kind] = {"User": "user", "Group": "group", "Role": "role"}


class _Use(NamedTuple):
    kind: Kind
    holder: Holder

    @property
    def position(self) -> str:
        return f"{self.kind}:{self.holder.name_key}"


@iam.operation
def list_entities_for_policy(
    call: Call,
    policy_arn: str,
    entity_filter: str | None = None,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the users, groups and roles that use a policy: as permissions, as boundary, or either."""
    policy = managed.get_policy(call, policy_arn)
    kinds = KINDS if entity_filter is None else [_FILTERS[entity_filter]] if entity_filter in _FILTERS else []
    uses = sorted(
        {
            use.position: use
            for use in _uses(call, policy.arn, policy_usage_filter)
            if use.kind in kinds and use.holder.path.startswith(path_prefix)
        }.values(),
        key=lambda use: use.position,
    )
    listing = f"entities:{policy.arn}:{entity_filter}:{path_prefix}:{policy_usage_filter}"
    found, more = page(call, listing, uses, lambda use: use.position, marker, max_items)
    return {
        "PolicyGroups": _shown(found, "group"),
        "PolicyUsers": _shown(found, "user"),
        "PolicyRoles": _shown(found, "role"),
        **more,
    }


def _uses(call: Call, arn: str, usage: str | None) -> Iterator[_Use]:
    if usage != "PermissionsBoundary":
        for attached in attachments.scan_by(call, "policy", arn):
            yield _Use(attached.kind, get_holder(call, attached.kind, attached.holder))
    if usage != "PermissionsPolicy":
        for bounded in boundaries.scan_by(call, "policy", arn):
            yield _Use(bounded.kind, get_holder(call, bounded.kind, bounded.holder))


def _shown(uses: list[_Use], kind: Kind) -> list[dict[str, str]]:
    name = kind.capitalize()
    return [{f"{name}Name": use.holder.id, f"{name}Id": use.holder.unique_id} for use in uses if use.kind == kind]
