"""The lifecycle rules of buckets. ``aging`` applies them."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import aging, documents, errors, places, s3, settings
from skyglobe.services.s3.guards import document_of, keeping_of
from skyglobe.services.s3.records import Home
from skyglobe.services.s3.rules.directories import is_directory, is_rule_of_directory
from skyglobe.services.s3.rules.lifecycle import ALL_128K, VARIES
from skyglobe.services.s3.rules.lifecycle_checks import BadLifecycle, check_rules

_MINIMUM_HEADER = "x-amz-transition-default-minimum-object-size"


@s3.operation
def get_bucket_lifecycle_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a bucket's rules. Raises NoSuchLifecycleConfiguration."""
    settings.enter(call, request)
    text = document_of(call, request["Bucket"], "lifecycle")
    if not text:
        message = "The lifecycle configuration does not exist"
        raise s3.error("NoSuchLifecycleConfiguration", message, status=404, BucketName=request["Bucket"])
    kept = json.loads(text)
    return {"Rules": kept["Rules"], "TransitionDefaultMinimumObjectSize": kept["Minimum"]}


@s3.operation
def put_bucket_lifecycle_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Replace a bucket's rules, which are applied from the next midnight UTC on.

    Raises MalformedXML, InvalidRequest, InvalidArgument, and InvalidBucketState while MFA Delete is on.
    """
    home, scope = places.visit(call, request)
    documents.check_document(call, request)
    if keeping_of(home.access).mfa_delete:
        text = "Lifecycle configuration cannot be put on a bucket that has MFA Delete enabled."
        raise s3.error("InvalidBucketState", text, status=409)
    rules = (request.get("LifecycleConfiguration") or {}).get("Rules") or []
    minimum = request.get("TransitionDefaultMinimumObjectSize", ALL_128K)
    if minimum not in (ALL_128K, VARIES):
        raise errors.invalid_argument("Invalid default minimum object size", _MINIMUM_HEADER, minimum)
    if is_directory(home.name) and not all(map(is_rule_of_directory, rules)):
        raise errors.invalid_request("Directory buckets only support expiration and aborting incomplete uploads.")
    try:
        check_rules(rules)
    except BadLifecycle as error:
        raise _refusal(error) from error
    named = [{**rule, "ID": rule.get("ID") or call.kernel.ids.secret(48).replace("/", "-")} for rule in rules]
    text = json.dumps({"Rules": named, "Minimum": minimum}, default=lambda date: date.timestamp())
    settings.keep_document(scope, home, "lifecycle", text)
    _note(call, home, True)
    aging.begin(scope, home.name)
    return {"TransitionDefaultMinimumObjectSize": minimum}


@s3.operation
def delete_bucket_lifecycle(call: Call, request: dict[str, Any]) -> None:
    """Remove a bucket's rules. Nothing is applied any more from now on."""
    home, scope = places.visit(call, request)
    settings.drop_document(scope, home, "lifecycle")
    if keeping_of(home.access).has_lifecycle:
        _note(call, home, False)
        aging.end(scope, home.name)


def _note(call: Call, home: Home, has_lifecycle: bool) -> None:
    keeping = msgspec.structs.replace(keeping_of(home.access), has_lifecycle=has_lifecycle)
    settings.change(call, home, keeping=keeping)


def _refusal(error: BadLifecycle) -> ServiceError:
    return errors.malformed_xml() if error.code == "MalformedXML" else s3.error(error.code, error.message)
