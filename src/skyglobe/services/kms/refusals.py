"""KMS's errors, in its words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.kms import kms


def invalid(text: str) -> ServiceError:
    """Return the error of input that the model lets through and KMS does not."""
    return kms.error("ValidationException", text)


def no_such_key(arn: str) -> ServiceError:
    return kms.errors.NotFoundException(f"Key '{arn}' does not exist")


def no_such_alias(arn: str) -> ServiceError:
    return kms.errors.NotFoundException(f"Alias {arn} is not found.")


def is_pending_deletion(arn: str) -> ServiceError:
    return kms.errors.KMSInvalidStateException(f"{arn} is pending deletion.")


def is_pending_import(arn: str) -> ServiceError:
    return kms.errors.KMSInvalidStateException(f"{arn} is pending import.")


def is_disabled(arn: str) -> ServiceError:
    return kms.errors.DisabledException(f"{arn} is disabled.")


def wrong_origin(arn: str, origin: str) -> ServiceError:
    return kms.errors.UnsupportedOperationException(f"{arn} origin is {origin} which is not valid for this operation.")


def wrong_spec(arn: str, spec: str) -> ServiceError:
    return kms.errors.UnsupportedOperationException(f"{arn} key spec is {spec} which is not valid for this operation.")


def not_own(arn: str) -> ServiceError:
    """Return the error of what is never allowed on keys of other accounts."""
    return kms.error(
        "AccessDeniedException",
        f"The operation cannot be performed on {arn}: it is a resource of another account.",
    )


def unknown_ciphertext_key() -> ServiceError:
    return kms.error(
        "AccessDeniedException",
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are "
        "not allowed to access.",
    )


def is_managed_by_aws(arn: str) -> ServiceError:
    return kms.error("AccessDeniedException", f"{arn} is an AWS managed key, which customers cannot change.")


def dry_run() -> ServiceError:
    return kms.errors.DryRunOperationException(
        "The request would have succeeded, but the DryRun option is set.",
    )
