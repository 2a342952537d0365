"""What identities accessed last, against what their policies let them access at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.entity_uses import EntityUse, uses_of
from skyglobe.kernel.scope import Scope
from skyglobe.models.index import index
from skyglobe.policy import Policy, Source, Statement, stored_policy
from skyglobe.policy.granting import grants
from skyglobe.services.iam.access import find_principal, policies_of, policies_on_group
from skyglobe.services.iam.finding import find_user_by_id, users_of
from skyglobe.services.iam.holders import Holder, find_role_by_id, get_holder
from skyglobe.services.iam.managed import default_document, find_policy
from skyglobe.services.iam.records.attachments import attachments
from skyglobe.services.iam.records.groups import Group
from skyglobe.services.iam.records.roles import Role
from skyglobe.services.iam.refusals import invalid_input, no_such_entity

_BY_OTHER_NAMES = frozenset({"s3"})
"""Services whose actions are not called after their operations: of these no single actions are told."""


class Subject(NamedTuple):
    """What a report is about."""

    policies: tuple[Policy, ...]
    holders: tuple[Holder, ...]
    """The user or role itself; the users of a group; those a policy is attached to."""
    is_shared: bool
    """Whether it speaks for several: a group or a policy."""


def get_subject(scope: Scope, arn: str) -> Subject:
    """Return what an ARN stands for. Raises InvalidInput for other things, NoSuchEntity."""
    try:
        place = parse_arn(arn)
    except ValueError:
        raise invalid_input(f"Invalid ARN: {arn}") from None
    kind = place.resource.partition("/")[0]
    if place.service != "iam" or kind not in ("user", "group", "role", "policy"):
        raise invalid_input(f"Invalid ARN: {arn}")
    found = None
    if place.account in (scope.account, "aws"):
        found = _of_policy(scope, arn) if kind == "policy" else _of_identity(scope, kind, arn)
    if found is None:
        raise no_such_entity(f"{arn} cannot be found.")
    return found


def _of_identity(scope: Scope, kind: str, arn: str) -> Subject | None:
    if kind == "group":
        group, sources = policies_on_group(scope, arn)
        return Subject(_policies(sources), tuple(users_of(scope, group)), True) if group is not None else None
    principal = find_principal(scope, arn)
    if principal is None:
        return None
    find = find_user_by_id if kind == "user" else find_role_by_id
    holder = find(scope, principal.user_id)
    assert holder is not None, "who was just found is there"
    return Subject(_policies(policies_of(scope, principal)[0]), (holder,), False)


def _of_policy(scope: Scope, arn: str) -> Subject | None:
    policy = find_policy(scope, arn)
    if policy is None:
        return None
    attached = list(attachments.scan_by(scope, "policy", arn))
    holders = tuple(get_holder(scope, one.kind, one.holder) for one in attached)
    return Subject((stored_policy(default_document(scope, policy), "identity"),), holders, True)


def _policies(sources: Iterable[Source]) -> tuple[Policy, ...]:
    return tuple(source.policy for source in sources)


def list_services(scope: Scope, subject: Subject, *, with_actions: bool) -> list[dict[str, Any]]:
    """Return the services that the policies let access, by namespace, with who did last."""
    uses = [use for holder in subject.holders for use in uses_of_holder(scope, holder)]
    by_service: dict[str, list[tuple[str, EntityUse]]] = {}
    for owner, use in uses:
        by_service.setdefault(use.service, []).append((owner, use))
    return [
        _service_row(subject, namespace, name, by_service.get(namespace, []), with_actions)
        for namespace, name in namespaces()
        if any(grants(policy, namespace) for policy in subject.policies)
    ]


def uses_of_holder(scope: Scope, holder: Holder, *service: str) -> Iterator[tuple[str, EntityUse]]:
    """Yield who did what: the ARN of the user or role, and the use. A group did what its members did."""
    members: Iterable[Holder] = users_of(scope, holder) if isinstance(holder, Group) else (holder,)
    for member in members:
        for use in uses_of(scope, member.unique_id, *service):
            yield member.arn, use


def namespaces() -> list[tuple[str, str]]:
    """Return AWS's services by the namespace of their actions, with their full names."""
    known = index()
    names = {facts.signing_name for facts in known.services.values()}
    return [(name, known.services[known.by_signing_name(name)[0]].full_name) for name in sorted(names)]


def _service_row(
    subject: Subject, namespace: str, name: str, uses: list[tuple[str, EntityUse]], with_actions: bool
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ServiceName": name,
        "ServiceNamespace": namespace,
        "TotalAuthenticatedEntities": len({owner for owner, _ in uses}),
    }
    if uses:
        owner, last = max(uses, key=lambda one: one[1].at)
        row |= {
            "LastAuthenticated": last.at // 1000,
            "LastAuthenticatedEntity": owner,
            "LastAuthenticatedRegion": last.region,
        }
    if with_actions and namespace not in _BY_OTHER_NAMES:
        row["TrackedActionsLastAccessed"] = list(_action_rows(subject, namespace, uses))
    return row


def _action_rows(subject: Subject, namespace: str, uses: list[tuple[str, EntityUse]]) -> Iterator[dict[str, Any]]:
    """Yield the actions that were used and that the policies still let do, by name."""
    last: dict[str, tuple[str, EntityUse]] = {}
    for owner, use in sorted(uses, key=lambda one: one[1].at):
        last[use.operation] = (owner, use)
    for operation, (owner, use) in sorted(last.items()):
        if any(_allows(policy, f"{namespace}:{operation}".lower()) for policy in subject.policies):
            yield {
                "ActionName": operation,
                "LastAccessedEntity": owner,
                "LastAccessedTime": use.at // 1000,
                "LastAccessedRegion": use.region,
            }


def _allows(policy: Policy, action: str) -> bool:
    def speaks(statement: Statement) -> bool:
        return statement.effect == "Allow" and statement.speaks_of_action(action)

    return any(speaks(statement) for statement in policy.statements)


def entity_row(scope: Scope, holder: Holder, namespace: str) -> dict[str, Any]:
    """Return a user, group or role with the instant it last accessed a service."""
    kind = "GROUP" if isinstance(holder, Group) else "ROLE" if isinstance(holder, Role) else "USER"
    info = {"Arn": holder.arn, "Name": holder.id, "Type": kind, "Id": holder.unique_id, "Path": holder.path}
    at = max((use.at for _, use in uses_of_holder(scope, holder, namespace)), default=None)
    return {"EntityInfo": info, **({"LastAuthenticated": at // 1000} if at is not None else {})}
