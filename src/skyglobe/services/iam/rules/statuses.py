"""Active or inactive: what keys, certificates and passwords of users are."""

from __future__ import annotations

from skyglobe.services.iam.refusals import validation_error


def is_active_status(status: str) -> bool:
    """Read a status a client sets. Raises ValidationError for ``Expired``, which only time sets."""
    if status not in ("Active", "Inactive"):
        raise validation_error("Status must be Active or Inactive.")
    return status == "Active"


def shown_status(is_active: bool) -> str:
    """Return a status as the API shows it."""
    return "Active" if is_active else "Inactive"
