"""Tags of scalable targets."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import check_tags
from skyglobe.services.application_autoscaling import application_autoscaling
from skyglobe.services.application_autoscaling.records import Target, targets
from skyglobe.services.application_autoscaling.refusals import invalid


@application_autoscaling.operation
def list_tags_for_resource(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return a target's tags."""
    return {"Tags": _get(call, resource_arn).tags}


@application_autoscaling.operation
def tag_resource(call: Call, resource_arn: str, tags: dict[str, str]) -> dict[str, Any]:
    """Add tags to a target, or change the values of those it has."""
    target = _get(call, resource_arn)

    def too_many(message: str) -> ServiceError:
        return application_autoscaling.errors.TooManyTagsException(message, fields={"ResourceName": resource_arn})

    _keep(call, target, {**target.tags, **tags}, too_many)
    return {}


@application_autoscaling.operation
def untag_resource(call: Call, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    """Take tags from a target. Keys it does not have are no error."""
    target = _get(call, resource_arn)
    _keep(call, target, {key: value for key, value in target.tags.items() if key not in tag_keys})
    return {}


def _keep(call: Call, target: Target, tags: dict[str, str], too_many: Any = None) -> None:
    check_tags(tags, invalid, too_many)
    targets.replace(call, target, replace(target, tags=tags))


def _get(call: Call, arn: str) -> Target:
    target = next(targets.scan_by(call, "arn", arn, limit=1), None)
    if target is None:
        raise application_autoscaling.errors.ResourceNotFoundException(
            f"The resource {arn} does not exist.", fields={"ResourceName": arn}
        )
    return target
