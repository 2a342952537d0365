"""The replication configuration of buckets. ``replicating`` does what it says."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import documents, errors, places, s3, settings
from skyglobe.services.s3.guards import document_of, keeping_of
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.replication_checks import BadReplication, bucket_in, check_configuration
from skyglobe.services.s3.versions import ENABLED


@s3.operation
def get_bucket_replication(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a bucket's rules. Raises ReplicationConfigurationNotFoundError."""
    settings.enter(call, request)
    text = document_of(call, request["Bucket"], "replication")
    if not text:
        message = "The replication configuration was not found"
        raise s3.error("ReplicationConfigurationNotFoundError", message, status=404, BucketName=request["Bucket"])
    return {"ReplicationConfiguration": json.loads(text)}


@s3.operation(unused=("Token",))
def put_bucket_replication(call: Call, request: dict[str, Any]) -> None:
    """Replace a bucket's rules, which hold for what is written from now on. Both sides need versioning.

    Raises MalformedXML, InvalidArgument, InvalidRequest.
    """
    home, scope = places.visit(call, request)
    documents.check_document(call, request)
    configuration = request.get("ReplicationConfiguration") or {}
    try:
        check_configuration(configuration)
    except BadReplication as error:
        raise _refusal(error) from error
    if keeping_of(home.access).versioning != ENABLED:
        raise errors.invalid_request("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
    for rule in configuration["Rules"]:
        _check_destination(call, home, rule["Destination"])
    rules = [{**rule, "ID": rule.get("ID") or _id(call)} for rule in configuration["Rules"]]
    settings.keep_document(scope, home, "replication", json.dumps({"Role": configuration["Role"], "Rules": rules}))
    _note(call, home, True)


@s3.operation
def delete_bucket_replication(call: Call, request: dict[str, Any]) -> None:
    """Remove a bucket's rules: what is written from now on is not replicated."""
    home, scope = places.visit(call, request)
    settings.drop_document(scope, home, "replication")
    if keeping_of(home.access).has_replication:
        _note(call, home, False)


def _id(call: Call) -> str:
    return call.kernel.ids.secret(48).replace("/", "-")


def _note(call: Call, home: Home, has_replication: bool) -> None:
    keeping = msgspec.structs.replace(keeping_of(home.access), has_replication=has_replication)
    settings.change(call, home, keeping=keeping)


def _check_destination(call: Call, home: Home, place: dict[str, Any]) -> None:
    """Raise InvalidRequest unless a destination is another bucket that keeps versions, of the account named."""
    name = bucket_in(place)
    if name == home.name:
        raise errors.invalid_request("Destination bucket cannot be the same as the source bucket.")
    there = homes.find(call, call.partition, name)
    if there is None:
        raise errors.invalid_request("Destination bucket must exist.")
    if keeping_of(there.access).versioning != ENABLED:
        raise errors.invalid_request("Destination bucket must have versioning enabled.")
    if place.get("Account", there.owner) != there.owner:
        raise errors.invalid_request("Account must be the owner of the destination bucket.")


def _refusal(error: BadReplication) -> ServiceError:
    if error.code == "MalformedXML":
        return errors.malformed_xml()
    if error.code == "InvalidArgument":
        return errors.invalid_argument(error.message, error.name, error.value)
    return s3.error(error.code, error.message)
