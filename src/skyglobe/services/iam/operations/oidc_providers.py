"""OpenID Connect identity providers: whose tokens ``AssumeRoleWithWebIdentity`` takes."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import iam_arn
from skyglobe.services.iam.paging import tag_page
from skyglobe.services.iam.records.counts import count_one, counts
from skyglobe.services.iam.records.providers import MAX_CLIENT_IDS, MAX_OIDC_PROVIDERS, OidcProvider, oidc_providers
from skyglobe.services.iam.refusals import invalid_input, no_such_entity, over_quota, validation_error
from skyglobe.services.iam.rules.tags import merge_tags, shown_tags, without_tags

MAX_THUMBPRINTS = 5  # API reference of CreateOpenIDConnectProvider
_URL = re.compile(r"https://([A-Za-z0-9.-]+(?::\d+)?(?:/[^\s?#]*)?)")
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")


@iam.operation
def create_open_id_connect_provider(
    call: Call,
    url: str,
    client_id_list: list[str] | None = None,
    thumbprint_list: list[str] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Register a provider by its URL. Raises EntityAlreadyExists for a URL that is registered."""
    address = _URL.fullmatch(url)
    if address is None:
        raise validation_error("Invalid Open ID Connect Provider URL")
    name = address[1].rstrip("/")
    if oidc_providers.find(call, name) is not None:
        raise iam.errors.EntityAlreadyExistsException(f"Provider with url {url} already exists.")
    client_ids = tuple(dict.fromkeys(client_id_list or ()))
    _check_client_ids(client_ids)
    count_one(call, "OpenIDConnectProviders", MAX_OIDC_PROVIDERS, "OpenIdConnectProvidersPerAccount")
    provider = OidcProvider(
        arn=iam_arn(call, "oidc-provider", "/", name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=merge_tags({}, tags),
        client_ids=client_ids,
        thumbprints=_checked_thumbprints(thumbprint_list or []),
    )
    oidc_providers.insert(call, provider)
    return {"OpenIDConnectProviderArn": provider.arn, "Tags": shown_tags(provider.tags)}


def _check_client_ids(client_ids: tuple[str, ...]) -> None:
    if len(client_ids) > MAX_CLIENT_IDS:
        raise over_quota("ClientIdsPerOpenIdConnectProvider", MAX_CLIENT_IDS)


def _checked_thumbprints(thumbprints: list[str]) -> tuple[str, ...]:
    """Return thumbprints in lower case. Raises InvalidInput for more than five and for what is no SHA-1 hash."""
    if len(thumbprints) > MAX_THUMBPRINTS:
        raise invalid_input(f"Thumbprint list must contain fewer than {MAX_THUMBPRINTS} entries.")
    for thumbprint in thumbprints:
        if not _THUMBPRINT.fullmatch(thumbprint):
            raise invalid_input(f"Thumbprint {thumbprint} is not a hexadecimal SHA-1 hash.")
    return tuple(thumbprint.lower() for thumbprint in thumbprints)


def _get(scope: Scope, arn: str) -> OidcProvider:
    if ":oidc-provider/" not in arn:
        raise invalid_input(f"Invalid ARN: {arn}")
    provider = next(oidc_providers.scan_by(scope, "arn", arn, limit=1), None)
    if provider is None:
        raise no_such_entity(f"OpenIDConnect Provider not found for arn {arn}")
    return provider


@iam.operation
def get_open_id_connect_provider(call: Call, open_id_connect_provider_arn: str) -> dict[str, Any]:
    """Return a provider. Its URL is shown without the scheme."""
    provider = _get(call, open_id_connect_provider_arn)
    return {
        "Url": provider.id,
        "ClientIDList": list(provider.client_ids),
        "ThumbprintList": list(provider.thumbprints),
        "CreateDate": provider.created_at // 1000,
        "Tags": shown_tags(provider.tags),
    }


@iam.operation
def list_open_id_connect_providers(call: Call) -> dict[str, Any]:
    """List the ARNs of all providers."""
    return {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in oidc_providers.scan(call)]}


@iam.operation
def delete_open_id_connect_provider(call: Call, open_id_connect_provider_arn: str) -> None:
    """Delete a provider. Roles that trust it stay, and are of no use."""
    oidc_providers.delete(call, _get(call, open_id_connect_provider_arn))
    counts.add(call, "OpenIDConnectProviders", -1)


@iam.operation
def add_client_id_to_open_id_connect_provider(call: Call, open_id_connect_provider_arn: str, client_id: str) -> None:
    """Let tokens for another audience in. One that is known is no error."""
    provider = _get(call, open_id_connect_provider_arn)
    client_ids = tuple(dict.fromkeys((*provider.client_ids, client_id)))
    _check_client_ids(client_ids)
    oidc_providers.replace(call, provider, replace(provider, client_ids=client_ids))


@iam.operation
def remove_client_id_from_open_id_connect_provider(
    call: Call, open_id_connect_provider_arn: str, client_id: str
) -> None:
    """Keep tokens for an audience out. One that is not known is no error."""
    provider = _get(call, open_id_connect_provider_arn)
    kept = tuple(known for known in provider.client_ids if known != client_id)
    oidc_providers.replace(call, provider, replace(provider, client_ids=kept))


@iam.operation
def update_open_id_connect_provider_thumbprint(
    call: Call, open_id_connect_provider_arn: str, thumbprint_list: list[str]
) -> None:
    """Put other thumbprints in place of a provider's."""
    provider = _get(call, open_id_connect_provider_arn)
    thumbprints = _checked_thumbprints(thumbprint_list)
    oidc_providers.replace(call, provider, replace(provider, thumbprints=thumbprints))


@iam.operation
def tag_open_id_connect_provider(call: Call, open_id_connect_provider_arn: str, tags: list[dict[str, str]]) -> None:
    """Put tags on a provider."""
    provider = _get(call, open_id_connect_provider_arn)
    oidc_providers.replace(call, provider, replace(provider, tags=merge_tags(provider.tags, tags)))


@iam.operation
def untag_open_id_connect_provider(call: Call, open_id_connect_provider_arn: str, tag_keys: list[str]) -> None:
    """Take tags off a provider."""
    provider = _get(call, open_id_connect_provider_arn)
    oidc_providers.replace(call, provider, replace(provider, tags=without_tags(provider.tags, tag_keys)))


@iam.operation
def list_open_id_connect_provider_tags(
    call: Call, open_id_connect_provider_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the tags of a provider, by key."""
    provider = _get(call, open_id_connect_provider_arn)
    return tag_page(call, f"tags:{provider.arn}", provider.tags, marker, max_items)
