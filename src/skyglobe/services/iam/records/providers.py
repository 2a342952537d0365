"""Identity providers outside AWS, and server certificates."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable

MAX_OIDC_PROVIDERS = 100  # of an account; IAM quotas
MAX_SAML_PROVIDERS = 100  # of an account; IAM quotas
MAX_CLIENT_IDS = 100  # of an OIDC provider; IAM quotas
MAX_SERVER_CERTIFICATES = 20  # of an account; IAM quotas


class SamlProvider(Resource, frozen=True, kw_only=True):
    """A SAML 2.0 identity provider; ``id`` is its name."""

    uuid: str
    metadata: str
    valid_until: Instant
    entity_id: str
    assertion_encryption: str | None = None
    private_keys: tuple[tuple[str, str, Instant], ...] = ()
    """Id, PEM and instant of each key that decrypts assertions."""


class OidcProvider(Resource, frozen=True, kw_only=True):
    """An OpenID Connect identity provider; ``id`` is its URL without the scheme."""

    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...]


class ServerCertificate(Resource, frozen=True, kw_only=True):
    """A certificate for load balancers and CloudFront; ``id`` is its name."""

    unique_id: str
    """``ASCA…``"""
    path: str
    body: str
    chain: str | None
    private_key: str
    expires_at: Instant

    @property
    def name_key(self) -> str:
        return self.id.lower()


saml_providers: ResourceTable[SamlProvider] = ResourceTable(
    "AWS::IAM::SAMLProvider", "iam.saml_providers", SamlProvider, reach="account"
)
oidc_providers: ResourceTable[OidcProvider] = ResourceTable(
    "AWS::IAM::OIDCProvider", "iam.oidc_providers", OidcProvider, reach="account"
)
server_certificates: ResourceTable[ServerCertificate] = ResourceTable(
    "AWS::IAM::ServerCertificate",
    "iam.server_certificates",
    ServerCertificate,
    key=("name_key",),
    reach="account",
)
