"""Storage Lens configurations, and their tags. ``lenses`` does what they say."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3.inventory_files import load_pyarrow
from skyglobe.services.s3control import lenses, s3control
from skyglobe.services.s3control.lenses import Lens, find_lens, lens_arn
from skyglobe.services.s3control.operations.job_tags import tags_in
from skyglobe.services.s3control.rules.lenses import DEFAULT_ID, MAX_CONFIGURATIONS, BadLens, check_configuration

PAGE = 100  # configurations; ListStorageLensConfigurations pages, AWS states no size


@s3control.operation
def put_storage_lens_configuration(
    call: Call,
    account_id: str,
    config_id: str,
    storage_lens_configuration: dict[str, Any],
    tags: list[dict[str, str]] | None = None,
) -> None:
    """Make or replace a dashboard, at home in the region of the call. Raises InvalidRequest, NotImplemented."""
    scope = call.within(account_id)
    try:
        check_configuration(config_id, storage_lens_configuration)
    except BadLens as error:
        if error.is_unbuilt:
            raise s3control.error("NotImplemented", error.message, status=501) from error
        raise s3control.error("InvalidRequest", error.message) from error
    place = (storage_lens_configuration.get("DataExport") or {}).get("S3BucketDestination") or {}
    if place.get("Format") == "Parquet":
        load_pyarrow()
    old = find_lens(scope, config_id)
    if old is None and sum(1 for _ in lenses.lenses.scan(scope, limit=MAX_CONFIGURATIONS)) >= MAX_CONFIGURATIONS:
        text = f"You have attempted to create more Storage Lens configurations than allowed: {MAX_CONFIGURATIONS}"
        raise s3control.error("TooManyConfigurations", text)
    kept_tags = tags_in(tags) if tags is not None else old.tags if old is not None else {}
    lens = Lens(id=config_id, text=json.dumps(storage_lens_configuration), tags=kept_tags)
    lenses.lenses.put(scope, lens)
    lenses.schedule(scope, lens)


@s3control.operation
def get_storage_lens_configuration(call: Call, account_id: str, config_id: str) -> dict[str, Any]:
    """Return a dashboard's configuration. Raises NoSuchConfiguration."""
    scope = call.within(account_id)
    told = {**json.loads(_get(scope, config_id).text), "StorageLensArn": lens_arn(scope, config_id)}
    return {"StorageLensConfiguration": told}


@s3control.operation
def list_storage_lens_configurations(call: Call, account_id: str, next_token: str | None = None) -> dict[str, Any]:
    """Return a page of the dashboards at home in the region, the default one among them. Raises InvalidRequest."""
    scope = call.within(account_id)
    found = {lens.id: lens for lens in lenses.lenses.scan(scope)}
    default = find_lens(scope, DEFAULT_ID)
    if default is not None:
        found[DEFAULT_ID] = default
    rows = [found[id_] for id_ in sorted(found)]
    try:
        page, token = page_of(scope, "lenses", rows, lambda lens: lens.id, next_token, PAGE)
    except InvalidToken as error:
        raise s3control.error("InvalidRequest", "The NextToken is not valid") from error
    told = [
        {
            "Id": lens.id,
            "StorageLensArn": lens_arn(scope, lens.id),
            "HomeRegion": scope.region,
            "IsEnabled": json.loads(lens.text)["IsEnabled"],
        }
        for lens in page
    ]
    answer: dict[str, Any] = {"StorageLensConfigurationList": told}
    return answer if token is None else {**answer, "NextToken": token}


@s3control.operation
def delete_storage_lens_configuration(call: Call, account_id: str, config_id: str) -> None:
    """Remove a dashboard; the default one cannot be. Raises NoSuchConfiguration, InvalidRequest."""
    scope = call.within(account_id)
    lens = _get(scope, config_id)
    if config_id == DEFAULT_ID:
        raise s3control.error("InvalidRequest", "The default dashboard cannot be deleted, only disabled")
    lenses.drop(scope, lens)


@s3control.operation
def get_storage_lens_configuration_tagging(call: Call, account_id: str, config_id: str) -> dict[str, Any]:
    """Return a dashboard's tags. Raises NoSuchConfiguration."""
    lens = _get(call.within(account_id), config_id)
    return {"Tags": [{"Key": key, "Value": value} for key, value in lens.tags.items()]}


@s3control.operation
def put_storage_lens_configuration_tagging(
    call: Call, account_id: str, config_id: str, tags: list[dict[str, str]]
) -> dict[str, Any]:
    """Replace a dashboard's tags. Raises NoSuchConfiguration, TooManyTagsException, InvalidTag."""
    scope = call.within(account_id)
    lenses.lenses.put(scope, msgspec.structs.replace(_get(scope, config_id), tags=tags_in(tags)))
    return {}


@s3control.operation
def delete_storage_lens_configuration_tagging(call: Call, account_id: str, config_id: str) -> dict[str, Any]:
    """Remove a dashboard's tags. Raises NoSuchConfiguration."""
    scope = call.within(account_id)
    lenses.lenses.put(scope, msgspec.structs.replace(_get(scope, config_id), tags={}))
    return {}


def _get(scope: Scope, id_: str) -> Lens:
    found = find_lens(scope, id_)
    if found is None:
        text = "The specified configuration does not exist."
        raise s3control.error("NoSuchConfiguration", text, status=404)
    return found
