"""The request context of a call: what condition keys of policies are compared with. Worked out when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, KeysView, Mapping
from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.access import Need, lazy_of
from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.resources import find_resource
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import find_membership

Values = str | list[str]

_TAG_MEMBERS = ("Tags", "tags", "TagSet", "TagKeys")
"""All that condition keys tell of a call's parameters."""

_TYPES = {
    "root": "Account",
    "user": "User",
    "assumed-role": "AssumedRole",
    "federated-user": "FederatedUser",
    "service": "Service",
    "anonymous": "Anonymous",
}


class RequestContext:
    """Condition keys, in lower case, and their values for one need of one call.

    Keys that do not apply to the call are absent, as AWS's global condition keys page says of each.
    """

    __slots__ = ("_call", "_is_over", "_known", "_need", "_params", "_tags")

    def __init__(self, call: Call, need: Need, params: dict[str, Any]) -> None:
        self._call = call
        self._need = need
        self._params = params
        self._is_over = False
        self._known: dict[str, Values | None] = {}
        self._tags: dict[str, Mapping[str, str]] = {}

    def release(self) -> None:
        """Let go of the call, but for what its condition keys are made of: decisions are kept longer than calls."""
        params = self._params
        self._call = self._call.over()
        self._params = {name: params[name] for name in _TAG_MEMBERS if name in params}
        self._is_over = True
        lazy = lazy_of(self._need)
        if lazy is not None:
            lazy.release(self._call)

    def complete(self, scope: Scope) -> None:
        """Look up what deciding did not ask for, as it is in ``scope``: tags, organizations."""
        lazy = lazy_of(self._need)
        if lazy is not None:
            lazy.complete(scope)
        resumed = self._call.resumed(scope.writes)
        for family, find in _STORED_TAGS.items():
            if family not in self._tags:
                self._tags[family] = find(resumed, resumed.principal, self._need)
        for key, known in _GLOBAL.items():
            if key not in self._known and key not in self._need.context:
                self._known[key] = known(resumed, self._need, self._params)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a key's values, or ``default``. Policies ask by this, many times for each call."""
        known = self._known
        if key in known:
            value = known[key]
        else:
            value = known[key] = self._find(key)
        return default if value is None else value

    @property
    def asked(self) -> KeysView[str]:
        """The keys that were asked for so far."""
        return self._known.keys()

    def items(self) -> Iterable[tuple[str, Values]]:
        """Return the keys that apply to the call, with their values."""
        session = self._call.principal.session
        names = [*_GLOBAL, *self._need.context, *(session.claims if session is not None else ())]
        names += [f"aws:requesttag/{name.lower()}" for name in request_tags(self._params)]
        found = [(name, self.get(name)) for name in names]
        return [(name, value) for name, value in found if value is not None]

    def _find(self, key: str) -> Values | None:
        given = self._need.context.get(key)
        if given is not None:
            return given
        known = _GLOBAL.get(key)
        if known is not None:
            return known(self._call, self._need, self._params)
        family, _, name = key.partition("/")
        if not name or family not in _TAGGED:
            session = self._call.principal.session
            return session.claims.get(key) if session is not None else None
        tags = self._tags.get(family)
        if tags is None:
            tags = self._tags[family] = self._find_tags(family)
        return _by_name(tags, name)

    def _find_tags(self, family: str) -> Mapping[str, str]:
        if family not in _STORED_TAGS:
            return request_tags(self._params)
        return {} if self._is_over else _STORED_TAGS[family](self._call, self._call.principal, self._need)


def request_tags(params: dict[str, Any]) -> dict[str, str]:
    """Return the tags a request carries, in whichever of AWS's forms."""
    given = next((params[name] for name in _TAG_MEMBERS[:3] if name in params), None)
    if isinstance(given, dict):
        return {str(key): str(value) for key, value in given.items()}
    if isinstance(given, list):
        pairs = (item for item in given if isinstance(item, dict))
        return {str(t.get("Key", t.get("key", ""))): str(t.get("Value", t.get("value", ""))) for t in pairs}
    return {}


def _by_name(tags: Mapping[str, str], name: str) -> str | None:
    """Return a tag's value; the names of condition keys are compared without case, those of tags in them too."""
    return next((value for key, value in tags.items() if key.lower() == name), None)


def _resource_tags(scope: Scope, principal: Principal, need: Need) -> Mapping[str, str]:
    lazy = lazy_of(need)
    told = lazy.resource_tags(scope) if lazy is not None else None
    if told is not None:
        return told
    resource = find_resource(scope, need.resource)
    return resource.tags if resource is not None else {}


def _principal_tags(scope: Scope, principal: Principal, need: Need) -> Mapping[str, str]:
    if principal.type in ("anonymous", "service") or scope.kernel.services.find("iam") is None:
        return {}
    # Only where there is an IAM to ask, as for policies.
    from skyglobe.services.iam.access import tags_of

    return tags_of(scope, principal)


def _current_time(call: Call, need: Need, params: dict[str, Any]) -> str:
    return datetime.fromtimestamp(call.now / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _issued_at(call: Call, need: Need, params: dict[str, Any]) -> str | None:
    session = call.principal.session
    if session is None:
        return None
    return datetime.fromtimestamp(session.issued_at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mfa_present(call: Call, need: Need, params: dict[str, Any]) -> str | None:
    """Only temporary credentials say whether MFA was used; with long-term keys the key is absent."""
    session = call.principal.session
    return None if session is None else str(session.mfa_authenticated).lower()


def _mfa_age(call: Call, need: Need, params: dict[str, Any]) -> str | None:
    session = call.principal.session
    if session is None or not session.mfa_authenticated:
        return None
    return str((call.now - session.issued_at) // 1000)


def _user_name(call: Call, need: Need, params: dict[str, Any]) -> str | None:
    return call.principal.arn.rpartition("/")[2] if call.principal.type == "user" else None


def _source_identity(call: Call, need: Need, params: dict[str, Any]) -> str | None:
    session = call.principal.session
    return (session.source_identity or None) if session is not None else None


def _federated_provider(call: Call, need: Need, params: dict[str, Any]) -> str | None:
    session = call.principal.session
    return (session.federated_provider or None) if session is not None else None


def _organization(call: Call, account: str) -> str | None:
    membership = find_membership(call, account)
    return membership.organization_id if membership is not None else None


def _paths(call: Call, account: str) -> list[str] | None:
    """The path down to the account's parent: ``o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/``."""
    membership = find_membership(call, account)
    return [membership.path] if membership is not None else None


def _of_caller(call: Call) -> str:
    """The caller's account; none for services, whose own account is nobody's business."""
    return call.principal.account if call.principal.type != "service" else ""


def _of_source(call: Call) -> str:
    """The account a service works for; none for other callers."""
    return call.principal.account if call.principal.type == "service" else ""


def _tag_keys(call: Call, need: Need, params: dict[str, Any]) -> list[str] | None:
    return list(request_tags(params)) or params.get("TagKeys") or None


def _principal_arn(call: Call, need: Need, params: dict[str, Any]) -> str | None:
    """For a role session this is the role's ARN, not the session's."""
    principal = call.principal
    if principal.type == "assumed-role" and principal.session is not None and principal.session.issuer_arn:
        return principal.session.issuer_arn
    return principal.arn or None


def _called_via(call: Call, place: int) -> str | None:
    """The first or the last service that called on in the caller's name."""
    services = call.principal.called_via
    return services[place] if services else None


def _is_via_service(call: Call) -> bool:
    return call.principal.type == "service" or bool(call.principal.called_via)


_GLOBAL: dict[str, Callable[[Call, Need, dict[str, Any]], Values | None]] = {
    "aws:calledvia": lambda call, need, params: list(call.principal.called_via) or None,
    "aws:calledviafirst": lambda call, need, params: _called_via(call, 0),
    "aws:calledvialast": lambda call, need, params: _called_via(call, -1),
    "aws:currenttime": _current_time,
    "aws:epochtime": lambda call, need, params: str(call.now // 1000),
    "aws:federatedprovider": _federated_provider,
    "aws:multifactorauthage": _mfa_age,
    "aws:multifactorauthpresent": _mfa_present,
    "aws:principalaccount": lambda call, need, params: call.principal.account or None,
    "aws:principalarn": _principal_arn,
    "aws:principalisawsservice": lambda call, need, params: str(call.principal.type == "service").lower(),
    "aws:principalorgid": lambda call, need, params: _organization(call, _of_caller(call)),
    "aws:principalorgpaths": lambda call, need, params: _paths(call, _of_caller(call)),
    "aws:principalservicename": lambda call, need, params: (
        call.principal.arn if call.principal.type == "service" else None
    ),
    "aws:principaltype": lambda call, need, params: _TYPES[call.principal.type],
    "aws:referer": lambda call, need, params: call.request.headers.get("referer"),
    "aws:requestedregion": lambda call, need, params: call.region,
    "aws:resourceaccount": lambda call, need, params: need.account,
    "aws:resourceorgid": lambda call, need, params: _organization(call, need.account),
    "aws:resourceorgpaths": lambda call, need, params: _paths(call, need.account),
    "aws:securetransport": lambda call, need, params: str(call.request.secure).lower(),
    "aws:sourceaccount": lambda call, need, params: _of_source(call) or None,
    "aws:sourcearn": lambda call, need, params: call.principal.source_arn or None,
    "aws:sourceidentity": _source_identity,
    "aws:sourceorgid": lambda call, need, params: _organization(call, _of_source(call)),
    "aws:sourceorgpaths": lambda call, need, params: _paths(call, _of_source(call)),
    "aws:sourceowner": lambda call, need, params: _of_source(call) or None,
    "aws:sourceip": lambda call, need, params: call.request.client if call.principal.type != "service" else None,
    "aws:tagkeys": _tag_keys,
    "aws:tokenissuetime": _issued_at,
    "aws:useragent": lambda call, need, params: call.request.headers.get("user-agent"),
    "aws:userid": lambda call, need, params: (
        "anonymous" if call.principal.is_anonymous else call.principal.user_id or None
    ),
    "aws:username": _user_name,
    "aws:viaawsservice": lambda call, need, params: str(_is_via_service(call)).lower(),
}
"""The global condition keys that can be told of a call today; AWS: "AWS global condition context keys"."""

_STORED_TAGS: dict[str, Callable[[Scope, Principal, Need], Mapping[str, str]]] = {
    "aws:principaltag": _principal_tags,
    "aws:resourcetag": _resource_tags,
}
_TAGGED = frozenset({*_STORED_TAGS, "aws:requesttag"})


LASTING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principaltype",
        "aws:resourceaccount",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",
        "aws:viaawsservice",
    }
)
"""Keys whose values follow from the caller, the resource and its account alone."""
