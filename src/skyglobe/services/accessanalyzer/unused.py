"""What users and roles have and do not use: roles, access keys, passwords, and the services their policies let reach.

IAM is asked as any caller would ask it; what was used when is what the gateway noted, which access advisor tells too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.credentials import last_use
from skyglobe.kernel.entity_uses import uses_of
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.models.index import index
from skyglobe.policy import stored_policy
from skyglobe.policy.granting import grants

DAY = 86_400_000  # milliseconds
_LINKED = "/aws-service-role/"
_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


class Unused(NamedTuple):
    """Something that nobody used for as long as the analyzer asks."""

    kind: str
    """As findings call it: ``UnusedIAMRole``."""
    resource: str
    type_name: str
    what: str
    """What of the resource: an access key's id; else empty."""
    details: tuple[dict[str, Any], ...]
    """As the API has them, with instants in milliseconds."""


class Account:
    """The users and roles of an account with their policies, as IAM shows them to the analyzer."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._caller = ServiceCaller(scope.kernel, "access-analyzer", scope.account, scope.region)
        lists: dict[str, list[dict[str, Any]]] = {name: [] for name in _LISTS}
        answer: dict[str, Any] = {"IsTruncated": True}
        while answer.get("IsTruncated"):
            rest = {"Marker": answer["Marker"]} if "Marker" in answer else {}
            answer = self.ask("GetAccountAuthorizationDetails", {"MaxItems": 1000, **rest})
            for name in _LISTS:
                lists[name] += answer[name]
        self.users, self.roles = lists["UserDetailList"], lists["RoleDetailList"]
        self._groups = {group["GroupName"]: group for group in lists["GroupDetailList"]}
        self._managed = {
            policy["Arn"]: version["Document"]
            for policy in lists["Policies"]
            for version in policy["PolicyVersionList"]
            if version["IsDefaultVersion"]
        }

    def ask(self, operation: str, params: dict[str, Any]) -> Any:
        """Return what IAM answers, as part of the same work."""
        return self._caller.call_within(self.scope, "iam", operation, params)

    def documents_of(self, entity: dict[str, Any]) -> list[str]:
        """Return the identity-based policies of a user or role, its groups' among them."""
        holders = [entity, *(self._groups[name] for name in entity.get("GroupList", ()))]
        return [document for holder in holders for _, document in self.own_documents_of(holder)]

    def own_documents_of(self, holder: dict[str, Any]) -> list[tuple[str, str]]:
        """Return the policies of a user, group or role itself: inline ones by their name, managed ones by their ARN."""
        found = [
            (policy["PolicyName"], policy["PolicyDocument"])
            for inline in ("UserPolicyList", "GroupPolicyList", "RolePolicyList")
            for policy in holder.get(inline, ())
        ]
        found += [(one["PolicyArn"], self._managed[one["PolicyArn"]]) for one in holder["AttachedManagedPolicies"]]
        return [(policy, unquote(document)) for policy, document in found]

    def password_made_at(self, user: str) -> Instant | None:
        """Return when a user got its password; None when it has none."""
        try:
            profile = self.ask("GetLoginProfile", {"UserName": user})["LoginProfile"]
        except ServiceError as error:
            if error.code != "NoSuchEntity":
                raise
            return None
        return int(profile["CreateDate"] * 1000)


def find_unused(scope: Scope, age_days: int, excluded: list[dict[str, str]]) -> Iterator[Unused]:
    """Yield what was not used for ``age_days``, of users and roles that are older and have none of some tags."""
    account, since = Account(scope), scope.now - age_days * DAY
    for role in account.roles:
        if role["Path"].startswith(_LINKED) or not _counts(role, since, excluded):
            continue
        last = _last_of(scope, role["RoleId"])
        if last is None or last < since:
            yield Unused("UnusedIAMRole", role["Arn"], "AWS::IAM::Role", "", (_dated({}, last),))
        else:
            yield from _unused_services(account, role, role["RoleId"], "AWS::IAM::Role", since)
    for user in account.users:
        if _counts(user, since, excluded):
            yield from _unused_of_user(account, user, since)


def _counts(entity: dict[str, Any], since: Instant, excluded: list[dict[str, str]]) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in entity.get("Tags", ())}
    is_excluded = any(wanted and wanted.items() <= tags.items() for wanted in excluded)
    return entity["CreateDate"] * 1000 < since and not is_excluded


def _last_of(scope: Scope, unique_id: str) -> Instant | None:
    return max((use.at for use in uses_of(scope, unique_id)), default=None)


def _dated(detail: dict[str, Any], last: Instant | None) -> dict[str, Any]:
    return detail if last is None else {**detail, "lastAccessed": last}


def _unused_of_user(account: Account, user: dict[str, Any], since: Instant) -> Iterator[Unused]:
    name, arn = user["UserName"], user["Arn"]
    for key in account.ask("ListAccessKeys", {"UserName": name})["AccessKeyMetadata"]:
        if key["Status"] != "Active" or key["CreateDate"] * 1000 >= since:
            continue
        use = last_use(account.scope, key["AccessKeyId"])
        if use is None or use.at < since:
            detail = _dated({"accessKeyId": key["AccessKeyId"]}, use.at if use is not None else None)
            yield Unused("UnusedIAMUserAccessKey", arn, "AWS::IAM::User", key["AccessKeyId"], (detail,))
    made_at = account.password_made_at(name)
    if made_at is not None and made_at < since:  # there is no console to use it in
        yield Unused("UnusedIAMUserPassword", arn, "AWS::IAM::User", "", ({},))
    yield from _unused_services(account, user, user["UserId"], "AWS::IAM::User", since)


def _unused_services(
    account: Account, entity: dict[str, Any], unique_id: str, type_name: str, since: Instant
) -> Iterator[Unused]:
    """Yield one finding of all services that the policies let reach and that were not reached."""
    policies = [stored_policy(document, "identity") for document in account.documents_of(entity)]
    last: dict[str, Instant] = {}
    for use in uses_of(account.scope, unique_id):
        last[use.service] = max(use.at, last.get(use.service, 0))
    details = tuple(
        _dated({"serviceNamespace": namespace}, last.get(namespace))
        for namespace in sorted({facts.signing_name for facts in index().services.values()})
        if last.get(namespace, 0) < since and any(grants(policy, namespace) for policy in policies)
    )
    if details:
        yield Unused("UnusedPermission", entity["Arn"], type_name, "", details)
