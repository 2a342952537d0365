"""Finding vaults and what is in them, in the account a request names."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NamedTuple

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.ids import Ids
from skyglobe.kernel.scope import Scope
from skyglobe.services.glacier import refusals
from skyglobe.services.glacier.records import (
    Archive,
    Job,
    Upload,
    Vault,
    account_vaults,
    archives,
    jobs,
    uploads,
    vaults,
)

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")  # CreateVault, API reference
_ACCOUNT = re.compile(r"[0-9]{12}")
ARCHIVE_ID_BYTES, JOB_ID_BYTES = 103, 69
"""138 and 92 characters of base64."""
ORDER_BYTES = 8


class Place(NamedTuple):
    """A vault, and the same work in the account where it is."""

    scope: Scope
    vault: Vault


def account_of(call: Call, account_id: str) -> str:
    """Return the account a request is about: the caller's own for ``-``."""
    return call.account if account_id == "-" or _ACCOUNT.fullmatch(account_id) is None else account_id


def enter(call: Call, account_id: str) -> Scope:
    """Return the work in the account a request names.

    Raises AccessDeniedException for what is no account, NoLongerSupportedException where the cloud plays the service as
    it is since December 2025: closed to accounts that have nothing in it.
    """
    if account_id != "-" and _ACCOUNT.fullmatch(account_id) is None:
        raise refusals.denied(f"Access denied: {account_id} is no account id.")
    scope = call if account_id in ("-", call.account) else call.within(account_id)
    if call.kernel.faults.get("glacier", "closed") and not account_vaults.get(scope, ""):
        text = (
            "Amazon Glacier is no longer accepting new customers. Please use Amazon S3 Glacier storage classes instead."
        )
        raise refusals.no_longer_supported(text)
    return scope


def check_name(name: str) -> None:
    """Raise InvalidParameterValueException for what cannot be a vault's name."""
    if _NAME.fullmatch(name) is None:
        raise refusals.invalid(f"Invalid vaultName: {name}")


def vault_arn(scope: Scope, name: str) -> str:
    return make_arn(scope, "glacier", f"vaults/{name}")


def get_vault(call: Call, account_id: str, name: str) -> Place:
    """Return the vault a request names. Raises ResourceNotFoundException and what ``enter`` and ``check_name`` do."""
    scope = enter(call, account_id)
    check_name(name)
    vault = vaults.find(scope, name)
    if vault is None:
        raise refusals.no_such_vault(vault_arn(scope, name))
    return Place(scope, vault)


def new_id(ids: Ids, order: int, size: int) -> str:
    """Return an opaque id of ``size`` bytes that begins with an order."""
    return (
        base64.urlsafe_b64encode(order.to_bytes(ORDER_BYTES, "big") + ids.token(size - ORDER_BYTES))
        .decode()
        .rstrip("=")
    )


def _order_in(text: str) -> int | None:
    try:
        return int.from_bytes(base64.urlsafe_b64decode(text[:12] + "=" * (-len(text[:12]) % 4))[:ORDER_BYTES], "big")
    except (ValueError, binascii.Error):
        return None


def find_archive(scope: Scope, vault: str, archive_id: str) -> Archive | None:
    """Return an archive that is in a vault, or None."""
    order = _order_in(archive_id)
    found = archives.find(scope, vault, order) if order is not None else None
    return found if found is not None and found.id == archive_id and not found.is_deleted else None


def get_upload(scope: Scope, vault: str, upload_id: str) -> Upload:
    """Return an upload, completed or not. Raises ResourceNotFoundException."""
    found = uploads.find(scope, vault, upload_id)
    if found is None:
        raise refusals.not_found(f"The upload ID was not found: {upload_id}")
    return found


def get_job(scope: Scope, vault: str, job_id: str) -> Job:
    """Return a job. Raises ResourceNotFoundException."""
    order = _order_in(job_id)
    found = jobs.find(scope, vault, order) if order is not None else None
    if found is None or found.id != job_id:
        raise refusals.not_found(f"The job ID was not found: {job_id}")
    return found


def limit_of(text: str | None, default: int, most: int) -> int:
    """Return how many entries a page is to have. Raises InvalidParameterValueException."""
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text[:10]) <= most:
        raise refusals.invalid(f"Invalid limit: {text}. It must be between 1 and {most}.")
    return int(text)


def place_of(place: Place, kind: str, id_: str) -> str:
    """Return the path of something in a vault, as ``Location`` tells it."""
    return f"/{place.scope.account}/vaults/{place.vault.id}/{kind}/{id_}"


Answer = dict[str, Any]
