"""What audits tell, on its way to CloudWatch Logs, Firehose and S3, where AWS's log delivery brings it.

CloudWatch Logs user guide, "Enable logging from AWS services": it acts as ``delivery.logs.amazonaws.com``, which the
policies of groups and buckets must let in, and for delivery streams in a session of its service-linked role.
"""

from __future__ import annotations

import gzip
import logging
from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.linked_roles import LinkedRole
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope, partition_of
from skyglobe.kernel.timers import find_timer, set_timer
from skyglobe.services.sns import sns
from skyglobe.services.sns.log_lines import write_line
from skyglobe.services.sns.records import Finding, Topic, findings
from skyglobe.services.sns.rules.audits import Destination

LOG_DELIVERY = "delivery.logs"
ROLE = LinkedRole(LOG_DELIVERY, "AWSServiceRoleForLogDelivery")
"""CloudWatch Logs user guide, "Logs sent to Firehose"."""
GATHERED_FOR = 300_000  # milliseconds until a file is written; AWS's own logs in buckets come about as often
BATCH = 5_000  # findings in one file

_log = logging.getLogger(__name__)


def tell(scope: Scope, topic: Topic, destination: Destination, finding: str) -> None:
    """Have a finding, one line of JSON, brought to all that a destination names. ``scope`` is the topic's."""
    if destination.log_group:
        told = {"group": destination.log_group, "stream": topic.id, "line": finding, "at": scope.now}
        post(scope, "sns", "log_finding", told)
    if destination.delivery_stream:
        post(scope, "sns", "stream_finding", {"stream": destination.delivery_stream, "line": finding})
    if destination.bucket:
        kept = Finding(bucket=destination.bucket, order=scope.kernel.next_order(), text=finding)
        findings.insert(scope, kept)
        if find_timer(scope, "sns", "gather", destination.bucket) is None:
            set_timer(scope, "sns", "gather", destination.bucket, scope.now + GATHERED_FOR)


@sns.consumer("log_finding")
async def log_finding(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Write a finding into its log group. What the group's policy does not let in is not written."""
    try:
        caller = _delivering(delivery)
        at, line = payload["at"], payload["line"]
        await write_line(caller, payload["group"], payload["stream"], at, line, makes_group=False)
    except ServiceError as error:
        _drop_or_raise(error, payload["group"])


@sns.consumer("stream_finding")
async def stream_finding(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Put a finding into its delivery stream, as far as the service-linked role may."""
    try:
        caller = await ROLE.acting(delivery.kernel, delivery.account, delivery.region, "log-delivery")
        record = {"Data": payload["line"].encode() + b"\n"}
        await caller.call("firehose", "PutRecord", {"DeliveryStreamName": payload["stream"], "Record": record})
    except ServiceError as error:
        _drop_or_raise(error, payload["stream"])


@sns.timer("gather")
def gather(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have the findings for a bucket written."""
    post(scope, "sns", "file_findings", {"bucket": key}, lane=f"findings:{key}")


@sns.consumer("file_findings")
async def file_findings(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Write the findings for a bucket into one file. What the bucket's policy does not let in is not written.

    A file is named after its last finding, so that one that is written again replaces itself.
    """
    bucket = payload["bucket"]
    found: list[Finding] = await delivery.transact(lambda scope: list(findings.scan(scope, bucket, limit=BATCH)))
    if not found:
        return
    body = gzip.compress("".join(f"{one.text}\n" for one in found).encode(), mtime=0)
    request = {
        "Bucket": bucket,
        "Key": file_name(delivery.account, delivery.region, delivery.posted_at, found[-1].order),
        "Body": body,
        "ContentType": "application/json",
        "ContentEncoding": "gzip",
        "ACL": "bucket-owner-full-control",
    }
    try:
        await _delivering(delivery).call("s3", "PutObject", request)
    except ServiceError as error:
        _drop_or_raise(error, bucket)
    await delivery.transact(lambda scope: _written(scope, bucket, found))


def file_name(account: str, region: str, at: int, order: int) -> str:
    """Return the key of a file of findings: where log delivery may write, by region and day."""
    when = datetime.fromtimestamp(at // 1000, UTC)
    name = f"{account}_sns_{region}_{when:%Y%m%dT%H%MZ}_{order:016x}.log.gz"
    return f"AWSLogs/{account}/sns/{region}/{when:%Y/%m/%d}/{name}"


def _written(scope: Scope, bucket: str, found: list[Finding]) -> None:
    for one in found:
        findings.drop(scope, bucket, one.order)
    if len(found) == BATCH:
        post(scope, "sns", "file_findings", {"bucket": bucket}, lane=f"findings:{bucket}")


def _delivering(delivery: Delivery) -> ServiceCaller:
    """Return log delivery as it calls for a topic; policies know its source by what they were given for it."""
    source = f"arn:{partition_of(delivery.region)}:logs:{delivery.region}:{delivery.account}:delivery-source:sns"
    return ServiceCaller(delivery.kernel, LOG_DELIVERY, delivery.account, delivery.region, source)


def _drop_or_raise(error: ServiceError, where: str) -> None:
    if error.status >= 500 and error.code != "NotImplemented":
        raise error
    _log.warning("a finding is not delivered to %s: %s", where, error.message)
