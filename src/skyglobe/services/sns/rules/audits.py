"""Audits of data protection policies: how many messages they look through, what they tell, and where they tell it.

Developer guide, "Data protection policy operations in Amazon SNS", section "Audit operation".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.identifiers import Identifier

MAX_RATE = 99  # percent; same section
GROUP_PREFIX = "/aws/vendedlogs/"
"""What the names of log groups for findings begin with; same section."""
_MEMBERS = {"CloudWatchLogs": "LogGroup", "Firehose": "DeliveryStream", "S3": "Bucket"}
"""What a destination may name, and the member that has the name."""


class Destination(NamedTuple):
    """Where findings are sent: names, empty where there is none."""

    log_group: str = ""
    delivery_stream: str = ""
    bucket: str = ""


class Audit(NamedTuple):
    """What an audit asks for."""

    rate: int
    """Percent of messages that are looked through."""
    findings: Destination | None
    """For messages that have sensitive data; None where nobody is told."""
    no_findings: Destination | None

    @property
    def destinations(self) -> list[Destination]:
        """Where anything is sent to."""
        return [one for one in (self.findings, self.no_findings) if one is not None and any(one)]


def parse_audit(settings: Any) -> Audit:
    """Return what the ``Audit`` operation of a statement asks for. Raises InvalidParameter."""
    known = {"SampleRate", "FindingsDestination", "NoFindingsDestination"}
    if not isinstance(settings, dict) or not settings.keys() <= known:
        raise _refused(f"Audit has {', '.join(sorted(known))} and nothing else")
    if not settings.keys() & (known - {"SampleRate"}):
        raise _refused("Audit must have a FindingsDestination or a NoFindingsDestination")
    return Audit(
        _rate(settings.get("SampleRate")),
        _destination(settings, "FindingsDestination"),
        _destination(settings, "NoFindingsDestination"),
    )


def _rate(given: Any) -> int:
    """AWS's examples write the rate as text."""
    text = str(given) if isinstance(given, int | str) and not isinstance(given, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise _refused(f"SampleRate must be an integer from 0 to {MAX_RATE}")
    return int(text)


def _destination(settings: dict[str, Any], member: str) -> Destination | None:
    if member not in settings:
        return None
    given = settings[member]
    if not isinstance(given, dict) or not given.keys() <= _MEMBERS.keys():
        raise _refused(f"{member} has {', '.join(sorted(_MEMBERS))} and nothing else")
    names = {kind: _name(member, kind, given[kind]) for kind in given}
    group = names.get("CloudWatchLogs", "")
    if group and not group.startswith(GROUP_PREFIX):
        raise _refused(f"The name of the LogGroup of {member} must start with {GROUP_PREFIX}")
    return Destination(group, names.get("Firehose", ""), names.get("S3", ""))


def _name(member: str, kind: str, given: Any) -> str:
    wanted = _MEMBERS[kind]
    name = given.get(wanted) if isinstance(given, dict) and given.keys() == {wanted} else None
    if not isinstance(name, str) or not name:
        raise _refused(f"{kind} of {member} must have a {wanted} and nothing else")
    return name


def _refused(reason: str) -> Exception:
    return invalid("DataProtectionPolicy", reason)


def find_identifiers(text: str, identifiers: tuple[Identifier, ...]) -> list[dict[str, Any]]:
    """Return what a finding says of a text, identifier by identifier; nothing when there is no sensitive data.

    Detections count characters from one, and name the last: CloudWatch Logs user guide, "Audit findings reports".
    """
    found = []
    for identifier in identifiers:
        spans = identifier.find(text)
        if spans:
            detections = [{"start": start + 1, "end": end} for start, end in spans]
            found.append({"name": identifier.name, "count": len(spans), "detections": detections})
    return found


def finding_of(
    message_id: str, at: int, caller: str, topic_arn: str, identifiers: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a finding; same section, "Audit destination log example". ``at`` is in milliseconds."""
    return {
        "messageId": message_id,
        "auditTimestamp": datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "callerPrincipal": caller,
        "resourceArn": topic_arn,
        "dataIdentifiers": identifiers,
    }
