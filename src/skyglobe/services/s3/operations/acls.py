"""Access control lists as they are under BucketOwnerEnforced: the owner of the bucket has everything, nobody else."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import places, s3, versions
from skyglobe.services.s3.access import canonical_id, owner_of


@s3.operation
def get_bucket_acl(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return the one grant a bucket has."""
    return _owner_only(places.enter(call, request).account)


@s3.operation(unused=("RequestPayer",))
def get_object_acl(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return the one grant an object has. Raises NoSuchKey."""
    scope = places.enter_object(call, request, writes=False)
    versions.get_object(scope, request)
    return _owner_only(scope.account)


def _owner_only(account: str) -> dict[str, Any]:
    grantee = {"ID": canonical_id(account), "Type": "CanonicalUser"}
    return {"Owner": owner_of(account), "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]}
