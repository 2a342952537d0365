"""The Storage Lens groups that are kept, in their home regions."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3control import s3control


class LensGroup(Resource, frozen=True, kw_only=True):
    """A filter on objects that has a name."""

    chosen: dict[str, Any]
    """Its filter, as the API has it."""


groups: ResourceTable[LensGroup] = ResourceTable("AWS::S3::StorageLensGroup", "s3control.lens_groups", LensGroup)


def group_arn(scope: Scope, name: str) -> str:
    return f"arn:{scope.partition}:s3:{scope.region}:{scope.account}:storage-lens-group/{name}"


def get_group(scope: Scope, name: str) -> LensGroup:
    """Return a group. Raises NoSuchResource."""
    found = groups.find(scope, name)
    if found is None:
        raise s3control.error("NoSuchResource", "The specified resource doesn't exist.", status=404)
    return found
