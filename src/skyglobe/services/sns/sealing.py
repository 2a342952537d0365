"""Topics with a KMS key: what SNS keeps of their messages is encrypted, under data keys used again for a while.

Developer guide, "Encryption at rest" and "Encryption keys": who publishes must be allowed to use the key. The text of a
message is encrypted; its subject, id, time and attributes are not.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.data_keys import PREFIXED, DataKey, KeyUser, full_key_name, telling
from skyglobe.kernel.frames import NONCE_BYTES, Wrapping
from skyglobe.kernel.principals import root_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.sns import sns
from skyglobe.services.sns.access import Found
from skyglobe.services.sns.records import Message, Sealed

REUSE_FOR = 300_000
"""Milliseconds for which SNS uses a data key; same guide, "Key terms", which says so of up to five minutes."""
_kms = KeyUser("sns", telling(sns.errors, PREFIXED), is_proven=True)


def data_key_for(call: Call, found: Found) -> DataKey | None:
    """Return what the messages of a call are to be encrypted with; None for topics without a key of KMS.

    Raises KMSAccessDenied, KMSDisabled and their kin unless the caller can have messages encrypted for the topic.
    """
    scope, topic = found
    key = topic.attributes.get("KmsMasterKeyId")
    if not key:
        return None
    context = _context(topic.arn)
    issued = _kms.issue(call, full_key_name(scope, key), context, REUSE_FOR, scope.region)
    _kms.keep_open(scope, issued, context, REUSE_FOR)
    return issued


def sealed_message(call: Call, message: Message, data_key: DataKey | None) -> Message:
    """Return a message as it is to be kept."""
    if data_key is None:
        return message
    data = data_key.wrap(call, _bytes(message.text))
    sealed = Sealed(data=data, data_key=data_key.sealed, publisher=call.principal)
    return msgspec.structs.replace(message, text="", sealed=sealed)


def opened_message(scope: Scope, message: Message) -> Message:
    """Return a message as it was published; it still tells how it was kept. ``scope`` is its topic's.

    KMS is asked in the publisher's name, as the publisher was allowed to, and where that is gone in that of the topic's
    account. Raises KMSDisabled and its kin.
    """
    kept = message.sealed
    if kept is None:
        return message
    return msgspec.structs.replace(message, text=opened_text(scope, message.topic, kept))


def sealed_text(scope: Scope, topic: str, text: str, like: Sealed) -> Sealed:
    """Return what is made of a message encrypted as the message was. ``topic`` is the topic's name."""
    data = Wrapping(_open(scope, topic, like)).wrap(scope.kernel.ids.token(NONCE_BYTES), _bytes(text))
    return msgspec.structs.replace(like, data=data)


def opened_text(scope: Scope, topic: str, kept: Sealed) -> str:
    """Return a text as it was before it was encrypted. Raises what ``opened_message`` does."""
    return Wrapping(_open(scope, topic, kept)).unwrap(kept.data).decode("utf-8", "surrogatepass")


def payload_of(scope: Scope, message: Message, body: str) -> dict[str, Any]:
    """Return what a letter has of a text that is made of a message: encrypted if the message was."""
    if message.sealed is None:
        return {"body": body}
    sealed = sealed_text(scope, message.topic, body, message.sealed)
    return {"sealed": msgspec.to_builtins(sealed, builtin_types=(bytes,))}


def opened_payload(scope: Scope, payload: dict[str, Any]) -> str:
    """Return the text that a letter has. Raises what ``opened_message`` does."""
    if "sealed" not in payload:
        body: str = payload["body"]
        return body
    return opened_text(scope, payload["topic"], msgspec.convert(payload["sealed"], Sealed))


def _open(scope: Scope, topic: str, kept: Sealed) -> bytes:
    names = (kept.publisher, root_of(scope.account))
    return _kms.open_for(scope, names, kept.data_key, _context(make_arn(scope, "sns", topic)), REUSE_FOR)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _context(topic_arn: str) -> dict[str, str]:
    return {"aws:sns:topicArn": topic_arn}
