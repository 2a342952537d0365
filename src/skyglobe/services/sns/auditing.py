"""Looking through the messages a topic takes in, as the audit of its data protection policy says."""

from __future__ import annotations

import json

from skyglobe.kernel.scope import Scope
from skyglobe.services.sns.findings import tell
from skyglobe.services.sns.metering import count_audited
from skyglobe.services.sns.records import Topic
from skyglobe.services.sns.rules.audits import find_identifiers, finding_of
from skyglobe.services.sns.rules.protection import Protection


def audit_message(
    scope: Scope, topic: Topic, protection: Protection, message_id: str, text: str, publisher: str
) -> None:
    """Look through a message, if it is in the sample, and have told what is found, or that nothing is."""
    audited, audit = protection.audited, protection.audit
    if audited is None or audit is None or not audited.concerns(publisher) or not is_sampled(scope, audit.rate):
        return
    identifiers = find_identifiers(text, audited.identifiers)
    count_audited(scope, topic, has_findings=bool(identifiers))
    destination = audit.findings if identifiers else audit.no_findings
    if destination is not None:
        finding = finding_of(message_id, scope.now, publisher, topic.arn, identifiers)
        tell(scope, topic, destination, json.dumps(finding))


def is_sampled(scope: Scope, rate: int) -> bool:
    """Draw whether a message is among the ``rate`` percent that are looked through."""
    return scope.kernel.ids.random.random() * 100 < rate
