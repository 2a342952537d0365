"""The one resource model: what tagging, inventory, policies, the console and the meter know of every resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import msgspec

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Reach, Record, Table

if TYPE_CHECKING:
    from skyglobe.kernel.service import PolicyKind

MAX_TAGS = 50  # per resource; AWS General Reference, "Tag naming limits and requirements"
MAX_TAG_KEY = 128  # characters; same page
MAX_TAG_VALUE = 256  # characters; same page


class Resource(Record, frozen=True):
    """A resource of any service. Services extend it with fields of their own."""

    arn: str
    id: str
    """What the service's API calls it: a name or an id."""
    owner: str
    """Account, twelve digits."""
    created_at: Instant
    tags: dict[str, str] = msgspec.field(default_factory=dict)


R = TypeVar("R", bound=Resource)


class ResourceTable(Table[R]):
    """A table of resources of one CloudFormation type, found by ARN across all services."""

    def __init__(
        self,
        type_name: str,
        name: str,
        record: type[R],
        *,
        key: tuple[str, ...] = ("id",),
        indexes: dict[str, tuple[str, ...]] | None = None,
        reach: Reach = "region",
        is_hot: bool = False,
    ) -> None:
        indexes = {**(indexes or {}), "arn": ("arn",)}
        super().__init__(name, record, key=key, indexes=indexes, reach=reach, is_hot=is_hot)
        self.type_name = type_name
        """E.g. ``AWS::SQS::Queue``."""
        self.arn_services = frozenset((type_name.split("::")[1].lower(), name.partition(".")[0]))
        """What ARNs may call the service: Firehose's types are of ``KinesisFirehose``, its ARNs of ``firehose``."""
        RESOURCE_TABLES[type_name] = self

    def find_by_arn(self, scope: Scope, arn: str) -> R | None:
        """Return the resource with this ARN, wherever it lives, or None. Raises ValueError for malformed ARNs."""
        place = parse_arn(arn)
        there = scope.within(place.account or scope.account, place.region or scope.region)
        return next(self.scan_by(there, "arn", arn, limit=1), None)


RESOURCE_TABLES: dict[str, ResourceTable[Any]] = {}
"""Every resource table of the services loaded so far, by type name. Declarations only, filled at import."""


def find_resource(scope: Scope, arn: str) -> Resource | None:
    """Return the resource with this ARN among those of the services loaded so far, wherever it lives, or None."""
    try:
        service = parse_arn(arn).service.replace("-", "")  # AWS::ApplicationAutoScaling: application-autoscaling
    except ValueError:
        return None
    for table in RESOURCE_TABLES.values():
        if service in table.arn_services:
            found = table.find_by_arn(scope, arn)
            if found is not None:
                return cast(Resource, found)
    return None


def find_resource_of(scope: Scope, type_name: str, arn: str) -> Resource | None:
    """Return the resource of one type with this ARN, wherever it lives, or None. Its service is loaded if need be."""
    scope.kernel.services.find(type_name.split("::")[1].lower())
    table = RESOURCE_TABLES.get(type_name)
    if table is None:
        return None
    try:
        return cast("Resource | None", table.find_by_arn(scope, arn))
    except ValueError:
        return None


def list_resources(scope: Scope) -> Iterator[tuple[str, Resource]]:
    """Yield (type name, resource) for everything in this account and region, of the services loaded so far."""
    for type_name, table in sorted(RESOURCE_TABLES.items()):
        for resource in table.scan(scope):
            yield type_name, resource


class Governed(NamedTuple):
    """A resource and the policy that hangs on it."""

    type_name: str
    resource: Resource
    kind: PolicyKind
    document: str


def list_policies(scope: Scope) -> Iterator[Governed]:
    """Yield what has a policy of its own in this account and region, of the services loaded so far."""
    for type_name, resource in list_resources(scope):
        service = scope.kernel.services.find_known(type_name.split("::")[1].lower())
        document = (
            service.find_resource_policy(scope, resource.arn) if service and service.find_resource_policy else None
        )
        if service is not None and document:
            yield Governed(type_name, resource, service.policy_kind, document)


def check_tags(
    tags: dict[str, str], invalid: Callable[[str], ServiceError], too_many: Callable[[str], ServiceError] | None = None
) -> None:
    """Raise what ``invalid`` makes of a message when ``tags`` break AWS's rules for tags on one resource."""
    if len(tags) > MAX_TAGS:
        raise (too_many or invalid)(f"Too many tags: a resource can have at most {MAX_TAGS}.")
    for key, value in tags.items():
        if not 1 <= len(key) <= MAX_TAG_KEY:
            raise invalid(f"Tag keys must be between 1 and {MAX_TAG_KEY} characters in length.")
        if len(value) > MAX_TAG_VALUE:
            raise invalid(f"Tag values must be between 0 and {MAX_TAG_VALUE} characters in length.")
        if key.lower().startswith("aws:"):
            raise invalid("Tag keys starting with 'aws:' are reserved for system use.")
