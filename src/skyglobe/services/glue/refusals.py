"""Glue's errors in Glue's words."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.glue import glue


def invalid(message: str) -> ServiceError:
    """Return ``InvalidInputException`` (400)."""
    return glue.errors.InvalidInputException(message)


def not_found(message: str) -> ServiceError:
    """Return ``EntityNotFoundException`` (400)."""
    return glue.errors.EntityNotFoundException(message)


def no_such_database(name: str) -> ServiceError:
    """Return ``EntityNotFoundException`` (400) for a database."""
    return not_found(f"Database {name} not found.")


def no_such_table(name: str) -> ServiceError:
    """Return ``EntityNotFoundException`` (400) for a table."""
    return not_found(f"Table {name} not found.")


def no_such_partition() -> ServiceError:
    """Return ``EntityNotFoundException`` (400) for a partition."""
    return not_found("Cannot find partition.")


def exists(what: str) -> ServiceError:
    """Return ``AlreadyExistsException`` (400)."""
    return glue.errors.AlreadyExistsException(f"{what} already exists.")


def over_limit(what: str, most: int) -> ServiceError:
    """Return ``ResourceNumberLimitExceededException`` (400)."""
    return glue.errors.ResourceNumberLimitExceededException(f"The limit of {most} {what} was exceeded.")


def not_built(what: str) -> ServiceError:
    """Return ``NotImplemented`` (501) for what needs something that is not there."""
    return glue.error("NotImplemented", f"Skyglobe does not implement {what} of AWS Glue yet.", status=501)


def refuse_unbuilt(given: dict[str, Any], unbuilt: dict[str, str]) -> None:
    """Raise ``NotImplemented`` for a member that asks for what is not built; ``unbuilt`` says what each is."""
    for member, what in unbuilt.items():
        if given.get(member) is not None:
            raise not_built(f"{what} ({member})")


def error_detail(error: ServiceError) -> dict[str, str]:
    """Return an ``ErrorDetail``, as batches tell what became of one of their entries."""
    return {"ErrorCode": error.code, "ErrorMessage": error.message}
