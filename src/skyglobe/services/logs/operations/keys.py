"""AssociateKmsKey, DisassociateKmsKey."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import get_group, get_identified
from skyglobe.services.logs.records import LogGroup, groups
from skyglobe.services.logs.refusals import invalid, not_built
from skyglobe.services.logs.sealing import with_key


@logs.operation
def associate_kms_key(
    call: Call, kms_key_id: str, log_group_name: str | None = None, resource_identifier: str | None = None
) -> None:
    """Put a log group under a key, which its policy must let CloudWatch Logs use."""
    scope, group = _named(call, log_group_name, resource_identifier)
    groups.replace(scope, group, with_key(call, group, kms_key_id))


@logs.operation
def disassociate_kms_key(call: Call, log_group_name: str | None = None, resource_identifier: str | None = None) -> None:
    """Take a log group's key away."""
    scope, group = _named(call, log_group_name, resource_identifier)
    groups.replace(scope, group, replace(group, kms_key="", data_key=b""))


def _named(call: Call, name: str | None, identifier: str | None) -> tuple[Scope, LogGroup]:
    if (name is None) == (identifier is None):
        raise invalid("Exactly one of logGroupName and resourceIdentifier must be specified.")
    if name is not None:
        return call, get_group(call, name)
    assert identifier is not None
    if ":query-result:" in identifier:
        raise not_built("encryption of query results")
    return get_identified(call, identifier)
