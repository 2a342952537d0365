"""The policies of access points: what is refused when one is put."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import find_resource
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3.guards import Blocks
from skyglobe.services.s3.rules.bucket_policies import (
    MAX_POLICY_BYTES,
    Malformed,
    check_directory_policy,
    check_policy,
    is_open,
    is_public,
    named_principals,
)
from skyglobe.services.s3control import refusals, s3control


def check(scope: Scope, text: str, arn: str, blocks: Blocks) -> None:
    """Raise MalformedPolicy, PolicyTooLarge, or AccessDenied for a public policy where those are blocked."""
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise s3control.error("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
    try:
        if ":s3express:" in arn:
            check_directory_policy(text, arn)
        else:
            check_policy(text, arn)
    except Malformed as error:
        raise refusals.malformed_policy(str(error), error.detail) from error
    check_principals(scope, text)
    opens = is_open(text) if ":s3express:" in arn else is_public(text)
    if blocks.policy and opens:
        raise public_refused()


def check_principals(scope: Scope, text: str) -> None:
    """Raise MalformedPolicy when a policy names users or roles that are not there."""
    if scope.kernel.services.find("iam") is None:
        return
    for named in sorted(named_principals(text)):
        if find_resource(scope, named) is None:
            raise refusals.malformed_policy("Invalid principal in policy", f'"AWS":"{named}"')


def public_refused() -> ServiceError:
    return refusals.access_denied()
