"""What a cloud is told when it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"

HOST_SUFFIXES = (
    "localhost",
    "localhost.localstack.cloud",
    "amazonaws.com",
    "amazonaws.com.cn",
)


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one cloud."""

    folder: Path | None = None
    """Where everything is kept; None keeps it in memory (blobs then live in a temporary folder)."""
    store: str = ""
    """A PostgreSQL connection string; empty for the SQLite file in ``folder``."""
    durability: Literal["process", "power"] = "process"
    """What an acknowledged write survives: the death of the process, or the loss of power (each turn is fsynced)."""
    lenient_auth: bool = True
    """Take an access key nobody issued for the root of its account (laptops); False refuses it."""
    strict: bool = False
    """Refuse requests with members that would have no effect here, instead of only naming them."""
    region: str = DEFAULT_REGION
    """For requests that name no region."""
    host_suffixes: tuple[str, ...] = HOST_SUFFIXES
    """Domains under which virtual hosts (``BUCKET.s3.SUFFIX``) are understood."""
    endpoint: str = "http://localhost:4566"
    """How clients reach this cloud; queue URLs start with it."""
    services: frozenset[str] | None = None
    """The only services to offer; None offers all that are built."""
    pace: Literal["instant", "realistic"] = "instant"
    """Whether resources that take time on AWS are there at once or when AWS would have them."""
    quotas: bool = False
    """Whether AWS's throughput quotas are enforced."""
    root_key: tuple[str, str] | None = None
    """An access key id and secret of the default account's root user: the first credential of a strict cloud."""
    seed: int | None = None
    """Makes ids and secrets repeatable."""
