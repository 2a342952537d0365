"""What happens in DAX when time passes: clusters are changed, and topics hear of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.dax import dax
from skyglobe.services.dax.changing import arrive, proceed
from skyglobe.services.dax.finding import find_same
from skyglobe.services.dax.serving import servers_of


@dax.timer("proceed")
def proceed_due(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Carry out a change whose time has come."""
    cluster = find_same(scope, payload["name"], int(key))
    if cluster is not None:
        proceed(scope, cluster)


@dax.consumer("tend")
async def tend(scope: Scope, payload: dict[str, Any]) -> None:
    """Open and close ports; then the nodes behind those that are open are available."""
    kernel, account, region = scope.kernel, scope.account, scope.region
    await servers_of(kernel).reconcile()
    await kernel.transact(lambda renewed: arrive(renewed, payload["name"], payload["number"]), account, region)


@dax.consumer("tell")
async def tell(scope: Scope, payload: dict[str, Any]) -> None:
    """Publish an event to a cluster's topic. A topic that is gone, or lets DAX in no more, is told nothing."""
    when = datetime.fromtimestamp(payload["at"] / 1000, UTC).isoformat(timespec="milliseconds")
    message = {"SourceName": payload["source"], "SourceType": "CLUSTER", "Message": payload["message"], "Date": when}
    caller = ServiceCaller(scope.kernel, "dax", scope.account, scope.region)
    try:
        await caller.sns.publish(TopicArn=payload["topic"], Message=json.dumps(message))
    except ServiceError as error:
        if error.status >= 500:
            raise
