"""Event source mappings: made, changed, shown, taken away."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import called_function, function_arn, get_version
from skyglobe.services.lambda_.mapping_states import begin, begin_deletion
from skyglobe.services.lambda_.paging import page
from skyglobe.services.lambda_.polling.sources import check_source
from skyglobe.services.lambda_.records import Mapping, mappings
from skyglobe.services.lambda_.refusals import conflict, invalid, no_such_resource
from skyglobe.services.lambda_.roles import check_dead_letters, check_role
from skyglobe.services.lambda_.rules.mappings import check_batch, kind_of, read_mapping
from skyglobe.services.lambda_.shapes import moment

_SETTLED = ("Enabled", "Disabled")


@lambda_.operation(unused=("LoggingConfig",))
def create_event_source_mapping(call: Call, request: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
    """Have Lambda read a queue or a stream, and invoke a function with what is in it.

    Raises ResourceConflictException for a source that the function has already; InvalidParameterValueException for a
    source that is not there, or that the function's role may not read.
    """
    found = called_function(call, request["FunctionName"])
    version = get_version(found)
    arn = request.get("EventSourceArn", "")
    if not arn:
        read_mapping("", False, request, is_new=True)
    kind = kind_of(arn)
    fields = read_mapping(kind, arn.endswith(".fifo"), request, is_new=True)
    check_batch(kind, fields["batch_size"], fields.get("window_s", 0))
    check_tags(request.get("Tags") or {}, invalid)

    async def create() -> dict[str, Any]:
        session = await check_role(call, found.scope.account, version.role, found.function.id)
        await check_source(call, session, kind, arn, version.timeout_s)
        await check_dead_letters(call, session, fields.get("on_failure", ""), who="function execution role")
        return await call.transact(lambda now: _insert(now, request, fields))

    return create()


def _insert(call: Call, request: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    found = called_function(call, request["FunctionName"])
    source = request["EventSourceArn"]
    for other in mappings.scan_by(call, "source", source):
        if other.function == found.function.id and other.qualifier == found.qualifier:
            raise conflict(
                f'The event source arn (" {source} ") and function (" {found.function.id} ") provided mapping already '
                f"exists. Please update or delete the existing mapping with UUID {other.id}"
            )
    uuid = call.kernel.ids.uuid()
    made = Mapping(
        arn=make_arn(call, "lambda", f"event-source-mapping:{uuid}"),
        id=uuid,
        owner=call.account,
        created_at=call.now,
        tags=request.get("Tags") or {},
        function=found.function.id,
        qualifier=found.qualifier,
        source_arn=source,
        modified_at=call.now,
        result="" if source.split(":")[2] == "sqs" else "No records processed",
        **fields,
    )
    mappings.insert(call, made)
    return shape(call, begin(call, made, "Creating", is_enabled=request.get("Enabled", True)))


@lambda_.operation(unused=("LoggingConfig",))
def update_event_source_mapping(
    call: Call, request: dict[str, Any]
) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Change what is named of a mapping; what it has read it does not read again."""
    old = _get(call, request["UUID"])
    fields = read_mapping(old.source_kind, old.source_arn.endswith(".fifo"), request, is_new=False)
    check_batch(old.source_kind, fields.get("batch_size", old.batch_size), fields.get("window_s", old.window_s))
    if "FunctionName" not in request:
        return _change(call, request, fields)
    found = called_function(call, request["FunctionName"])
    version = get_version(found)
    fields |= {"function": found.function.id, "qualifier": found.qualifier}

    async def update() -> dict[str, Any]:
        session = await check_role(call, found.scope.account, version.role, found.function.id)
        await check_source(call, session, old.source_kind, old.source_arn, version.timeout_s)
        return await call.transact(lambda now: _change(now, request, fields))

    return update()


def _change(call: Call, request: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    old = _get(call, request["UUID"])
    if old.state not in _SETTLED:
        raise _in_use(old, "update")
    is_enabled = request.get("Enabled", old.state == "Enabled")
    new = replace(old, modified_at=call.now, reason="USER_INITIATED", **fields)
    mappings.replace(call, old, new)
    state = "Updating" if is_enabled == (old.state == "Enabled") else "Enabling" if is_enabled else "Disabling"
    return shape(call, begin(call, new, state, is_enabled=is_enabled))


@lambda_.operation
def get_event_source_mapping(call: Call, uuid: str) -> dict[str, Any]:
    """Return one mapping."""
    return shape(call, _get(call, uuid))


@lambda_.operation
def delete_event_source_mapping(call: Call, uuid: str) -> dict[str, Any]:
    """Take a mapping away. Raises ResourceInUseException while it is being created or changed."""
    old = _get(call, uuid)
    if old.state not in _SETTLED:
        raise _in_use(old, "delete")
    return shape(call, begin_deletion(call, old))


@lambda_.operation
def list_event_source_mappings(
    call: Call,
    event_source_arn: str | None = None,
    function_name: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List mappings: all, or those of a source, of a function, or of both."""
    found = called_function(call, function_name) if function_name else None

    def rows() -> Iterator[Mapping]:
        if found is not None:
            every = mappings.scan_by(call, "function", found.function.id)
        elif event_source_arn:
            every = mappings.scan_by(call, "source", event_source_arn)
        else:
            every = mappings.scan(call)
        for one in every:
            if event_source_arn and one.source_arn != event_source_arn:
                continue
            if found is None or not found.qualifier or one.qualifier == found.qualifier:
                yield one

    listing = f"mappings:{function_name}:{event_source_arn}"
    kept, more = page(call, listing, rows(), lambda one: one.id, marker, max_items, most=100)
    return {"EventSourceMappings": [shape(call, one) for one in kept], **more}


def _get(call: Call, uuid: str) -> Mapping:
    kept = mappings.find(call, uuid)
    if kept is None:
        raise no_such_resource()
    return kept


def _in_use(mapping: Mapping, verb: str) -> Exception:
    return lambda_.errors.ResourceInUseException(
        f"Cannot {verb} the event source mapping because it is in use.", fields={"Type": "User"}
    )


def shape(call: Call, mapping: Mapping) -> dict[str, Any]:
    """Return an ``EventSourceMappingConfiguration``."""
    shown: dict[str, Any] = {
        "UUID": mapping.id,
        "EventSourceMappingArn": mapping.arn,
        "EventSourceArn": mapping.source_arn,
        "FunctionArn": function_arn(call, mapping.function, mapping.qualifier),
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.window_s,
        "LastModified": moment(mapping.modified_at),
        "State": mapping.state,
        "StateTransitionReason": mapping.reason,
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if mapping.reports_failures else [],
    }
    if mapping.filters:
        shown["FilterCriteria"] = {"Filters": [{"Pattern": one} for one in mapping.filters]}
    if mapping.kms_key:
        shown["KMSKeyArn"] = mapping.kms_key
    if mapping.metrics:
        shown["MetricsConfig"] = {"Metrics": list(mapping.metrics)}
    if mapping.source_kind == "sqs":
        if mapping.max_concurrency is not None:
            shown["ScalingConfig"] = {"MaximumConcurrency": mapping.max_concurrency}
        return shown
    shown |= {
        "StartingPosition": mapping.position,
        "ParallelizationFactor": mapping.parallel,
        "LastProcessingResult": mapping.result,
        "DestinationConfig": {"OnFailure": {"Destination": mapping.on_failure} if mapping.on_failure else {}},
        "MaximumRecordAgeInSeconds": mapping.max_age_s,
        "BisectBatchOnFunctionError": mapping.bisects,
        "MaximumRetryAttempts": mapping.retries,
        "TumblingWindowInSeconds": mapping.tumbling_s,
    }
    if mapping.position_at is not None:
        shown["StartingPositionTimestamp"] = moment(mapping.position_at)
    return shown
