"""Access points: other doors to a bucket, each with a policy of its own, and finding the one a request came through.

Who comes through one needs everything twice: of the access point and of the bucket behind it. S3 user guide,
"Configuring IAM policies for using access points".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Counter, Record, Table
from skyglobe.services.s3 import errors, s3
from skyglobe.services.s3.guards import ALL_BLOCKS, NO_BLOCKS, Blocks, blocks_of_account
from skyglobe.services.s3.rules.bucket_policies import is_public, only_denials
from skyglobe.services.s3.rules.directories import is_directory_point
from skyglobe.services.s3.rules.points import (
    ALIAS_ENDINGS,
    GLOBAL_ALIAS,
    INTERNET,
    LAMBDA_ALIAS,
    THROUGH,
    VPC,
    parse_point,
)


class AccessPoint(Resource, frozen=True, kw_only=True):
    """An access point of one region, in the account that made it."""

    bucket: str
    bucket_owner: str
    alias: str
    vpc: str = ""
    """The one network it may be used from; empty: the internet."""
    blocks: Blocks = ALL_BLOCKS
    policy: str = ""
    prefixes: tuple[str, ...] = ()
    """What keys must start with, of directory buckets' access points; none: whatever they are."""
    permissions: tuple[str, ...] = ()
    """What may be done, of the same; none: everything."""


class Route(msgspec.Struct, frozen=True, array_like=True):
    """A bucket behind a multi-region access point."""

    bucket: str
    region: str
    owner: str
    dial: int = 100
    """Percentage of traffic it takes: 100 where it is active, 0 where it is passive."""


class MultiRegionPoint(Resource, frozen=True, kw_only=True):
    """A multi-region access point; ``id`` is its name."""

    alias: str
    routes: tuple[Route, ...]
    blocks: Blocks = ALL_BLOCKS
    policy: str = ""
    proposed: str = ""
    """A policy that was put and does not count yet."""
    is_ready: bool = True
    is_going: bool = False


class Transformation(msgspec.Struct, frozen=True):
    """Which function changes what some operations answer."""

    actions: tuple[str, ...]
    function: str
    """ARN."""
    payload: str = ""


class LambdaPoint(Resource, frozen=True, kw_only=True):
    """An Object Lambda access point."""

    alias: str
    supporting: str
    """ARN of the access point it reads through."""
    transformations: tuple[Transformation, ...]
    features: tuple[str, ...] = ()
    has_metrics: bool = False
    policy: str = ""


class Alias(Record, frozen=True):
    """The access point an alias stands for."""

    alias: str
    account: str
    region: str
    name: str


points: ResourceTable[AccessPoint] = ResourceTable(
    "AWS::S3::AccessPoint", "s3.points", AccessPoint, indexes={"bucket": ("bucket", "id")}, is_hot=True
)
point_count = Counter("s3.point_count")
multi_region_points: ResourceTable[MultiRegionPoint] = ResourceTable(
    "AWS::S3::MultiRegionAccessPoint", "s3.multi_region_points", MultiRegionPoint, reach="account"
)
lambda_points: ResourceTable[LambdaPoint] = ResourceTable(
    "AWS::S3ObjectLambda::AccessPoint", "s3.lambda_points", LambdaPoint
)
aliases: Table[Alias] = Table("s3.aliases", Alias, key=("alias",), reach="global")


class Doors(Record, frozen=True):
    """How many access points, of whatever account, lead to a bucket: it cannot be deleted before them."""

    partition: str
    bucket: str
    count: int


doors: Table[Doors] = Table("s3.doors", Doors, key=("partition", "bucket"), reach="global")


def count_door(scope: Scope, bucket: str, by: int) -> None:
    """Note that a bucket has one access point more or less."""
    found = doors.find(scope, scope.partition, bucket)
    count = (found.count if found is not None else 0) + by
    if count:
        doors.put(scope, Doors(partition=scope.partition, bucket=bucket, count=count))
    else:
        doors.drop(scope, scope.partition, bucket)


class Via(msgspec.Struct, frozen=True):
    """The access point that a request came through."""

    arn: str
    account: str
    bucket: str
    policy: str
    blocks: Blocks
    tags: Mapping[str, str] = {}
    vpc: str = ""
    is_global: bool = False
    is_alias: bool = False
    prefixes: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    transforming: LambdaPoint | None = None
    """The Object Lambda access point in front of it."""

    @property
    def origin(self) -> str:
        return VPC if self.vpc else INTERNET


def enter(call: Call, operation: str, params: dict[str, Any]) -> None:
    """Put the bucket behind an access point into a request, and note what it came through.

    Raises NoSuchAccessPoint, NoSuchBucket for aliases of nothing, MethodNotAllowed for what cannot be done through an
    access point, AccessDenied where it is for a network only: no request comes from one yet.
    """
    name = params["Bucket"]
    via = find_via(call, name)
    if via is None:
        return
    if operation not in THROUGH:
        text = "The specified method is not allowed against this resource."
        raise s3.error("MethodNotAllowed", text, status=405, Method=call.request.method, ResourceType="ACCESSPOINT")
    params["Bucket"] = via.bucket
    call.via = via


def find_via(call: Call, name: str) -> Via | None:
    """Return the access point that ``name`` stands for, None when it is a bucket's name. Raises what ``enter`` does."""
    if name.startswith("arn:"):
        via = _by_arn(call, name)
    elif name.endswith(ALIAS_ENDINGS):
        via = _by_alias(call, name)
    elif is_directory_point(name):
        via = _into_directory(call, name)
    else:
        return None
    if via.vpc:
        raise errors.access_denied()
    return via


def _by_arn(call: Call, arn: str) -> Via:
    named = parse_point(arn)
    if named is None:
        raise s3.error("InvalidARN", "Invalid ARN.", ResourceArn=arn)
    if named.partition != call.partition:
        raise no_such_point(named.name)
    if named.service == "s3express":
        return _into_directory(call, named.name)
    if named.service == "s3-object-lambda":
        return _through_lambda(call, named.account, named.region, named.name)
    if not named.region:
        return _by_alias(call, named.name, account=named.account)
    if named.region != call.region and call.principal.type not in ("anonymous", "service"):
        text = "The access point you are attempting to access must be addressed using the specified region."
        raise s3.error("IllegalLocationConstraintException", text, Region=named.region)
    return _through(call, named.account, named.region, named.name)


def _by_alias(call: Call, alias: str, account: str = "") -> Via:
    found = aliases.find(call, alias)
    if found is None or account not in ("", found.account):
        raise errors.no_such_bucket(alias) if not alias.endswith(GLOBAL_ALIAS) else _no_such_global(alias)
    if alias.endswith(GLOBAL_ALIAS):
        return _through_all(call, found.account, found.name)
    if alias.endswith(LAMBDA_ALIAS):
        via = _through_lambda(call, found.account, found.region, found.name)
    else:
        via = _through(call, found.account, found.region, found.name)
    return msgspec.structs.replace(via, is_alias=True)


def _through(call: Call, account: str, region: str, name: str) -> Via:
    found = points.find(call.within(account, region), name)
    if found is None:
        raise no_such_point(name)
    blocks = found.blocks
    if blocks != ALL_BLOCKS:
        blocks |= blocks_of_account(call, account) or NO_BLOCKS
    way = Via(found.arn, account, found.bucket, found.policy, blocks, found.tags, found.vpc)
    if found.prefixes or found.permissions:
        way = msgspec.structs.replace(way, prefixes=found.prefixes, permissions=found.permissions)
    return way


def _into_directory(call: Call, name: str) -> Via:
    """Return the way by a directory bucket's access point, whose name is nobody else's."""
    found = aliases.find(call, name)
    if found is None:
        raise no_such_point(name)
    return _through(call, found.account, found.region, found.name)


def _through_lambda(call: Call, account: str, region: str, name: str) -> Via:
    found = lambda_points.find(call.within(account, region), name)
    named = parse_point(found.supporting) if found is not None else None
    if found is None or named is None:
        raise no_such_point(name)
    via = _through(call, named.account, named.region, named.name)
    return msgspec.structs.replace(via, transforming=found)


def _through_all(call: Call, account: str, name: str) -> Via:
    """Return the way by a multi-region access point: to the caller's region, else to the first that is active.

    Where a caller is on the map nobody can tell here: it counts as being where requests without a region are answered.
    """
    found = multi_region_points.find(call.within(account), name)
    if found is None or not found.is_ready:
        raise _no_such_global(name)
    active = [route for route in found.routes if route.dial]
    if not active:
        raise s3.error("ServiceUnavailable", "No region of this access point is active.", status=503)
    route = next((route for route in active if route.region == call.kernel.config.region), active[0])
    return Via(found.arn, account, route.bucket, found.policy, found.blocks, is_global=True)


def no_such_point(name: str) -> ServiceError:
    return s3.error("NoSuchAccessPoint", "The specified accesspoint does not exist", status=404, AccessPointName=name)


def _no_such_global(name: str) -> ServiceError:
    text = "The specified Multi-Region Access Point does not exist"
    return s3.error("NoSuchMultiRegionAccessPoint", text, status=404, MultiRegionAccessPointName=name)


def needed_through(call: Call, need: Need, via: Via | None) -> list[Need]:
    """Return what doing ``need``, of a bucket or an object in it, takes through an access point.

    Another account's own policies must allow it on the access point; on the bucket the bucket's policy has the say.
    """
    if via is None:
        return [need]
    key = need.resource.partition(":::")[2].partition("/")[2]
    inside = "/" in need.resource
    resource = f"{via.arn}/object/{key}" if inside else via.arn
    policy = via.policy
    is_foreign = call.principal.account != via.account and call.principal.type != "service"
    if via.blocks.restricted and is_foreign and policy and is_public(policy):
        policy = only_denials(policy)
    found = [
        Need(need.action, resource, via.account, need.context, policy),
        need._replace(is_delegated=call.principal.account != need.account),
    ]
    if via.transforming is not None:
        lambda_action = f"s3-object-lambda:{need.action.partition(':')[2]}"
        front = via.transforming
        found.insert(0, Need(lambda_action, front.arn, front.owner, {}, front.policy))
    return found
