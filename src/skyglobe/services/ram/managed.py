"""AWS's own permissions, for the types of resources whose permissions AWS documents."""

from __future__ import annotations

import json
from typing import NamedTuple

PREFIX = "arn:aws:ram::aws:permission/"
_MADE_AT = 1_542_672_000_000  # milliseconds; the day RAM was announced: AWS does not tell the permissions' own
_FIND_AND_USE = ("s3:GetAccessGrantsInstanceForPrefix", "s3:GetDataAccess", "s3:ListCallerAccessGrants")
_LOOK = ("s3:ListAccessGrants", "s3:ListAccessGrantsLocations")


class Managed(NamedTuple):
    """A permission of AWS's. All have one version."""

    name: str
    resource_type: str
    actions: tuple[str, ...]
    is_type_default: bool = False
    created_at: int = _MADE_AT

    @property
    def arn(self) -> str:
        return PREFIX + self.name

    @property
    def template(self) -> str:
        return json.dumps({"Effect": "Allow", "Action": list(self.actions)}, separators=(",", ":"))


MANAGED: dict[str, Managed] = {
    one.arn: one
    for one in (
        # AWS CLI reference, get-resource-policies and list-permissions, examples
        Managed(
            "AWSRAMDefaultPermissionSubnet",
            "ec2:Subnet",
            ("ec2:RunInstances", "ec2:CreateNetworkInterface", "ec2:DescribeSubnets"),
            is_type_default=True,
        ),
        # A public Terraform module describes them: requesting credentials and finding one's own grants; that and
        # looking at all; looking only. AWS's own JSON was not found; the actions are those these words are about.
        Managed("AWSRAMPermissionAccessGrantsData", "s3:AccessGrants", _FIND_AND_USE, is_type_default=True),
        Managed("AWSRAMPermissionAccessGrantsReadAccess", "s3:AccessGrants", _FIND_AND_USE + _LOOK),
        Managed("AWSRAMPermissionAccessGrantsControl", "s3:AccessGrants", _LOOK),
    )
}


def find_default(resource_type: str) -> Managed | None:
    """Return AWS's permission that shares get for a type of resources when none is named, or None."""
    return next((one for one in MANAGED.values() if one.resource_type == resource_type and one.is_type_default), None)
