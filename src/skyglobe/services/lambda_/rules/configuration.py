"""What a function may be configured to be: limits, defaults, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.lambda_.refusals import invalid, not_built
from skyglobe.services.lambda_.rules.runtimes import SNAP_STARTED, SUPPORTED

MAX_TIMEOUT_S = 900  # Lambda quotas, "Function timeout"
MAX_MEMORY_MB = 10_240  # Lambda quotas, "Function memory allocation"
MAX_ENVIRONMENT_BYTES = 4_096  # Lambda quotas, "Function environment variables"
DEFAULT_DURABLE_TIMEOUT_S = 86_400  # the console's proposal; the API reference names no default
DEFAULT_RETENTION_DAYS = 14  # AWS::Lambda::Function DurableConfig
MAX_LAYERS = 5  # Lambda quotas, "Function layers"
RESERVED = (
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
)  # fmt: skip
"""Developer guide, "Defined runtime environment variables": what functions cannot set."""

Settings = dict[str, Any]
"""Fields of a version, and what they are to be."""


def check_built(request: dict[str, Any]) -> None:
    """Refuse what needs services that are not there: NotImplemented (501), naming them."""
    vpc = request.get("VpcConfig") or {}
    if vpc.get("SubnetIds") or vpc.get("SecurityGroupIds"):
        raise not_built("Functions in a VPC need Amazon EC2's subnets, which are not built yet: leave VpcConfig out.")
    if request.get("FileSystemConfigs"):
        raise not_built("File systems need Amazon EFS, which is not built yet: leave FileSystemConfigs out.")
    if request.get("PackageType", "Zip") != "Zip" or request.get("ImageConfig"):
        raise not_built("Container images need Amazon ECR, which is not built yet: use PackageType Zip.")
    for member, what in (
        ("CapacityProviderConfig", "Capacity providers"),
        ("TenancyConfig", "Tenant isolation"),
        ("PublishTo", "Publishing to $LATEST.PUBLISHED"),
    ):
        if request.get(member):
            raise not_built(f"{what} are not built yet: leave {member} out.")


def read_settings(request: dict[str, Any]) -> Settings:
    """Return the fields that a CreateFunction or UpdateFunctionConfiguration sets.

    Raises InvalidParameterValueException and ValidationException.
    """
    settings: Settings = {}
    for member, (field, read) in _MEMBERS.items():
        if member in request:
            settings[field] = read(request[member])
    if "LoggingConfig" in request:
        settings |= _logging(request["LoggingConfig"])
    if request.get("DurableConfig"):
        settings |= _durable(request["DurableConfig"])
    return settings


def check_runtime(runtime: str, snap_start: str) -> None:
    """Raise InvalidParameterValueException for a retired runtime, or one that SnapStart is not for."""
    if runtime not in SUPPORTED:
        raise invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
            "functions. We recommend you use a supported runtime while creating or updating functions."
        )
    if snap_start == "PublishedVersions" and not runtime.startswith(SNAP_STARTED):
        raise invalid(f"{runtime} is not supported for SnapStart enabled functions.")


def _timeout(value: int) -> int:
    if value > MAX_TIMEOUT_S:
        raise ServiceError(
            f"1 validation error detected: Value '{value}' at 'timeout' failed to satisfy constraint: "
            f"Member must have value less than or equal to {MAX_TIMEOUT_S}",
            code="ValidationException",
        )
    return value


def _memory(value: int) -> int:
    if value > MAX_MEMORY_MB:
        text = "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to "
        raise invalid(f"{text}{MAX_MEMORY_MB}")
    return value


def _variables(value: dict[str, Any]) -> dict[str, str] | None:
    variables: dict[str, str] = value.get("Variables") or {}
    reserved = [name for name in variables if name in RESERVED]
    start = "Lambda was unable to configure your environment variables because the environment variables you have "
    if reserved:
        raise invalid(
            f"{start}provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode("utf-8", "surrogatepass")) > MAX_ENVIRONMENT_BYTES:
        raise invalid(f"{start}provided exceeded the 4KB limit. String measured: {measured}")
    return dict(variables) or None


def _dead_letters(value: dict[str, Any]) -> str:
    arn: str = value.get("TargetArn") or ""
    if arn:
        try:
            place = parse_arn(arn)
        except ValueError:
            place = None
        if place is None or place.service not in ("sqs", "sns"):
            raise invalid(f"The provided target ARN {arn} is not an SQS queue or an SNS topic.")
        if place.service == "sqs" and place.resource.endswith(".fifo"):
            raise invalid("The dead-letter queue of a function cannot be a FIFO queue.")
    return arn


def _durable(value: dict[str, Any]) -> Settings:
    kept = value.get("RetentionPeriodInDays", DEFAULT_RETENTION_DAYS)
    return {"durable_timeout_s": value.get("ExecutionTimeout", DEFAULT_DURABLE_TIMEOUT_S), "durable_kept_days": kept}


def _logging(value: dict[str, Any]) -> Settings:
    form = value.get("LogFormat", "Text")
    levels = {
        "application_level": value.get("ApplicationLogLevel", ""),
        "system_level": value.get("SystemLogLevel", ""),
    }
    if form == "Text" and any(levels.values()):
        raise invalid("ApplicationLogLevel and SystemLogLevel can only be set when LogFormat is JSON.")
    if form == "JSON":
        levels = {name: level or "INFO" for name, level in levels.items()}
    return {"log_format": form, "log_group": value.get("LogGroup", ""), **levels}


_MEMBERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "Runtime": ("runtime", str),
    "Role": ("role", str),
    "Handler": ("handler", str),
    "Description": ("description", str),
    "Timeout": ("timeout_s", _timeout),
    "MemorySize": ("memory_mb", _memory),
    "Environment": ("variables", _variables),
    "DeadLetterConfig": ("dead_letters_to", _dead_letters),
    "KMSKeyArn": ("kms_key", str),
    "TracingConfig": ("tracing", lambda value: value.get("Mode", "PassThrough")),
    "EphemeralStorage": ("ephemeral_mb", lambda value: value["Size"]),
    "SnapStart": ("snap_start", lambda value: value.get("ApplyOn", "None")),
    "Architectures": ("architecture", lambda value: value[0]),
}
"""Which field of a version each member sets, and how."""
