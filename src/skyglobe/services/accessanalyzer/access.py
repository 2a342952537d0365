"""Finding analyzers by name and ARN."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.accessanalyzer import accessanalyzer
from skyglobe.services.accessanalyzer.records import Analyzer, analyzers


def not_found(kind: str, id_: str) -> ServiceError:
    """Return the error for what is not there."""
    fields = {"resourceId": id_, "resourceType": kind}
    return accessanalyzer.errors.ResourceNotFoundException(f"The specified {kind} was not found: {id_}", fields=fields)


def invalid(message: str) -> ServiceError:
    """Return the error for input that breaks a rule."""
    return accessanalyzer.errors.ValidationException(message, fields={"reason": "fieldValidationFailed"})


def get_analyzer(scope: Scope, name: str) -> Analyzer:
    """Return the analyzer of that name. Raises ResourceNotFoundException."""
    found = analyzers.find(scope, name)
    if found is None:
        raise not_found("analyzer", name)
    return found


def get_analyzer_by_arn(scope: Scope, arn: str) -> Analyzer:
    """Return the account's analyzer with this ARN. Raises ResourceNotFoundException."""
    found = analyzers.find(scope, arn.rpartition("/")[2])
    if found is None or found.arn != arn:
        raise not_found("analyzer", arn)
    return found
