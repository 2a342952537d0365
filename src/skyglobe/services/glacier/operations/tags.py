"""Tags of vaults."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.glacier import glacier, refusals
from skyglobe.services.glacier.finding import get_vault
from skyglobe.services.glacier.records import vaults

MAX_TAGS = 10  # of a vault; AddTagsToVault, API reference


@glacier.operation
def add_tags_to_vault(call: Call, account_id: str, vault_name: str, tags: dict[str, str] | None = None) -> None:
    """Give a vault tags; those of the same keys are replaced. Raises LimitExceededException beyond ten."""
    scope, vault = get_vault(call, account_id, vault_name)
    if not tags:
        raise refusals.missing("Tags must be specified.")
    merged = {**vault.tags, **tags}
    if len(merged) > MAX_TAGS:
        raise refusals.limit_exceeded(f"Tag limit exceeded: a vault can have at most {MAX_TAGS} tags.")
    check_tags(merged, refusals.invalid)
    vaults.replace(scope, vault, msgspec.structs.replace(vault, tags=merged))


@glacier.operation
def remove_tags_from_vault(call: Call, account_id: str, vault_name: str, tag_keys: list[str] | None = None) -> None:
    """Take tags away; keys that are not there do no harm."""
    scope, vault = get_vault(call, account_id, vault_name)
    if not tag_keys:
        raise refusals.missing("TagKeys must be specified.")
    left = {key: value for key, value in vault.tags.items() if key not in tag_keys}
    vaults.replace(scope, vault, msgspec.structs.replace(vault, tags=left))


@glacier.operation
def list_tags_for_vault(call: Call, account_id: str, vault_name: str) -> dict[str, Any]:
    """Return a vault's tags."""
    return {"Tags": get_vault(call, account_id, vault_name).vault.tags}
