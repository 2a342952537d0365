"""Who is calling: credentials as they are kept, principals as the policy engine sees them."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Literal

import msgspec

PrincipalType = Literal["root", "user", "assumed-role", "federated-user", "service", "anonymous"]

DEFAULT_ACCOUNT = "000000000000"


class Session(msgspec.Struct, frozen=True):
    """What STS recorded when it issued temporary credentials: the source of ``aws:…`` session context keys."""

    issuer_arn: str = ""
    """ARN of the role or user the session was made from."""
    issuer_id: str = ""
    """Its unique id, which outlives a change of its name."""
    name: str = ""
    issued_at: int = 0
    """Milliseconds since the epoch, cloud clock."""
    mfa_authenticated: bool = False
    source_identity: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    policies: tuple[str, ...] = ()
    """Session policies: JSON documents and ARNs of managed policies."""
    transitive_tags: tuple[str, ...] = ()
    """Keys of the tags that go on into the sessions made by this one."""
    federated_provider: str = ""
    """The identity provider that vouched for the caller: ``aws:FederatedProvider``."""
    claims: dict[str, str | list[str]] = msgspec.field(default_factory=dict)
    """What it said of the caller, as condition keys in lower case: ``{"accounts.google.com:sub": "…"}``."""


class Credential(msgspec.Struct, frozen=True):
    """One access key that IAM or STS issued."""

    access_key_id: str
    secret: str
    session_token: str | None
    """None for long-term keys; else what ``x-amz-security-token`` must carry."""
    account: str
    principal_arn: str
    user_id: str
    expires_at: int | None = None
    """Milliseconds since the epoch, cloud clock; None for keys that do not expire."""
    session: Session | None = None
    is_active: bool = True
    """False for keys that were made inactive or deleted: they are known, and refused."""
    only_for: str = ""
    """The one signing name the key is good for; empty for keys that are good for every service."""


class Principal(msgspec.Struct, frozen=True):
    """The authenticated caller of one request."""

    account: str
    arn: str
    user_id: str
    type: PrincipalType
    access_key_id: str = ""
    session: Session | None = None
    source_arn: str = ""
    """The resource a service acts for: ``aws:SourceArn``. Such a service does only what a resource's policy allows."""
    only_for: str = ""
    """The one signing name its key is good for; empty for keys that are good for every service."""
    called_via: tuple[str, ...] = ()
    """The services that call on in the caller's name, the first of them first: ``aws:CalledVia``."""

    def via(self, service: str) -> Principal:
        """Return the caller as a service (``lambda.amazonaws.com``) has it when it calls others in the caller's name.

        IAM user guide, "Forward access sessions": the caller's own permissions count, and policies can tell.
        """
        return msgspec.structs.replace(self, called_via=(*self.called_via, service))

    @property
    def is_anonymous(self) -> bool:
        return self.type == "anonymous"

    @property
    def is_root(self) -> bool:
        return self.type == "root"


ANONYMOUS = Principal(account="", arn="", user_id="", type="anonymous")
ANONYMOUS_CANONICAL_USER = "65a011a29cdf8ec533ec3d1ccaae921c"
"""Who owns what was uploaded without a signature; AWS's own canonical user for everybody unknown."""

_TYPES: dict[str, PrincipalType] = {
    "root": "root",
    "user": "user",
    "assumed-role": "assumed-role",
    "federated-user": "federated-user",
}


def principal_of(credential: Credential) -> Principal:
    """Return the principal a credential speaks for; its type is read from the ARN. Raises ValueError on other ARNs."""
    resource = credential.principal_arn.rpartition(":")[2]
    type_ = _TYPES.get(resource.partition("/")[0])
    if type_ is None:
        raise ValueError(f"not the ARN of a principal with access keys: {credential.principal_arn}")
    return Principal(
        credential.account,
        credential.principal_arn,
        credential.user_id,
        type_,
        credential.access_key_id,
        credential.session,
        only_for=credential.only_for,
    )


def root_of(account: str, access_key_id: str = "") -> Principal:
    """Return the root user of ``account``."""
    return Principal(account, f"arn:aws:iam::{account}:root", account, "root", access_key_id)


def service_principal(name: str, account: str, source_arn: str = "") -> Principal:
    """Return the AWS service ``name`` (``s3.amazonaws.com``) acting on behalf of ``account``, or of one resource."""
    return Principal(account, name, name, "service", source_arn=source_arn)


def lenient_account(access_key_id: str) -> str:
    """Return the account an unknown access key stands for: a 12-digit key id names it, else the default account."""
    if len(access_key_id) == 12 and access_key_id.isascii() and access_key_id.isdigit():
        return access_key_id
    return DEFAULT_ACCOUNT


@lru_cache(maxsize=1024)  # accounts in use
def canonical_user_of(account: str) -> str:
    """Return the canonical user id of an account: 64 hexadecimal digits, always the same. Nobody's for no account."""
    return sha256(f"canonical user of {account}".encode()).hexdigest() if account else ANONYMOUS_CANONICAL_USER
