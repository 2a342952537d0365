"""Code signing: packages are held against a function's configuration. No AWS Signer is there to sign any."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.records import CodeSigning, code_signings
from skyglobe.services.lambda_.refusals import not_found


def missing_text(arn: str) -> str:
    return (
        f"The code signing configuration cannot be found. Check that the provided configuration is not deleted: {arn}."
    )


def find_code_signing(scope: Scope, arn: str) -> CodeSigning | None:
    """Return the code signing configuration with this ARN, of this account and region, or None."""
    return next(code_signings.scan_by(scope, "arn", arn, limit=1), None)


def get_code_signing(scope: Scope, arn: str) -> CodeSigning:
    """As ``find_code_signing``. Raises ResourceNotFoundException."""
    found = find_code_signing(scope, arn)
    if found is None:
        raise not_found(missing_text(arn))
    return found


def check_code_signing(scope: Scope, arn: str) -> None:
    """Hold unsigned code, which all code is here, against a function's code signing configuration.

    Raises CodeSigningConfigNotFoundException; CodeVerificationFailedException where other code is not let in.
    """
    if not arn:
        return
    found = find_code_signing(scope, arn)
    if found is None:
        raise lambda_.errors.CodeSigningConfigNotFoundException(
            missing_text(arn),
            fields={"Type": "User"},
        )
    if found.policy == "Enforce":
        raise lambda_.errors.CodeVerificationFailedException(
            "The code signature failed one or more of the validation checks for signature mismatch or expiry, and the "
            "code signing policy is set to ENFORCE. Lambda blocks the deployment.",
            fields={"Type": "User"},
        )
