"""S3 Access Grants: what is kept of instances, locations and grants, and finding them."""

from __future__ import annotations

from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Counter
from skyglobe.services.s3control import s3control


class Instance(Resource, frozen=True):
    """The one instance of an account in a region."""

    policy: str = ""
    policy_at: Instant = 0


class Location(Resource, frozen=True, kw_only=True):
    """What a role gives access to."""

    scope: str
    role: str


class Grant(Resource, frozen=True, kw_only=True):
    """A permission of one user or role on a part of a location."""

    location: str
    subprefix: str
    grantee: str
    """ARN of a user or role."""
    permission: str
    scope: str


instances: ResourceTable[Instance] = ResourceTable("AWS::S3::AccessGrantsInstance", "s3control.instances", Instance)
locations: ResourceTable[Location] = ResourceTable(
    "AWS::S3::AccessGrantsLocation", "s3control.locations", Location, indexes={"scope": ("scope",)}
)
grants: ResourceTable[Grant] = ResourceTable(
    "AWS::S3::AccessGrant",
    "s3control.grants",
    Grant,
    indexes={"grantee": ("grantee", "scope", "id"), "location": ("location", "id")},
)

grant_count = Counter("s3control.grant_count")


def instance_arn(call: Call, account: str) -> str:
    return f"arn:{call.partition}:s3:{call.region}:{account}:access-grants/default"


def get_instance(call: Call, account: str) -> tuple[Scope, Instance]:
    """Return the instance of an account in this region. Raises AccessGrantsInstanceNotExistsError."""
    scope = call.within(account)
    found = instances.find(scope, "default")
    if found is None:
        text = "Access Grants Instance does not exist"
        raise s3control.error("AccessGrantsInstanceNotExistsError", text, status=404)
    return scope, found


def get_location(call: Call, account: str, id_: str) -> tuple[Scope, Location]:
    """Return a location. Raises NoSuchAccessGrantsLocationError."""
    scope, _ = get_instance(call, account)
    found = locations.find(scope, id_)
    if found is None:
        text = "The specified access grants location does not exist"
        raise s3control.error("NoSuchAccessGrantsLocationError", text, status=404)
    return scope, found


def get_grant(call: Call, account: str, id_: str) -> tuple[Scope, Grant]:
    """Return a grant. Raises NoSuchAccessGrantError."""
    scope, _ = get_instance(call, account)
    found = grants.find(scope, id_)
    if found is None:
        raise s3control.error("NoSuchAccessGrantError", "The specified access grant does not exist", status=404)
    return scope, found


def grantee_of(principal: Principal) -> str:
    """Return how grants name a caller: a session by its role."""
    if principal.session is not None and principal.session.issuer_arn:
        return principal.session.issuer_arn
    return principal.arn


def invalid(code: str, text: str) -> ServiceError:
    return s3control.error(code, text)
