"""SAML 2.0 identity providers: whose assertions ``AssumeRoleWithSAML`` takes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import iam_arn
from skyglobe.services.iam.paging import tag_page
from skyglobe.services.iam.records.counts import count_one, counts
from skyglobe.services.iam.records.providers import MAX_SAML_PROVIDERS, SamlProvider, saml_providers
from skyglobe.services.iam.refusals import already_exists, invalid_input, no_such_entity, over_quota
from skyglobe.services.iam.rules.certificates import check_private_key
from skyglobe.services.iam.rules.saml import read_metadata
from skyglobe.services.iam.rules.tags import merge_tags, shown_tags, without_tags

MAX_PRIVATE_KEYS = 2  # of a provider; IAM user guide, "Create a SAML identity provider in IAM"
VALID_FOR = 100 * 365 * 24 * 3_600_000  # milliseconds; AWS shows a century where the metadata does not say


@iam.operation
def create_saml_provider(
    call: Call,
    saml_metadata_document: str,
    name: str,
    tags: list[dict[str, str]] | None = None,
    assertion_encryption_mode: str | None = None,
    add_private_key: str | None = None,
) -> dict[str, Any]:
    """Register a provider by its metadata document. Raises InvalidInput, EntityAlreadyExists."""
    metadata = read_metadata(saml_metadata_document)
    if saml_providers.find(call, name) is not None:
        raise already_exists("SAMLProvider", name)
    count_one(call, "SAMLProviders", MAX_SAML_PROVIDERS, "SAMLProvidersPerAccount")
    keys = _with_key(call, (), add_private_key)
    _check_encryption(assertion_encryption_mode, keys)
    provider = SamlProvider(
        arn=iam_arn(call, "saml-provider", "/", name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=merge_tags({}, tags),
        uuid=call.kernel.ids.uuid(),
        metadata=saml_metadata_document,
        valid_until=metadata.valid_until or call.now + VALID_FOR,
        entity_id=metadata.entity_id,
        assertion_encryption=assertion_encryption_mode,
        private_keys=keys,
    )
    saml_providers.insert(call, provider)
    return {"SAMLProviderArn": provider.arn, "Tags": shown_tags(provider.tags)}


Keys = tuple[tuple[str, str, Instant], ...]


def _with_key(call: Call, known: Keys, pem: str | None) -> Keys:
    """Return the private keys of a provider with one more. Raises LimitExceeded beyond two."""
    if pem is None:
        return known
    check_private_key(pem)
    if len(known) >= MAX_PRIVATE_KEYS:
        raise over_quota("PrivateKeysPerSAMLProvider", MAX_PRIVATE_KEYS)
    return (*known, (call.kernel.ids.principal("SAMLPK"), pem, call.now))


def _check_encryption(mode: str | None, keys: Keys) -> None:
    if mode == "Required" and not keys:
        raise invalid_input("A private key is required when the assertion encryption mode is Required.")


def _get(scope: Scope, arn: str) -> SamlProvider:
    if ":saml-provider/" not in arn:
        raise invalid_input(f"Invalid ARN: {arn}")
    provider = next(saml_providers.scan_by(scope, "arn", arn, limit=1), None)
    if provider is None:
        raise no_such_entity(f"Manifest not found for arn {arn}")
    return provider


@iam.operation
def get_saml_provider(call: Call, saml_provider_arn: str) -> dict[str, Any]:
    """Return a provider with its metadata document."""
    provider = _get(call, saml_provider_arn)
    shown: dict[str, Any] = {
        "SAMLProviderUUID": provider.uuid,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": provider.created_at // 1000,
        "ValidUntil": provider.valid_until // 1000,
        "Tags": shown_tags(provider.tags),
        "PrivateKeyList": [{"KeyId": key, "Timestamp": added_at // 1000} for key, _, added_at in provider.private_keys],
    }
    if provider.assertion_encryption is not None:
        shown["AssertionEncryptionMode"] = provider.assertion_encryption
    return shown


@iam.operation
def list_saml_providers(call: Call) -> dict[str, Any]:
    """List all providers."""
    return {
        "SAMLProviderList": [
            {
                "Arn": provider.arn,
                "ValidUntil": provider.valid_until // 1000,
                "CreateDate": provider.created_at // 1000,
            }
            for provider in saml_providers.scan(call)
        ]
    }


@iam.operation
def update_saml_provider(
    call: Call,
    saml_provider_arn: str,
    saml_metadata_document: str | None = None,
    assertion_encryption_mode: str | None = None,
    add_private_key: str | None = None,
    remove_private_key: str | None = None,
) -> dict[str, Any]:
    """Change a provider's metadata, how its assertions are encrypted, and the keys that decrypt them."""
    provider = _get(call, saml_provider_arn)
    changed = provider
    if saml_metadata_document is not None:
        metadata = read_metadata(saml_metadata_document)
        changed = replace(
            changed,
            metadata=saml_metadata_document,
            entity_id=metadata.entity_id,
            valid_until=metadata.valid_until or call.now + VALID_FOR,
        )
    keys = provider.private_keys
    if remove_private_key is not None:
        keys = tuple(key for key in keys if key[0] != remove_private_key)
        if len(keys) == len(provider.private_keys):
            raise no_such_entity(f"Private key {remove_private_key} not found.")
    keys = _with_key(call, keys, add_private_key)
    mode = assertion_encryption_mode or provider.assertion_encryption
    _check_encryption(mode, keys)
    saml_providers.replace(call, provider, replace(changed, assertion_encryption=mode, private_keys=keys))
    return {"SAMLProviderArn": provider.arn}


@iam.operation
def delete_saml_provider(call: Call, saml_provider_arn: str) -> None:
    """Delete a provider. Roles that trust it stay, and are of no use."""
    saml_providers.delete(call, _get(call, saml_provider_arn))
    counts.add(call, "SAMLProviders", -1)


@iam.operation
def tag_saml_provider(call: Call, saml_provider_arn: str, tags: list[dict[str, str]]) -> None:
    """Put tags on a provider."""
    provider = _get(call, saml_provider_arn)
    saml_providers.replace(call, provider, replace(provider, tags=merge_tags(provider.tags, tags)))


@iam.operation
def untag_saml_provider(call: Call, saml_provider_arn: str, tag_keys: list[str]) -> None:
    """Take tags off a provider."""
    provider = _get(call, saml_provider_arn)
    saml_providers.replace(call, provider, replace(provider, tags=without_tags(provider.tags, tag_keys)))


@iam.operation
def list_saml_provider_tags(
    call: Call, saml_provider_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the tags of a provider, by key."""
    provider = _get(call, saml_provider_arn)
    return tag_page(call, f"tags:{provider.arn}", provider.tags, marker, max_items)
