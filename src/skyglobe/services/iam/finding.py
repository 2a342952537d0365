"""Finding users and groups by what a request says, in IAM's words when they are not there."""

from __future__ import annotations

from skyglobe.kernel.arns import Arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.records.groups import Group, groups, memberships
from skyglobe.services.iam.records.users import User, users
from skyglobe.services.iam.refusals import not_found, validation_error


def iam_arn(scope: Scope, kind: str, path: str, name: str) -> str:
    """Return the ARN of e.g. a ``user`` with its path: ``arn:aws:iam::123456789012:user/division/name``."""
    return str(Arn(scope.partition, "iam", "", scope.account, f"{kind}{path}{name}"))


def get_user(scope: Scope, name: str) -> User:
    """Return the user of that name, whatever its case. Raises NoSuchEntity."""
    user = users.find(scope, name.lower())
    if user is None:
        raise not_found("user", name)
    return user


def get_group(scope: Scope, name: str) -> Group:
    """Return the group of that name, whatever its case. Raises NoSuchEntity."""
    group = groups.find(scope, name.lower())
    if group is None:
        raise not_found("group", name)
    return group


def find_caller(call: Call) -> User | None:
    """Return the user who calls, with a key of its own or in a session of it; None for root, roles and services."""
    if call.principal.type != "user":
        return None
    return find_user_by_id(call, call.principal.user_id)


def get_user_or_caller(call: Call, name: str | None) -> User:
    """Return the user of that name; without a name, the one who calls. Raises ValidationError, NoSuchEntity."""
    user = get_user(call, name) if name is not None else find_caller(call)
    if user is None:
        raise validation_error("Must specify userName when calling with non-User credentials")
    return user


def find_user_by_id(scope: Scope, unique_id: str) -> User | None:
    return next(users.scan_by(scope, "unique_id", unique_id, limit=1), None)


def find_group_by_id(scope: Scope, unique_id: str) -> Group | None:
    return next(groups.scan_by(scope, "unique_id", unique_id, limit=1), None)


def groups_of(scope: Scope, user: User) -> list[Group]:
    """Return the groups a user is in, by name."""
    found = [find_group_by_id(scope, membership.group_id) for membership in memberships.scan(scope, user.unique_id)]
    return sorted((group for group in found if group is not None), key=lambda group: group.name_key)


def users_of(scope: Scope, group: Group) -> list[User]:
    """Return the users in a group, by name."""
    inside = list(memberships.scan_by(scope, "group", group.unique_id))
    found = [find_user_by_id(scope, membership.user_id) for membership in inside]
    return sorted((user for user in found if user is not None), key=lambda user: user.name_key)
