"""Environment variables of functions with a KMS key: encrypted as long as they are kept.

Developer guide, "Securing Lambda environment variables": who configures a function with a key needs ``kms:Encrypt`` and
``kms:CreateGrant``, who looks at the variables ``kms:Decrypt``; by the grant the function itself has them decrypted.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.data_keys import KeyUser
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.records import Version

OPENED_FOR = 300_000
"""Milliseconds for which decrypted variables are used for new environments. AWS does not tell."""
_WORDS = {
    "AccessDeniedException": ("KMSAccessDeniedException", "KMS access was denied. Please check your KMS permissions."),
    "DisabledException": ("KMSDisabledException", "KMS key used is disabled. Please check your KMS key settings."),
    "KMSInvalidStateException": (
        "KMSInvalidStateException",
        "state of the KMS key used is not valid for Decrypt. Please check your KMS key settings.",
    ),
    "NotFoundException": ("KMSNotFoundException", "KMS key was not found. Please check your KMS key settings."),
}


def _told(error: ServiceError) -> ServiceError:
    if error.code not in _WORDS:
        return error
    name, words = _WORDS[error.code]
    text = f"Lambda was unable to decrypt the environment variables because the {words} KMS Message: {error.message}"
    made: ServiceError = getattr(lambda_.errors, name)(text)
    return made


def _refused(error: ServiceError) -> ServiceError:
    if error.code == "AccessDeniedException":
        return lambda_.error(
            "AccessDeniedException",
            f"Lambda was unable to configure access to your environment "
            f"variables because the KMS access was denied. KMS Message: {error.message}",
            status=403,
        )
    return lambda_.errors.InvalidParameterValueException(
        f"Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
        f"CreateGrant. Please check your KMS key settings. KMS Exception: {error.code} KMS Message: {error.message}"
    )


_reading = KeyUser("lambda", _told)
_writing = KeyUser("lambda", _refused)


def sealed(call: Call, function_arn: str, version: Version) -> Version:
    """Return a version as it is to be kept. Raises AccessDeniedException and InvalidParameterValueException."""
    if not version.kms_key or not version.variables:
        return version
    plain = json.dumps(version.variables, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    context = _context(function_arn)
    given = {"KeyId": version.kms_key, "Plaintext": plain, "EncryptionContext": context}
    blob = _writing.ask(call, "Encrypt", given)["CiphertextBlob"]
    grant = {
        "KeyId": version.kms_key,
        "GranteePrincipal": version.role,
        "Operations": ["Decrypt"],
        "Constraints": {"EncryptionContextEquals": context},
        "Name": function_arn,
    }
    _writing.ask(call, "CreateGrant", grant)
    return replace(version, variables=None, sealed_variables=blob)


def opened(call: Call, function_arn: str, version: Version) -> dict[str, str] | None:
    """Return a version's variables as the caller may have them. Raises KMSAccessDeniedException and its kin."""
    if not version.sealed_variables:
        return version.variables
    answer = _reading.ask(call, "Decrypt", _asked(function_arn, version))
    variables: dict[str, str] = json.loads(answer["Plaintext"])
    return variables


def shown(scope: Scope, function_arn: str, version: Version) -> dict[str, Any] | None:
    """Return the ``Environment`` of a configuration, with what went wrong where KMS does not open it."""
    try:
        if isinstance(scope, Call):
            variables = opened(scope, function_arn, version)
        elif version.sealed_variables:
            raise lambda_.errors.KMSAccessDeniedException("The variables are another account's.")
        else:
            variables = version.variables
    except ServiceError as error:
        code = "AccessDeniedException" if error.code == "KMSAccessDeniedException" else error.code
        return {"Error": {"ErrorCode": code, "Message": error.message}}
    return {"Variables": variables} if variables else None


async def for_running(
    kernel: Kernel, account: str, region: str, principal: Principal, function_arn: str, version: Version
) -> dict[str, str]:
    """Return the variables a version runs with, as its role may have them. Raises what ``opened`` does."""
    if not version.sealed_variables:
        return version.variables or {}
    caller = ServiceCaller.of(kernel, account, region, principal.via("lambda.amazonaws.com"))
    try:
        answer = await caller.call("kms", "Decrypt", _asked(function_arn, version))
    except ServiceError as error:
        raise _told(error) from error
    variables: dict[str, str] = json.loads(answer["Plaintext"])
    return variables


def _asked(function_arn: str, version: Version) -> dict[str, Any]:
    return {"CiphertextBlob": version.sealed_variables, "EncryptionContext": _context(function_arn)}


def _context(function_arn: str) -> dict[str, str]:
    return {"aws:lambda:FunctionArn": function_arn}
