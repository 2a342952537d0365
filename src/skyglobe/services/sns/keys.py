"""Topics with a KMS key: who publishes must be allowed to use it; SNS developer guide, "Encryption keys"."""

from __future__ import annotations

from skyglobe.kernel.call import Call
from skyglobe.kernel.data_keys import KeyUser, full_key_name, telling
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import Found

REUSE_FOR = 300_000
"""Milliseconds for which SNS uses a data key; same guide, "Key terms", which says so of up to five minutes."""
_NAMES = {
    "AccessDeniedException": "KMSAccessDeniedException",
    "DisabledException": "KMSDisabledException",
    "InvalidKeyUsageException": "KMSInvalidStateException",
    "KMSInvalidStateException": "KMSInvalidStateException",
    "NotFoundException": "KMSNotFoundException",
    "ThrottlingException": "KMSThrottlingException",
}
_kms = KeyUser("sns", telling(sns.errors, _NAMES), is_proven=True)


def check_key(call: Call, found: Found) -> None:
    """Raise KMSAccessDenied, KMSDisabled and their kin unless the caller can have messages encrypted for the topic."""
    scope, topic = found
    key = topic.attributes.get("KmsMasterKeyId")
    if key:
        _kms.issue(call, full_key_name(scope, key), {"aws:sns:topicArn": topic.arn}, REUSE_FOR, scope.region)
