"""Inventory configurations of buckets."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import errors, inventories, places, s3
from skyglobe.services.s3.inventories import Inventory
from skyglobe.services.s3.inventory_files import load_pyarrow
from skyglobe.services.s3.rules.inventories import MAX_CONFIGURATIONS, BadInventory, check_inventory

PAGE = 100  # configurations; API reference, ListBucketInventoryConfigurations


@s3.operation
def put_bucket_inventory_configuration(call: Call, request: dict[str, Any]) -> None:
    """Have a bucket's objects listed daily or weekly. Raises MalformedXML, TooManyConfigurations, NotImplemented."""
    scope = places.enter(call, request)
    configuration = request.get("InventoryConfiguration") or {}
    known = call.operation.service.model.shape("InventoryOptionalField").enum
    try:
        check_inventory(request["Id"], configuration, known)
    except BadInventory as error:
        if error.unbuilt:
            raise errors.not_implemented("Inventory", f"{error.unbuilt}: not built yet.") from error
        raise errors.malformed_xml() from error
    if configuration["Destination"]["S3BucketDestination"]["Format"] != "CSV":
        load_pyarrow()
    bucket = request["Bucket"]
    there = sum(1 for _ in inventories.inventories.scan(scope, bucket, limit=MAX_CONFIGURATIONS))
    if there >= MAX_CONFIGURATIONS and inventories.inventories.find(scope, bucket, request["Id"]) is None:
        text = "You are attempting to create a new configuration but have already reached the "
        text += f"{MAX_CONFIGURATIONS:,}-configuration limit."
        raise s3.error("TooManyConfigurations", text)
    kept = Inventory(bucket=bucket, id=request["Id"], text=json.dumps(configuration))
    inventories.inventories.put(scope, kept)
    inventories.schedule(scope, kept)


@s3.operation
def get_bucket_inventory_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return one configuration. Raises NoSuchConfiguration."""
    kept = _get(places.enter(call, request), request)
    return {"InventoryConfiguration": json.loads(kept.text)}


@s3.operation
def list_bucket_inventory_configurations(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a bucket's configurations."""
    scope = places.enter(call, request)
    token = request.get("ContinuationToken")
    start = (f"{token}\0",) if token else None
    found = list(inventories.inventories.scan(scope, request["Bucket"], start=start, limit=PAGE + 1))
    answer: dict[str, Any] = {"IsTruncated": len(found) > PAGE}
    if found:
        answer["InventoryConfigurationList"] = [json.loads(kept.text) for kept in found[:PAGE]]
    if len(found) > PAGE:
        answer["NextContinuationToken"] = found[PAGE - 1].id
    if token:
        answer["ContinuationToken"] = token
    return answer


@s3.operation
def delete_bucket_inventory_configuration(call: Call, request: dict[str, Any]) -> None:
    """Make no more lists by a configuration. Raises NoSuchConfiguration."""
    scope = places.enter(call, request)
    inventories.drop(scope, _get(scope, request))


def _get(scope: Scope, request: dict[str, Any]) -> Inventory:
    kept = inventories.inventories.find(scope, request["Bucket"], request["Id"])
    if kept is None:
        raise s3.error("NoSuchConfiguration", "The specified configuration does not exist.", status=404)
    return kept
