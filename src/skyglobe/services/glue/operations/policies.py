"""The catalog's resource policy: who of other accounts may see and change what is in it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.policy.documents import MalformedPolicy, parse_policy
from skyglobe.services.glue import glue
from skyglobe.services.glue.access import CATALOG
from skyglobe.services.glue.records import CatalogPolicy, policies
from skyglobe.services.glue.refusals import invalid, not_built, not_found

MAX_BYTES = 10 * 1024  # developer guide, "Resource-based policies for AWS Glue"


def _refuse_resource(resource_arn: str | None) -> None:
    if resource_arn is not None:
        # The model says of it: "Do not use. For internal use only."
        raise not_built("policies of single resources (ResourceArn)")


# No grants of Lake Formation are there that EnableHybrid could keep from being overridden.
@glue.operation(unused=("EnableHybrid",))
def put_resource_policy(
    call: Call,
    policy_in_json: str,
    resource_arn: str | None = None,
    policy_hash_condition: str | None = None,
    policy_exists_condition: str = "NONE",
) -> dict[str, Any]:
    """Set the catalog's policy. Raises ConditionCheckFailureException, EntityNotFoundException."""
    _refuse_resource(resource_arn)
    try:
        parse_policy(policy_in_json, "resource")
    except MalformedPolicy as reason:
        raise invalid(f"Invalid policy: {reason}") from reason
    if len(policy_in_json.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise invalid(f"The policy must not be larger than {MAX_BYTES} bytes.")
    before = policies.find(call, CATALOG)
    if policy_exists_condition == "MUST_EXIST" and before is None:
        raise not_found("Policy not found")
    if policy_exists_condition == "NOT_EXIST" and before is not None:
        raise glue.errors.ConditionCheckFailureException("Policy already exists")
    _check_hash(before, policy_hash_condition)
    made = CatalogPolicy(
        key=CATALOG,
        document=policy_in_json,
        hash=_hash(policy_in_json),
        created_at=before.created_at if before is not None else call.now,
        updated_at=call.now,
    )
    policies.put(call, made)
    return {"PolicyHash": made.hash}


def _hash(document: str) -> str:
    return base64.b64encode(hashlib.md5(document.encode("utf-8", "surrogatepass")).digest()).decode("ascii")


def _check_hash(found: CatalogPolicy | None, expected: str | None) -> None:
    if expected is not None and (found is None or found.hash != expected):
        raise glue.errors.ConditionCheckFailureException("The policy's hash is another.")


@glue.operation
def get_resource_policy(call: Call, resource_arn: str | None = None) -> dict[str, Any]:
    """Return the catalog's policy. Raises EntityNotFoundException."""
    _refuse_resource(resource_arn)
    found = policies.find(call, CATALOG)
    if found is None:
        raise not_found("Policy not found")
    return _shown(found)


@glue.operation
def delete_resource_policy(
    call: Call, policy_hash_condition: str | None = None, resource_arn: str | None = None
) -> None:
    """Take the catalog's policy back. Raises EntityNotFoundException, ConditionCheckFailureException."""
    _refuse_resource(resource_arn)
    found = policies.find(call, CATALOG)
    if found is None:
        raise not_found("Policy not found")
    _check_hash(found, policy_hash_condition)
    policies.delete(call, found)


@glue.operation(unused=("NextToken", "MaxResults"))
def get_resource_policies(call: Call) -> dict[str, Any]:
    """Return all policies of the catalog: there is one at most, since nothing of it is shared by RAM."""
    found = policies.find(call, CATALOG)
    return {"GetResourcePoliciesResponseList": [_shown(found)] if found is not None else []}


def _shown(policy: CatalogPolicy) -> dict[str, Any]:
    return {
        "PolicyInJson": policy.document,
        "PolicyHash": policy.hash,
        "CreateTime": policy.created_at / 1000,
        "UpdateTime": policy.updated_at / 1000,
    }
