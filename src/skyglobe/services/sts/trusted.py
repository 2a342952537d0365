"""What STS reads of IAM's roles and identity providers, as far as it needs to know them."""

from __future__ import annotations

from typing import Protocol, cast

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.resources import find_resource_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.sts.refusals import validation_error


class Role(Protocol):
    """A role as far as a session of it goes."""

    @property
    def arn(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def unique_id(self) -> str: ...
    @property
    def session_for(self) -> int:
        """The longest session in seconds."""


class OidcProvider(Protocol):
    """A registered OpenID Connect provider."""

    @property
    def arn(self) -> str: ...
    @property
    def id(self) -> str:
        """Its URL without the scheme."""

    @property
    def client_ids(self) -> tuple[str, ...]: ...
    @property
    def thumbprints(self) -> tuple[str, ...]: ...


class SamlProvider(Protocol):
    """A registered SAML provider."""

    @property
    def arn(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def metadata(self) -> str: ...
    @property
    def entity_id(self) -> str: ...
    @property
    def assertion_encryption(self) -> str | None: ...
    @property
    def private_keys(self) -> tuple[tuple[str, str, int], ...]:
        """Id, PEM and instant of each key that decrypts assertions."""


def account_of_role(arn: str) -> str:
    """Return the account that an ARN of a role names. Raises ValidationError for what is no such ARN."""
    try:
        place = parse_arn(arn)
    except ValueError:
        raise validation_error(f"{arn} is invalid") from None
    is_account = len(place.account) == 12 and place.account.isascii() and place.account.isdigit()
    if place.service != "iam" or place.region or not is_account or not place.resource.startswith("role/"):
        raise validation_error(f"{arn} is invalid")
    return place.account


def find_role(scope: Scope, arn: str) -> Role | None:
    """Return the role with this ARN, in whatever account, or None."""
    return cast("Role | None", find_resource_of(scope, "AWS::IAM::Role", arn))


def find_oidc_provider(scope: Scope, arn: str) -> OidcProvider | None:
    """Return the OpenID Connect provider with this ARN, in whatever account, or None."""
    return cast("OidcProvider | None", find_resource_of(scope, "AWS::IAM::OIDCProvider", arn))


def find_saml_provider(scope: Scope, arn: str) -> SamlProvider | None:
    """Return the SAML provider with this ARN, in whatever account, or None."""
    return cast("SamlProvider | None", find_resource_of(scope, "AWS::IAM::SAMLProvider", arn))
