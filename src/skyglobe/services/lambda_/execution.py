"""The way to the execution environments: what they are to run, what they write, when they end."""

from __future__ import annotations

import logging
import os.path
from functools import partial
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_.packages import unpacked
from skyglobe.services.lambda_.records import Function, Version
from skyglobe.services.lambda_.roles import session_of
from skyglobe.services.lambda_.running.interface import (
    Credentials,
    Environments,
    Initialization,
    Specification,
    environments_of,
)
from skyglobe.services.lambda_.sealing import OPENED_FOR, for_running
from skyglobe.services.lambda_.shapes import log_group_of

MAX_SPECIFICATIONS = 4_096
MAX_EVENTS = 10_000  # of one PutLogEvents; CloudWatch Logs quotas
MAX_BYTES = 1_000_000  # the same: 1 MiB with 26 bytes for each event
_EXISTS = "ResourceAlreadyExistsException"
_MISSING = "ResourceNotFoundException"
_log = logging.getLogger(__name__)


def environments(kernel: Kernel) -> Environments:
    """Return the execution environments of a cloud."""
    return environments_of(kernel, partial(write_logs, kernel))


def retire(scope: Scope, function_arn: str, version: str | None = None) -> None:
    """End the environments of a function, or of one of its versions, once this work is committed."""
    kernel = scope.kernel

    def end() -> None:
        kernel.spawn(environments(kernel).retire(function_arn, version))

    scope.after_commit(end)


async def specification_of(
    kernel: Kernel, account: str, region: str, function: Function, version: Version, initialization: Initialization
) -> Specification:
    """Return what a version is run by. Its packages are unpacked then."""
    cache = kernel.caches.of("lambda.specifications", MAX_SPECIFICATIONS)
    until = kernel.clock.now() // OPENED_FOR if version.sealed_variables else 0
    key = (function.arn, function.number, version.number, version.revision, initialization, until)
    kept: Specification | None = cache.get(key)
    if kept is not None and os.path.exists(kept.code):  # noqa: ASYNC240 - of a folder, once for each invocation
        return kept

    variables = version.variables or {}
    if version.sealed_variables:
        session = await session_of(kernel, account, region, version.role, function.id)
        variables = await for_running(kernel, account, region, session.principal, function.arn, version)

    async def get_credentials() -> Credentials:
        return (await session_of(kernel, account, region, version.role, function.id)).credentials

    made = Specification(
        account=account,
        region=region,
        name=function.id,
        version=version.label,
        role=version.role,
        function_arn=function.arn,
        revision=f"{version.revision}:{initialization}",
        runtime=version.runtime,
        handler=version.handler,
        code=await unpacked(kernel, version.sha256),
        layers=tuple([await unpacked(kernel, layer.sha256) for layer in version.layers]),
        environment=variables,
        memory_mb=version.memory_mb,
        timeout_s=version.timeout_s,
        ephemeral_mb=version.ephemeral_mb,
        architecture=version.architecture,
        initialization=initialization,
        get_credentials=get_credentials,
        log_group=log_group_of(version),
        log_format="JSON" if version.log_format == "JSON" else "Text",
        application_level=version.application_level or "INFO",
        system_level=version.system_level or "INFO",
    )
    cache.keep(key, made)
    return made


async def write_logs(kernel: Kernel, specification: Specification, stream: str, events: list[tuple[int, str]]) -> None:
    """Write a function's log as its role; nothing where there is no CloudWatch Logs. Raises its ``ServiceError``."""
    if kernel.services.find("logs") is None:
        return
    place = specification.account, specification.region
    principal = (await session_of(kernel, *place, specification.role, specification.name)).principal
    start = 0
    while start < len(events):
        size, end = 0, start
        while end < len(events) and end - start < MAX_EVENTS:
            size += len(events[end][1].encode("utf-8", "surrogatepass")) + 26
            if size > MAX_BYTES and end > start:
                break
            end += 1
        await _put(kernel, principal, specification, stream, events[start:end])
        start = end


async def _put(
    kernel: Kernel, principal: Principal, specification: Specification, stream: str, events: list[tuple[int, str]]
) -> None:
    async def call(operation: str, params: dict[str, Any]) -> None:
        place = (specification.account, specification.region)
        await kernel.invoke(principal, *place, "logs", operation, params)

    where = {"logGroupName": specification.log_group, "logStreamName": stream}
    entries = [{"timestamp": at, "message": message} for at, message in events if message]
    if not entries:
        return
    try:
        await call("PutLogEvents", {**where, "logEvents": entries})
    except ServiceError as error:
        if error.code != _MISSING:
            raise
        for operation, params in (
            ("CreateLogGroup", {"logGroupName": specification.log_group}),
            ("CreateLogStream", where),
        ):
            try:
                await call(operation, params)
            except ServiceError as failure:
                if failure.code not in (_EXISTS, "AccessDeniedException"):
                    raise
                _log.debug("%s of %s: %s", operation, specification.function_arn, failure.message)
        await call("PutLogEvents", {**where, "logEvents": entries})
