"""The public access block of an account, over those of its buckets."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3.guards import AccountBlocks, account_blocks, blocks_of_account
from skyglobe.services.s3.operations.public_blocks import blocks_in, configuration_of
from skyglobe.services.s3control import s3control


@s3control.operation
def put_public_access_block(call: Call, public_access_block_configuration: dict[str, Any], account_id: str) -> None:
    """Set all four settings of an account, for its buckets of all regions; those that are not named are off."""
    blocks = AccountBlocks(name="", blocks=blocks_in(public_access_block_configuration))
    account_blocks.put(call.within(account_id), blocks)


@s3control.operation
def get_public_access_block(call: Call, account_id: str) -> dict[str, Any]:
    """Return the settings of an account. Raises NoSuchPublicAccessBlockConfiguration when it has none."""
    blocks = blocks_of_account(call, account_id)
    if blocks is None:
        text = "The public access block configuration was not found"
        raise s3control.errors.NoSuchPublicAccessBlockConfiguration(text, fields={"AccountId": account_id})
    return {"PublicAccessBlockConfiguration": configuration_of(blocks)}


@s3control.operation
def delete_public_access_block(call: Call, account_id: str) -> None:
    """Remove the settings of an account: those of its buckets are left."""
    account_blocks.drop(call.within(account_id), "")
