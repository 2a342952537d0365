"""Whom the versions of layers let in."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.layering import get_layer_version
from skyglobe.services.lambda_.operations.layers import named_layer
from skyglobe.services.lambda_.records import LayerVersion, layer_versions
from skyglobe.services.lambda_.refusals import no_such_resource, not_found
from skyglobe.services.lambda_.rules.statements import layer_statement, policy_document, with_statement
from skyglobe.services.lambda_.states import check_revision


@lambda_.operation
def add_layer_version_permission(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Let an account, an organization or everybody use a layer's version."""
    old = _get(call, request["LayerName"], request["VersionNumber"])
    check_revision(request.get("RevisionId"), old.revision)
    statement = layer_statement(old.arn, request)
    new = replace(old, statements=with_statement(old.statements, statement), revision=call.kernel.ids.uuid())
    layer_versions.replace(call, old, new)
    return {"Statement": json.dumps(statement, separators=(",", ":")), "RevisionId": new.revision}


@lambda_.operation
def remove_layer_version_permission(
    call: Call, layer_name: str, version_number: int, statement_id: str, revision_id: str | None = None
) -> None:
    """Take a permission back. Raises ResourceNotFoundException, PreconditionFailedException."""
    old = _get(call, layer_name, version_number)
    check_revision(revision_id, old.revision)
    left = [one for one in old.statements if one["Sid"] != statement_id]
    if len(left) == len(old.statements):
        raise not_found(f"Statement {statement_id} is not found in resource policy.")
    layer_versions.replace(call, old, replace(old, statements=left, revision=call.kernel.ids.uuid()))


@lambda_.operation
def get_layer_version_policy(call: Call, layer_name: str, version_number: int) -> dict[str, Any]:
    """Return the policy of a layer's version. Raises ResourceNotFoundException when it has none."""
    version = _get(call, layer_name, version_number)
    if not version.statements:
        raise no_such_resource()
    return {"Policy": policy_document(version.statements), "RevisionId": version.revision}


def _get(call: Call, layer_name: str, version_number: int) -> LayerVersion:
    return get_layer_version(call, named_layer(call, layer_name, version_number))
