"""Code signing configurations, and which functions have which."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import called_whole
from skyglobe.services.lambda_.paging import page
from skyglobe.services.lambda_.records import CodeSigning, code_signings, functions
from skyglobe.services.lambda_.refusals import conflict, invalid
from skyglobe.services.lambda_.shapes import stamp
from skyglobe.services.lambda_.signing import find_code_signing, get_code_signing, missing_text

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@lambda_.operation
def create_code_signing_config(
    call: Call,
    allowed_publishers: dict[str, Any],
    description: str = "",
    code_signing_policies: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Say whose signatures are trusted, and whether other code is let in."""
    check_tags(tags or {}, invalid)
    made_id = "csc-" + "".join(call.kernel.ids.random.choices(_ALPHABET, k=17))
    made = CodeSigning(
        arn=make_arn(call, "lambda", f"code-signing-config:{made_id}"),
        id=made_id,
        owner=call.account,
        created_at=call.now,
        tags=tags or {},
        description=description,
        profiles=tuple(allowed_publishers["SigningProfileVersionArns"]),
        policy=(code_signing_policies or {}).get("UntrustedArtifactOnDeployment", "Warn"),
        modified_at=call.now,
    )
    code_signings.insert(call, made)
    return {"CodeSigningConfig": _shape(made)}


@lambda_.operation
def get_code_signing_config(call: Call, code_signing_config_arn: str) -> dict[str, Any]:
    """Return one configuration."""
    return {"CodeSigningConfig": _shape(get_code_signing(call, code_signing_config_arn))}


@lambda_.operation
def update_code_signing_config(
    call: Call,
    code_signing_config_arn: str,
    description: str | None = None,
    allowed_publishers: dict[str, Any] | None = None,
    code_signing_policies: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Change what is named of a configuration; deployments from now on are held against it."""
    old = get_code_signing(call, code_signing_config_arn)
    profiles = old.profiles if allowed_publishers is None else tuple(allowed_publishers["SigningProfileVersionArns"])
    new = replace(
        old,
        description=old.description if description is None else description,
        profiles=profiles,
        policy=(code_signing_policies or {}).get("UntrustedArtifactOnDeployment", old.policy),
        modified_at=call.now,
    )
    code_signings.replace(call, old, new)
    return {"CodeSigningConfig": _shape(new)}


@lambda_.operation
def delete_code_signing_config(call: Call, code_signing_config_arn: str) -> None:
    """Delete a configuration that no function has. Raises ResourceConflictException for others."""
    kept = get_code_signing(call, code_signing_config_arn)
    if next(functions.scan_by(call, "signed", kept.arn, limit=1), None) is not None:
        raise conflict(
            "Cannot delete a CodeSigningConfig that is being used by at least one function. "
            "Please remove all uses of this CodeSigningConfig before deleting it."
        )
    code_signings.delete(call, kept)


@lambda_.operation
def list_code_signing_configs(call: Call, marker: str | None = None, max_items: int | None = None) -> dict[str, Any]:
    """List the configurations of this account and region."""
    found, more = page(call, "code signing", code_signings.scan(call), lambda one: one.id, marker, max_items)
    return {"CodeSigningConfigs": [_shape(one) for one in found], **more}


@lambda_.operation
def list_functions_by_code_signing_config(
    call: Call, code_signing_config_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the functions that have a configuration."""
    kept = get_code_signing(call, code_signing_config_arn)
    rows = functions.scan_by(call, "signed", kept.arn)
    found, more = page(call, f"signed by {kept.id}", rows, lambda one: one.id, marker, max_items)
    return {"FunctionArns": [one.arn for one in found], **more}


@lambda_.operation
def put_function_code_signing_config(call: Call, code_signing_config_arn: str, function_name: str) -> dict[str, Any]:
    """Have deployments of a function held against a configuration, from the next on."""
    scope, function, _ = called_whole(call, function_name)
    if find_code_signing(scope, code_signing_config_arn) is None:
        raise lambda_.errors.CodeSigningConfigNotFoundException(
            missing_text(code_signing_config_arn),
            fields={"Type": "User"},
        )
    functions.replace(scope, function, replace(function, code_signing_arn=code_signing_config_arn))
    return {"CodeSigningConfigArn": code_signing_config_arn, "FunctionName": function.id}


@lambda_.operation
def get_function_code_signing_config(call: Call, function_name: str) -> dict[str, Any]:
    """Return which configuration a function has; nothing when it has none."""
    function = called_whole(call, function_name).function
    return {"CodeSigningConfigArn": function.code_signing_arn, "FunctionName": function.id}


@lambda_.operation
def delete_function_code_signing_config(call: Call, function_name: str) -> None:
    """Have a function's code signed by whoever, or nobody."""
    scope, function, _ = called_whole(call, function_name)
    functions.replace(scope, function, replace(function, code_signing_arn=""))


def _shape(kept: CodeSigning) -> dict[str, Any]:
    return {
        "CodeSigningConfigId": kept.id,
        "CodeSigningConfigArn": kept.arn,
        "Description": kept.description,
        "AllowedPublishers": {"SigningProfileVersionArns": list(kept.profiles)},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": kept.policy},
        "LastModified": stamp(kept.modified_at),
    }
