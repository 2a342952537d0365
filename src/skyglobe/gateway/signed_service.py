"""What authentication must know of the service a request calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from skyglobe.models.shapes import ServiceModel

Family = Literal["s3", "ec2", "query", "json", "rest"]
"""How errors are told. ``query`` also stands for rest-xml services other than S3, ``json`` for rpc-v2-cbor."""

_S3_NAMES = frozenset(("s3", "s3express", "s3-outposts", "s3-object-lambda"))


class SignedService(msgspec.Struct, frozen=True):
    """A service as its callers sign for it and are refused by it."""

    signing_name: str
    family: Family
    is_s3: bool = False
    """Whether paths are signed as S3 does (encoded once, not normalised) and bodies may be unsigned."""
    is_query_compatible: bool = False
    """Whether the service moved from query to json and tells its old error codes in ``x-amzn-query-error``."""

    @classmethod
    def of(cls, model: ServiceModel, protocol: str | None = None) -> SignedService:
        """Describe ``model`` as it is called over ``protocol`` (by default its first)."""
        is_s3 = model.metadata.get("signatureVersion") in ("s3", "s3v4")
        protocol = protocol or model.protocols[0]
        compatible = model.is_query_compatible and protocol != "query"
        return cls(model.signing_name, family_of(protocol, is_s3=is_s3), is_s3, compatible)

    def takes(self, signing_name: str) -> bool:
        """Whether a credential scoped to ``signing_name`` is meant for this service."""
        return signing_name == self.signing_name or (self.is_s3 and signing_name in _S3_NAMES)


def family_of(protocol: str, *, is_s3: bool) -> Family:
    """Return the error family of a wire protocol."""
    if is_s3:
        return "s3"
    if protocol == "ec2":
        return "ec2"
    if protocol in ("query", "rest-xml"):
        return "query"
    return "rest" if protocol == "rest-json" else "json"
