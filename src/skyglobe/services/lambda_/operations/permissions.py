"""AddPermission, RemovePermission, GetPolicy: whom functions let in."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import Found, called_function, get_version
from skyglobe.services.lambda_.records import Grants, grants
from skyglobe.services.lambda_.refusals import invalid, no_such_resource, not_found
from skyglobe.services.lambda_.rules.names import LATEST
from skyglobe.services.lambda_.rules.statements import permission_statement, policy_document, with_statement
from skyglobe.services.lambda_.states import check_revision


@lambda_.operation
def add_permission(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Let an account, a service or anybody call a function, a version or an alias."""
    found = called_function(call, request["FunctionName"], request.get("Qualifier"))
    if found.qualifier == LATEST:
        raise invalid("We currently do not support adding policies for $LATEST.")
    get_version(found)
    old = _find(found)
    check_revision(request.get("RevisionId"), old.revision if old is not None else "")
    statement = permission_statement(found.arn, request)
    statements = with_statement(old.statements if old is not None else [], statement)
    _write(call, found, old, statements)
    return {"Statement": json.dumps(statement, separators=(",", ":"))}


@lambda_.operation
def remove_permission(
    call: Call, function_name: str, statement_id: str, qualifier: str | None = None, revision_id: str | None = None
) -> None:
    """Take a permission back. Raises ResourceNotFoundException, PreconditionFailedException."""
    found = called_function(call, function_name, qualifier)
    old = _find(found)
    if old is None:
        raise not_found("No policy is associated with the given resource.")
    check_revision(revision_id, old.revision)
    left = [one for one in old.statements if one["Sid"] != statement_id]
    if len(left) == len(old.statements):
        raise not_found(f"Statement {statement_id} is not found in resource policy.")
    if left:
        _write(call, found, old, left)
    else:
        grants.delete(found.scope, old)


@lambda_.operation
def get_policy(call: Call, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Return the policy of a function, a version or an alias. Raises ResourceNotFoundException when it has none."""
    kept = _find(called_function(call, function_name, qualifier))
    if kept is None:
        raise no_such_resource()
    return {"Policy": policy_document(kept.statements), "RevisionId": kept.revision}


def _find(found: Found) -> Grants | None:
    return grants.find(found.scope, found.function.id, found.qualifier)


def _write(call: Call, found: Found, old: Grants | None, statements: list[dict[str, Any]]) -> None:
    revision = call.kernel.ids.uuid()
    if old is None:
        new = Grants(function=found.function.id, qualifier=found.qualifier, revision=revision, statements=statements)
        grants.insert(found.scope, new)
    else:
        grants.replace(found.scope, old, replace(old, revision=revision, statements=statements))
