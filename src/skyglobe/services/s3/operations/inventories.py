"""Inventory configurations of buckets."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import errors, inventories, places, s3
from skyglobe.services.s3.configurations import check_room, get_configuration, page_of_configurations
from skyglobe.services.s3.inventories import Inventory
from skyglobe.services.s3.inventory_files import load_pyarrow
from skyglobe.services.s3.rules.inventories import BadInventory, check_inventory


@s3.operation
def put_bucket_inventory_configuration(call: Call, request: dict[str, Any]) -> None:
    """Have a bucket's objects listed daily or weekly. Raises MalformedXML, TooManyConfigurations, NotImplemented."""
    scope = places.enter(call, request)
    configuration = request.get("InventoryConfiguration") or {}
    try:
        check_inventory(request["Id"], configuration)
    except BadInventory as error:
        raise errors.malformed_xml() from error
    if configuration["Destination"]["S3BucketDestination"]["Format"] != "CSV":
        load_pyarrow()
    bucket = request["Bucket"]
    if inventories.inventories.find(scope, bucket, request["Id"]) is None:
        check_room(scope, inventories.inventories, bucket)
    kept = Inventory(bucket=bucket, id=request["Id"], text=json.dumps(configuration))
    inventories.inventories.put(scope, kept)
    inventories.schedule(scope, kept)


@s3.operation
def get_bucket_inventory_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return one configuration. Raises NoSuchConfiguration."""
    kept = get_configuration(places.enter(call, request), inventories.inventories, request)
    return {"InventoryConfiguration": json.loads(kept.text)}


@s3.operation
def list_bucket_inventory_configurations(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a bucket's configurations."""
    scope = places.enter(call, request)
    return page_of_configurations(scope, inventories.inventories, request, "InventoryConfigurationList")


@s3.operation
def delete_bucket_inventory_configuration(call: Call, request: dict[str, Any]) -> None:
    """Make no more lists by a configuration. Raises NoSuchConfiguration."""
    scope = places.enter(call, request)
    inventories.drop(scope, get_configuration(scope, inventories.inventories, request))
