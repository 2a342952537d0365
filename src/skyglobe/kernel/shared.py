"""What of a resource's owner others may do because it was shared with them: policies beside the resource's own.

The service that keeps shares writes them here; every call that comes from another account reads them, so that costs
one look into the store in a cloud where nothing was ever shared.
"""

from __future__ import annotations

from skyglobe.kernel.keys import pack
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import is_trusted
from skyglobe.kernel.tables import Record, Table

_ANY = pack(("kernel.shared.any",))


class SharedResource(Record, frozen=True):
    """A resource that is in a share, with the kind that the share's policies are for."""

    arn: str
    share: str
    kind: str


class SharedPolicy(Record, frozen=True):
    """What one share lets those who have it do to its resources of one kind."""

    share: str
    kind: str
    document: str
    """A resource-based policy, good for each of the share's resources of this kind."""
    document_outside: str = ""
    """What is left of it while the organization does not trust the service that keeps shares; empty: nothing."""
    organization_id: str = ""
    """The organization that some of ``document`` speaks of; empty when none of it does."""
    trusted: str = ""
    """The service principal the organization has to trust for that."""


resources: Table[SharedResource] = Table(
    "kernel.shared_resources", SharedResource, key=("arn", "share"), reach="global", is_hot=True
)
policies: Table[SharedPolicy] = Table(
    "kernel.shared_policies", SharedPolicy, key=("share", "kind"), reach="global", is_hot=True
)


def put_resource(scope: Scope, resource: SharedResource) -> None:
    """Note that a resource is in a share from now on."""
    scope.writes.put(_ANY, b"1")
    resources.put(scope, resource)


def find_shared(scope: Scope, arn: str) -> list[str]:
    """Return the policies that shares put on the resource with this ARN, as they stand now."""
    if scope.writes.get(_ANY) is None:
        return []
    found = []
    for one in resources.scan(scope, arn):
        policy = policies.find(scope, one.share, one.kind)
        document = document_of(scope, policy) if policy is not None else ""
        if document:
            found.append(document)
    return found


def document_of(scope: Scope, policy: SharedPolicy) -> str:
    """Return what a share's policy says now: all of it, or what needs no trust of the organization."""
    if policy.organization_id and not is_trusted(scope, policy.organization_id, policy.trusted):
        return policy.document_outside
    return policy.document
