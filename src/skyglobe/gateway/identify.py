"""Which service and operation a request is for, and over which protocol."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_plus

from skyglobe.gateway.hosts import Place, place_of
from skyglobe.gateway.plans import Plan, Plans
from skyglobe.gateway.points import S3_SIGNING_NAMES, bucket_named_by, is_s3_endpoint, operation_meant
from skyglobe.gateway.scope import Scope, scope_of
from skyglobe.kernel.config import Config
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from skyglobe.models.index import index
from skyglobe.models.loading import load
from skyglobe.models.routing import Router, router
from skyglobe.protocols.parsing.compression import decompressed
from skyglobe.protocols.serializing.cbor_body import AMZ_CBOR_TYPE

_NO_LABELS: Final[dict[str, str]] = {}
_S3_CONTROL_PATH: Final = "/v20180820/"  # the API version in every s3control path; S3's own paths start with a bucket
_FORM: Final = "application/x-www-form-urlencoded"


class Route(NamedTuple):
    """Where a request goes."""

    plan: Plan
    labels: dict[str, str]
    """URI labels, decoded."""
    scope: Scope | None
    """What its signature says; None for anonymous requests."""
    region: str
    bucket: str
    """The bucket that the host named, for virtual-hosted S3 requests."""


class Unidentified(ServiceError):
    """No operation can be found. ``protocol`` and ``service`` are the best guess, for the answer's shape."""

    def __init__(self, message: str, code: str, status: int, protocol: str, service: str = "") -> None:
        super().__init__(message, code=code, status=status)
        self.protocol = protocol
        self.service = service


def needs_body(request: Request) -> bool:
    """Whether the operation stands in the body: a query call that is still arriving."""
    return request.stream is not None and request.headers.get("content-type", "").startswith(_FORM)


def identify(request: Request, plans: Plans, config: Config) -> Route:
    """Find the operation a request is for. Raises ``Unidentified``."""
    scope = scope_of(request)
    place = place_of(request.host, config.host_suffixes)
    region = (scope.region if scope is not None else "") or place.region or config.region
    target = request.headers.get("x-amz-target")
    if target is not None and request.method == "POST":
        if request.headers.get("content-type") == AMZ_CBOR_TYPE:
            plan = _find_target(plans, target, scope, "amz-cbor")
        else:
            plan = plans.by_target(target) or _find_target(plans, target, scope)
        return Route(plan, _NO_LABELS, scope, region, "")
    if "smithy-protocol" in request.headers and request.path.startswith("/service/"):
        return Route(_find_rpc(plans, request), _NO_LABELS, scope, region, "")
    signing_name = scope.service if scope is not None else ""
    if _may_be_query(request, signing_name):
        plan_found = _find_query(plans, request, signing_name)
        if plan_found is not None:
            return Route(plan_found, _NO_LABELS, scope, region, "")
    return _find_rest(plans, request, scope, place, region)


def _find_target(plans: Plans, target: str, scope: Scope | None, protocol: str = "json") -> Plan:
    """Return the plan of an ``X-Amz-Target``; those of JSON are found quicker the next time."""
    prefix, _, name = target.rpartition(".")
    candidates = index().by_target(target)
    if scope is not None and len(candidates) > 1:
        signed = [c for c in candidates if index().services[c].signing_name == scope.service]
        candidates = tuple(signed) or candidates
    for service in candidates:
        if name in load(service).raw["operations"]:
            plan = plans.get(service, name, protocol)
            return plans.remember_target(target, plan) if protocol == "json" else plan
    if candidates:
        raise Unidentified("", "UnknownOperationException", 400, protocol, candidates[0])
    raise Unidentified(f"Unknown target {prefix}", "UnknownOperationException", 400, protocol)


def _find_rpc(plans: Plans, request: Request) -> Plan:
    parts = request.path.split("/")
    if len(parts) == 5 and parts[3] == "operation":
        for service in index().by_rpc_name(parts[2]):
            if parts[4] in load(service).raw["operations"]:
                return plans.get(service, parts[4], "smithy-rpc-v2-cbor")
    raise Unidentified("", "UnknownOperationException", 404, "smithy-rpc-v2-cbor")


def _may_be_query(request: Request, signing_name: str) -> bool:
    if signing_name == "s3":
        return False
    if request.method == "POST":
        return request.headers.get("content-type", "").startswith(_FORM) or "Action=" in request.query
    return request.method == "GET" and "Action=" in request.query


def _find_query(plans: Plans, request: Request, signing_name: str) -> Plan | None:
    text = _form_text(request) if request.method == "POST" and request.body else request.query
    action = _form_value(text, "Action") or _form_value(request.query, "Action")
    if action is None:
        return None
    version = _form_value(text, "Version") or _form_value(request.query, "Version")
    asked = f"{signing_name} {version} {action}"
    plan = plans.by_target(asked)
    if plan is not None:
        return plan
    candidates = index().by_query(version, action)
    if signing_name:
        candidates = tuple(c for c in candidates if index().services[c].signing_name == signing_name)
    if candidates:
        protocol = "ec2" if "ec2" in load(candidates[0]).protocols else "query"
        return plans.remember_target(asked, plans.get(candidates[0], action, protocol))
    guess = next((name for name in index().by_signing_name(signing_name) if index().services[name].speaks_query), "")
    if not guess and signing_name:
        return None
    message = f"Could not find operation {action} for version {version or 'NO_VERSION_SPECIFIED'}"
    raise Unidentified(message, "InvalidAction", 400, "ec2" if signing_name == "ec2" else "query", guess)


def _form_text(request: Request) -> str:
    body = decompressed(request).body if "content-encoding" in request.headers else request.body
    return body.decode("latin-1")


def _form_value(text: str, name: str) -> str | None:
    """Return one value of a form without parsing the rest of it, which may be large."""
    if text.startswith(f"{name}="):
        at = len(name) + 1
    else:
        at = text.find(f"&{name}=") + len(name) + 2
        if at == len(name) + 1:
            return None
    end = text.find("&", at)
    value = text[at:] if end < 0 else text[at:end]
    return value if value.isalnum() else unquote_plus(value)


def _find_rest(plans: Plans, request: Request, scope: Scope | None, place: Place, region: str) -> Route:
    bucket = bucket_named_by(place, scope.service if scope is not None else "", region, request.path)
    path = request.path
    if bucket:
        path = f"/{quote(bucket, safe='')}{path}" if bucket.startswith("arn:") else f"/{bucket}{path}"
    for service in _rest_candidates(request, scope, place):
        routes, protocol = _rest_routes(service)
        found = routes.match(request.method, path, request.query, request.headers)
        if found is not None:
            model, labels = found
            signing_name = scope.service if scope is not None else ""
            name = operation_meant(model.name, signing_name, place.endpoint) if service == "s3" else model.name
            return Route(plans.get(service, name, protocol), labels, scope, region, bucket)
    raise _no_rest_operation(request, scope, place)


@cache
def _rest_routes(service: str) -> tuple[Router, str]:
    """Return the router of a service, and which of the two REST protocols it speaks."""
    model = load(service)
    return router(model), next(p for p in model.protocols if p in ("rest-json", "rest-xml"))


def _rest_candidates(request: Request, scope: Scope | None, place: Place) -> tuple[str, ...]:
    signing_name = scope.service if scope is not None else ""
    return _rest_services(signing_name, place.endpoint, request.path.startswith(_S3_CONTROL_PATH))


@lru_cache(maxsize=4096)  # signing names and endpoints that models know, and some that clients make up
def _rest_services(signing_name: str, endpoint: str, is_s3_control: bool) -> tuple[str, ...]:
    """Return the services a REST request may be for, likeliest first."""
    facts = index()
    if signing_name:
        names = facts.by_signing_name("s3" if signing_name in S3_SIGNING_NAMES else signing_name)
    elif is_s3_endpoint(endpoint):
        names = ("s3",)
    elif endpoint:
        names = facts.by_endpoint_prefix(endpoint)
    else:
        names = ("s3",)
    rest = [name for name in names if any(p.startswith("rest-") for p in facts.services[name].protocols)]
    if "s3" in rest and len(rest) > 1:
        # S3's paths match almost anything: it comes last, unless nothing speaks for the others.
        others = [name for name in rest if name != "s3"]
        rest = [*others, "s3"] if is_s3_control else ["s3"]
    # A few services share signing name and paths; only the host tells them apart, when it names one.
    return tuple(sorted(rest, key=lambda name: facts.services[name].endpoint_prefix != endpoint))


def _no_rest_operation(request: Request, scope: Scope | None, place: Place) -> Unidentified:
    names = _rest_candidates(request, scope, place)
    if names == ("s3",):
        text = "The specified method is not allowed against this resource."
        return Unidentified(text, "MethodNotAllowed", 405, "rest-xml", "s3")
    if not names:
        known = index().by_signing_name(scope.service) if scope is not None else ()
        name = known[0] if known else ""
        if name and index().services[name].speaks_query and request.headers.get("content-type", "").startswith(_FORM):
            text = "The request is missing an action or a required parameter."
            return Unidentified(text, "MissingAction", 400, "ec2" if name == "ec2" else "query", name)
        protocol = index().services[name].protocols[0] if name else "rest-json"
        return Unidentified("", "UnknownOperationException", 404, protocol, name)
    protocol = "rest-xml" if "rest-xml" in index().services[names[0]].protocols else "rest-json"
    return Unidentified("", "UnknownOperationException", 404, protocol, names[0])
