"""What requests say of encryption: which headers go together, and what they mean.

S3 user guide, "Using server-side encryption with customer-provided keys", "Specifying server-side encryption with AWS
KMS"; the wording of errors is what S3 answers.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from hashlib import md5
from typing import Any, NamedTuple

S3_KEYS, KMS, DUAL, CUSTOMER = "AES256", "aws:kms", "aws:kms:dsse", "SSE-C"
WITH_KMS = frozenset((KMS, DUAL))
MD5_ETAGS = frozenset((S3_KEYS, ""))
"""With these an ETag is the MD5 of what it names; common response headers, "ETag"."""

HEADER = "x-amz-server-side-encryption"
CUSTOMER_HEADER = f"{HEADER}-customer"
SOURCE_HEADER = "x-amz-copy-source-server-side-encryption-customer"

KEY_BYTES = 32
KMS_KEY_ARN = re.compile(r"arn:aws[a-zA-Z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+")
"""NonEmptyKmsKeyArnString, of the model."""
MAX_CONTEXT_CHARACTERS = 8192
"""Of an encryption context; AWS KMS developer guide, "Encryption context"."""

MEMBERS = frozenset(
    (
        "ServerSideEncryption",
        "SSEKMSKeyId",
        "SSEKMSEncryptionContext",
        "BucketKeyEnabled",
        "SSECustomerAlgorithm",
        "SSECustomerKey",
        "SSECustomerKeyMD5",
    )
)
CUSTOMER_MEMBERS = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")


class Bad(Exception):
    """Headers that cannot mean anything."""

    def __init__(self, message: str, argument: str, value: str = "", code: str = "InvalidArgument") -> None:
        super().__init__(message)
        self.message = message
        self.argument = argument
        self.value = value
        self.code = code


class Asked(NamedTuple):
    """What a request asks for; all of it empty when nothing."""

    algorithm: str = ""
    key: str = ""
    context: str = ""
    """As canonical JSON."""
    has_bucket_key: bool | None = None
    customer_key: bytes = b""


def asked_of(request: dict[str, Any]) -> Asked:
    """Return how a request wants its object encrypted. Raises ``Bad``."""
    algorithm, key = request.get("ServerSideEncryption", ""), request.get("SSEKMSKeyId", "")
    customer_key = customer_key_of(request, "")
    if customer_key:
        if algorithm:
            text = (
                "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
            )
            raise Bad(text, HEADER, algorithm)
        return Asked(CUSTOMER, customer_key=customer_key)
    if algorithm not in ("", S3_KEYS, KMS, DUAL):
        raise Bad("The encryption method specified is not supported", HEADER, algorithm)
    if algorithm not in WITH_KMS and ("SSEKMSKeyId" in request or "SSEKMSEncryptionContext" in request):
        text = f"Server Side Encryption with AWS KMS managed key requires HTTP header {HEADER} : aws:kms"
        raise Bad(text, HEADER, algorithm)
    context = context_of(request.get("SSEKMSEncryptionContext", ""))
    return Asked(algorithm, key, context, request.get("BucketKeyEnabled"))


def customer_key_of(request: dict[str, Any], prefix: str) -> bytes:
    """Return the key a client provides, empty when none. ``prefix`` is ``CopySource`` for the one of a source.

    Raises ``Bad``.
    """
    algorithm, key, digest = (request.get(f"{prefix}{name}") for name in CUSTOMER_MEMBERS)
    if algorithm is None and key is None and digest is None:
        return b""
    header = SOURCE_HEADER if prefix else CUSTOMER_HEADER
    must = "Requests specifying Server Side Encryption with Customer provided keys must provide"
    if not algorithm:
        raise Bad(f"{must} a valid encryption algorithm.", f"{header}-algorithm")
    if algorithm != S3_KEYS:
        text = "The Encryption request you specified is not valid. Supported value: AES256."
        raise Bad(text, f"{header}-algorithm", algorithm, "InvalidEncryptionAlgorithmError")
    if not key:
        raise Bad(f"{must} an appropriate secret key.", f"{header}-key")
    if not digest:
        raise Bad(f"{must} the client calculated MD5 of the secret key.", f"{header}-key-MD5")
    plain = _decoded(key)
    if len(plain) != KEY_BYTES:
        raise Bad("The secret key was invalid for the specified algorithm.", f"{header}-key")
    if _decoded(digest) != md5(plain, usedforsecurity=False).digest():
        text = "The calculated MD5 hash of the key did not match the hash that was provided."
        raise Bad(text, f"{header}-key-MD5", digest)
    return plain


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""


def context_of(header: str) -> str:
    """Return an encryption context as canonical JSON, empty when there is none. Raises ``Bad``."""
    if not header:
        return ""
    try:
        context = json.loads(b64decode(header, validate=True))
    except (ValueError, RecursionError):
        context = None
    is_map = isinstance(context, dict) and all(isinstance(value, str) for value in context.values())
    text = json.dumps(context, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if not is_map or len(text) > MAX_CONTEXT_CHARACTERS or not _is_text(text):
        message = (
            "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which "
            "represents a string-string map"
        )
        raise Bad(message, f"{HEADER}-context", header)
    return text


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can spell
        return False
    return True


class Default(NamedTuple):
    """How a bucket is to encrypt what its requests do not say."""

    algorithm: str
    key: str
    has_bucket_key: bool
    takes_customer_keys: bool | None
    """None: not said."""


def default_of(configuration: Any) -> Default:
    """Return what a bucket's encryption configuration says.

    Raises ``Bad``; with code MalformedXML for documents the schema does not have.
    """
    rules = (configuration or {}).get("Rules") or []
    malformed = Bad("", "", code="MalformedXML")
    if len(rules) != 1:
        raise malformed
    (rule,) = rules
    default, blocked = rule.get("ApplyServerSideEncryptionByDefault"), rule.get("BlockedEncryptionTypes")
    if default is None and blocked is None and "BucketKeyEnabled" not in rule:
        raise malformed
    algorithm = S3_KEYS if default is None else default.get("SSEAlgorithm")
    if algorithm not in (S3_KEYS, KMS, DUAL):
        raise malformed
    key = (default or {}).get("KMSMasterKeyID", "")
    if algorithm == S3_KEYS and key:
        text = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        raise Bad(text, "ApplyServerSideEncryptionByDefault")
    takes = None
    if blocked is not None:
        types = set(blocked.get("EncryptionType") or [])
        if types not in ({"NONE"}, {CUSTOMER}):
            raise malformed
        takes = types == {"NONE"}
    return Default(algorithm, key, bool(rule.get("BucketKeyEnabled", False)), takes)


def encryption_of(asked: dict[str, Any] | None) -> dict[str, str] | None:
    """Return what a list or report is to be put with, as PutObject's members.

    None when what is said of encryption is nothing.
    """
    asked = asked or {}
    if len(asked) != 1:
        return None
    if "SSES3" in asked:
        return {"ServerSideEncryption": S3_KEYS}
    key = (asked.get("SSEKMS") or {}).get("KeyId")
    return {"ServerSideEncryption": KMS, "SSEKMSKeyId": key} if key else None
