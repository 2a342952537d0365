"""What Lambda writes into a function's log of its own accord: as text, or as JSON where its configuration says so.

The records are those of the Telemetry API ("Lambda Telemetry API Event schema reference"); which of them reach a JSON
log is in "Configuring JSON and plain text log formats", system log level event mapping.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

LEVELS = ("DEBUG", "INFO", "WARN")

Record = dict[str, Any]


def instant(at: int) -> str:
    """Return milliseconds since the epoch as log lines have them: ``2026-11-27T13:20:00.123Z``."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def text_line(kind: str, record: Record, at: int) -> str:
    """Return the line of a ``platform.…`` event in a text log; empty for those that only telemetry and JSON have."""
    write = _TEXTS.get(kind)
    return write(record, at) if write is not None else ""


def json_line(kind: str, record: Record, at: int, wanted_level: str) -> str:
    """Return the line of a ``platform.…`` event in a JSON log; empty where its level is below the wanted one."""
    if LEVELS.index(level_of(kind, record)) < LEVELS.index(wanted_level):
        return ""
    return msgspec.json.encode(event(kind, record, at)).decode() + "\n"


def event(kind: str, record: Any, at: int) -> dict[str, Any]:
    """Return an event as telemetry's subscribers get it."""
    return {"time": instant(at), "type": kind, "record": record}


def level_of(kind: str, record: Record) -> str:
    """Return the level of a ``platform.…`` event in JSON logs."""
    if record.get("status", "success") != "success" or kind == "platform.logsDropped":
        return "WARN"
    if kind in ("platform.initStart", "platform.restoreStart"):
        return "INFO" if record.get("runtimeVersion") else "DEBUG"
    if kind == "platform.initReport":
        return "INFO" if record["initializationType"] != "on-demand" else "DEBUG"
    return "DEBUG" if kind.endswith("RuntimeDone") or kind == "platform.runtimeDone" else "INFO"


def _init_start(record: Record, at: int) -> str:
    return _versioned("INIT_START", record)


def _restore_start(record: Record, at: int) -> str:
    return _versioned("RESTORE_START", record)


def _versioned(word: str, record: Record) -> str:
    version, arn = record.get("runtimeVersion"), record.get("runtimeVersionArn")
    return f"{word} Runtime Version: {version}\tRuntime Version ARN: {arn}\n" if version else ""


def _init_report(record: Record, at: int) -> str:
    if record["status"] == "success":
        return ""
    line = f"INIT_REPORT Init Duration: {record['metrics']['durationMs']:.2f} ms\tPhase: {record['phase']}"
    return f"{line}\tStatus: {record['status']}{_error_type(record)}\n"


def _restore_report(record: Record, at: int) -> str:
    line = f"RESTORE_REPORT Restore Duration: {record['metrics']['durationMs']:.2f} ms"
    return line + ("\n" if record["status"] == "success" else f"\tStatus: {record['status']}{_error_type(record)}\n")


def _start(record: Record, at: int) -> str:
    return f"START RequestId: {record['requestId']} Version: {record['version']}\n"


def _report(record: Record, at: int) -> str:
    metrics = record["metrics"]
    parts = [
        f"REPORT RequestId: {record['requestId']}",
        f"Duration: {metrics['durationMs']:.2f} ms",
        f"Billed Duration: {metrics['billedDurationMs']} ms",
        f"Memory Size: {metrics['memorySizeMB']} MB",
        f"Max Memory Used: {metrics['maxMemoryUsedMB']} MB",
    ]
    if "initDurationMs" in metrics:
        parts.append(f"Init Duration: {metrics['initDurationMs']:.2f} ms")
    if "restoreDurationMs" in metrics:
        parts.append(f"Restore Duration: {metrics['restoreDurationMs']:.2f} ms")
        parts.append(f"Billed Restore Duration: {metrics['billedRestoreDurationMs']} ms")
    if record["status"] != "success":
        parts.append(f"Status: {record['status']}" + _error_type(record))
    return f"END RequestId: {record['requestId']}\n" + "\t".join(parts) + "\t\n"


def _error_type(record: Record) -> str:
    return f"\tError Type: {record['errorType']}" if record.get("errorType") else ""


def _extension(record: Record, at: int) -> str:
    error = f"\tError Type: {record['errorType']}" if record.get("errorType") else ""
    events = ", ".join(record["events"])
    return f"EXTENSION\tName: {record['name']}\tState: {record['state']}\tEvents: [{events}]{error}\n"


def _subscription(record: Record, at: int) -> str:
    types = ", ".join(record["types"])
    return f"TELEMETRY\tName: {record['name']}\tState: {record['state']}\tTypes: [{types}]\n"


def _dropped(record: Record, at: int) -> str:
    return f"LOGS_DROPPED\tReason: {record['reason']}\tRecords: {record['droppedRecords']}\n"


_TEXTS = {
    "platform.initStart": _init_start,
    "platform.restoreStart": _restore_start,
    "platform.initReport": _init_report,
    "platform.restoreReport": _restore_report,
    "platform.start": _start,
    "platform.report": _report,
    "platform.extension": _extension,
    "platform.telemetrySubscription": _subscription,
    "platform.logsDropped": _dropped,
}
