"""Which SNS topic is told when a vault's jobs are done."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.services.glacier import glacier, refusals
from skyglobe.services.glacier.finding import get_vault
from skyglobe.services.glacier.records import vaults

EVENTS = {"ArchiveRetrieval": "ArchiveRetrievalCompleted", "InventoryRetrieval": "InventoryRetrievalCompleted"}
"""By the action of a job."""


@glacier.operation
def set_vault_notifications(
    call: Call, account_id: str, vault_name: str, vault_notification_config: dict[str, Any] | None = None
) -> None:
    """Have a topic told of some events. Whether it lets Glacier in shows when it is told."""
    scope, vault = get_vault(call, account_id, vault_name)
    config = vault_notification_config or {}
    topic, events = config.get("SNSTopic"), config.get("Events")
    if not topic or not events:
        raise refusals.missing("SNSTopic and Events must be specified.")
    check_topic(topic)
    unknown = [event for event in events if event not in EVENTS.values()]
    if unknown:
        raise refusals.invalid(f"Invalid event: {unknown[0]}")
    vaults.replace(scope, vault, msgspec.structs.replace(vault, topic=topic, events=tuple(dict.fromkeys(events))))


@glacier.operation
def get_vault_notifications(call: Call, account_id: str, vault_name: str) -> dict[str, Any]:
    """Return who is told of what. Raises ResourceNotFoundException when nobody is."""
    vault = get_vault(call, account_id, vault_name).vault
    if not vault.topic:
        raise refusals.not_found(f"No notification configuration is set for vault: {vault.arn}")
    return {"vaultNotificationConfig": {"SNSTopic": vault.topic, "Events": list(vault.events)}}


@glacier.operation
def delete_vault_notifications(call: Call, account_id: str, vault_name: str) -> None:
    """Have nobody told any more."""
    scope, vault = get_vault(call, account_id, vault_name)
    vaults.replace(scope, vault, msgspec.structs.replace(vault, topic="", events=()))


def check_topic(topic: str) -> None:
    """Raise InvalidParameterValueException for what is no topic's ARN."""
    try:
        is_topic = parse_arn(topic).service == "sns"
    except ValueError:
        is_topic = False
    if not is_topic:
        raise refusals.invalid(f"Invalid SNS topic ARN: {topic}")
