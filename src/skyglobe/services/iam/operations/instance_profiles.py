"""Instance profiles: what hands a role to EC2 instances."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import iam_arn
from skyglobe.services.iam.holders import get_changeable_role, get_role
from skyglobe.services.iam.paging import page, tag_page
from skyglobe.services.iam.records.counts import count_one, counts
from skyglobe.services.iam.records.roles import MAX_INSTANCE_PROFILES, InstanceProfile, instance_profiles
from skyglobe.services.iam.refusals import delete_conflict, no_such_entity, not_found, over_quota
from skyglobe.services.iam.role_shapes import profile_shape
from skyglobe.services.iam.rules.tags import merge_tags, without_tags

MAX_ROLES_INSIDE = 1  # "An instance profile can contain only one role. This quota cannot be increased.": API reference


@iam.operation
def create_instance_profile(
    call: Call, instance_profile_name: str, path: str = "/", tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Create an instance profile without a role."""
    if instance_profiles.find(call, instance_profile_name.lower()) is not None:
        raise iam.errors.EntityAlreadyExistsException(f"Instance Profile {instance_profile_name} already exists.")
    count_one(call, "InstanceProfiles", MAX_INSTANCE_PROFILES, "InstanceProfilesPerAccount")
    profile = InstanceProfile(
        arn=iam_arn(call, "instance-profile", path, instance_profile_name),
        id=instance_profile_name,
        owner=call.account,
        created_at=call.now,
        tags=merge_tags({}, tags),
        unique_id=call.kernel.ids.principal("AIPA"),
        path=path,
    )
    instance_profiles.insert(call, profile)
    return {"InstanceProfile": profile_shape(call, profile, whole=True)}


def _get(scope: Scope, name: str) -> InstanceProfile:
    profile = instance_profiles.find(scope, name.lower())
    if profile is None:
        raise no_such_entity(f"Instance Profile {name} cannot be found.")
    return profile


@iam.operation
def get_instance_profile(call: Call, instance_profile_name: str) -> dict[str, Any]:
    """Return an instance profile with its role."""
    return {"InstanceProfile": profile_shape(call, _get(call, instance_profile_name), whole=True)}


@iam.operation
def list_instance_profiles(
    call: Call, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List instance profiles by name."""
    rows = (profile for profile in instance_profiles.scan(call) if profile.path.startswith(path_prefix))
    found, more = page(call, "profiles:" + path_prefix, rows, lambda one: one.name_key, marker, max_items)
    return {"InstanceProfiles": [profile_shape(call, profile) for profile in found], **more}


@iam.operation
def list_instance_profiles_for_role(
    call: Call, role_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the instance profiles a role is in, by name."""
    role = get_role(call, role_name)
    rows = instance_profiles.scan_by(call, "role", role.name_key)
    found, more = page(call, "profiles-of:" + role.name_key, rows, lambda one: one.name_key, marker, max_items)
    return {"InstanceProfiles": [profile_shape(call, profile) for profile in found], **more}


@iam.operation
def add_role_to_instance_profile(call: Call, instance_profile_name: str, role_name: str) -> None:
    """Put a role into an instance profile. Raises LimitExceeded when one is inside."""
    profile = _get(call, instance_profile_name)
    role = get_changeable_role(call, role_name)
    if profile.role is not None:
        raise over_quota("InstanceSessionsPerInstanceProfile", MAX_ROLES_INSIDE)
    instance_profiles.replace(call, profile, replace(profile, role=role.name_key))


@iam.operation
def remove_role_from_instance_profile(call: Call, instance_profile_name: str, role_name: str) -> None:
    """Take the role out of an instance profile. Raises NoSuchEntity when it is not inside."""
    profile = _get(call, instance_profile_name)
    role = get_changeable_role(call, role_name)
    if profile.role != role.name_key:
        raise not_found("role", role_name)
    instance_profiles.replace(call, profile, replace(profile, role=None))


@iam.operation
def delete_instance_profile(call: Call, instance_profile_name: str) -> None:
    """Delete an instance profile that has no role inside. Raises DeleteConflict."""
    profile = _get(call, instance_profile_name)
    if profile.role is not None:
        raise delete_conflict("Cannot delete entity, must remove roles from instance profile first.")
    instance_profiles.delete(call, profile)
    counts.add(call, "InstanceProfiles", -1)


@iam.operation
def tag_instance_profile(call: Call, instance_profile_name: str, tags: list[dict[str, str]]) -> None:
    """Put tags on an instance profile."""
    profile = _get(call, instance_profile_name)
    instance_profiles.replace(call, profile, replace(profile, tags=merge_tags(profile.tags, tags)))


@iam.operation
def untag_instance_profile(call: Call, instance_profile_name: str, tag_keys: list[str]) -> None:
    """Take tags off an instance profile."""
    profile = _get(call, instance_profile_name)
    instance_profiles.replace(call, profile, replace(profile, tags=without_tags(profile.tags, tag_keys)))


@iam.operation
def list_instance_profile_tags(
    call: Call, instance_profile_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the tags of an instance profile, by key."""
    profile = _get(call, instance_profile_name)
    return tag_page(call, f"tags:{profile.arn}", profile.tags, marker, max_items)
