"""Records as the API shows them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import sealing
from skyglobe.services.lambda_.records import Alias, Function, LayerVersion, Version
from skyglobe.services.lambda_.rules.names import LATEST

UNLISTED = frozenset(
    ("State", "StateReason", "StateReasonCode", "LastUpdateStatus", "LastUpdateStatusReason",
     "LastUpdateStatusReasonCode", "RuntimeVersionConfig")
)  # fmt: skip
"""What lists leave out; API reference of ListFunctions."""
_REASONS = {"Creating": "The function is being created.", "Restoring": "The function is being restored."}


def stamp(at: Instant) -> str:
    """Return an instant as Lambda writes most of them: ``2026-01-02T03:04:05.678+0000``."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03}+0000"


def moment(at: Instant) -> datetime:
    """Return an instant for members that are timestamps."""
    return datetime.fromtimestamp(at / 1000, UTC)


def configuration(scope: Scope, function: Function, version: Version, qualifier: str = "") -> dict[str, Any]:
    """Return a version's ``FunctionConfiguration``, as named with ``qualifier``."""
    shown: dict[str, Any] = {
        "FunctionName": function.id,
        "FunctionArn": f"{function.arn}:{qualifier}" if qualifier else function.arn,
        "Runtime": version.runtime,
        "Role": version.role,
        "Handler": version.handler,
        "CodeSize": version.size_bytes,
        "Description": version.description,
        "Timeout": version.timeout_s,
        "MemorySize": version.memory_mb,
        "LastModified": stamp(version.modified_at),
        "CodeSha256": version.sha256,
        "Version": version.label,
        "TracingConfig": {"Mode": version.tracing},
        "RevisionId": version.revision,
        "State": version.state,
        "LastUpdateStatus": version.update,
        "PackageType": "Zip",
        "Architectures": [version.architecture],
        "EphemeralStorage": {"Size": version.ephemeral_mb},
        "SnapStart": {
            "ApplyOn": version.snap_start,
            "OptimizationStatus": "On" if version.snap_start != "None" and version.number else "Off",
        },
        "RuntimeVersionConfig": {"RuntimeVersionArn": runtime_version_arn(scope, version)},
        "LoggingConfig": _logging(version),
    }
    if (environment := sealing.shown(scope, function.arn, version)) is not None:
        shown["Environment"] = environment
    if version.durable_timeout_s:
        shown["DurableConfig"] = {
            "ExecutionTimeout": version.durable_timeout_s,
            "RetentionPeriodInDays": version.durable_kept_days,
        }
    if version.layers:
        shown["Layers"] = [{"Arn": layer.arn, "CodeSize": layer.size_bytes} for layer in version.layers]
    if version.dead_letters_to:
        shown["DeadLetterConfig"] = {"TargetArn": version.dead_letters_to}
    if version.kms_key:
        shown["KMSKeyArn"] = version.kms_key
    if version.state_code:
        shown["StateReasonCode"] = version.state_code
        shown["StateReason"] = _REASONS[version.state_code]
    if version.update_code:
        shown["LastUpdateStatusReasonCode"] = version.update_code
        shown["LastUpdateStatusReason"] = "The function is being updated."
    return shown


def listed(scope: Scope, function: Function, version: Version, qualifier: str = "") -> dict[str, Any]:
    """Return a ``FunctionConfiguration`` as lists have it."""
    shown = configuration(scope, function, version, qualifier)
    return {name: value for name, value in shown.items() if name not in UNLISTED}


def log_group_of(version: Version) -> str:
    return version.log_group or f"/aws/lambda/{version.function}"


def _logging(version: Version) -> dict[str, Any]:
    shown = {"LogFormat": version.log_format, "LogGroup": log_group_of(version)}
    if version.log_format == "JSON":
        shown |= {"ApplicationLogLevel": version.application_level, "SystemLogLevel": version.system_level}
    return shown


def runtime_version_arn(scope: Scope, version: Version) -> str:
    """Return what identifies the runtime a version runs on: the one that was pinned, or this machine's."""
    if version.runtime_version_arn:
        return version.runtime_version_arn
    digest = hashlib.sha256(version.runtime.encode()).hexdigest()
    return f"arn:{scope.partition}:lambda:{scope.region}::runtime:{digest}"


def alias_shape(function: Function, alias: Alias) -> dict[str, Any]:
    """Return an ``AliasConfiguration``."""
    shown: dict[str, Any] = {
        "AliasArn": f"{function.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": str(alias.version) if alias.version else LATEST,
        "Description": alias.description,
        "RevisionId": alias.revision,
    }
    if alias.weights:
        shown["RoutingConfig"] = {"AdditionalVersionWeights": alias.weights}
    return shown


def layer_shape(version: LayerVersion) -> dict[str, Any]:
    """Return what lists and descriptions have of a layer's version."""
    shown: dict[str, Any] = {
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": stamp(version.created_at),
    }
    if version.runtimes:
        shown["CompatibleRuntimes"] = list(version.runtimes)
    if version.architectures:
        shown["CompatibleArchitectures"] = list(version.architectures)
    if version.license:
        shown["LicenseInfo"] = version.license
    return shown
