"""Telling requestors of delegations what became of them: on their SNS topic, whose policy must let IAM publish."""

from __future__ import annotations

import json
import logging
from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import iam_arn

_log = logging.getLogger(__name__)


@iam.consumer("notify-requestor")
async def notify_requestor(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Publish a change of a request's state. A topic that is gone or closed to IAM hears nothing, and is logged."""
    channel, notice = payload["channel"], payload["notice"]
    arn = await delivery.transact(
        lambda scope: iam_arn(scope, "delegation-request", "/", notice["DelegationRequestId"])
    )
    caller = ServiceCaller(delivery.kernel, "iam", delivery.account, parse_arn(channel).region, arn)
    try:
        await caller.call("sns", "Publish", {"TopicArn": channel, "Message": json.dumps(notice)})
    except ServiceError as error:
        if error.status >= 500 and error.code != "NotImplemented":
            raise
        _log.warning("%s was not told of a delegation request: %s", channel, error)
