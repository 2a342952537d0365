"""The condition keys of S3: what policies compare a request with. Worked out only when a policy asks.

Service authorization reference of Amazon S3, "Condition keys for Amazon S3".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from skyglobe.kernel.access import LazyValues
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import deciding
from skyglobe.services.s3.points import Via
from skyglobe.services.s3.records import Home, buckets, details_of
from skyglobe.services.s3.rules.tags import BadTags, tags_of_header

_DAY = 86_400_000
_WHOLE_WRITES = frozenset(("PutObject", "CopyObject", "CompleteMultipartUpload"))

Values = str | list[str]


class Facts(LazyValues):
    """What is known of one request to one bucket or object, by condition key in lower case."""

    __slots__ = ("_existing", "account", "call", "home", "key", "operation", "params", "version", "via")

    def __init__(
        self,
        call: Call,
        operation: str,
        params: dict[str, Any],
        home: Home | None,
        account: str,
        key: str | None = None,
        version: str | None = None,
        via: Via | None = None,
    ) -> None:
        self.call = call
        self.operation = operation
        self.params = params
        self.home = home
        self.account = account
        self.key = key
        self.version = version
        self.via = via
        self._existing: Mapping[str, str] | None = None

    def release(self, over: Call) -> None:
        self.call = over
        self.params = {name: value for name, value in self.params.items() if name != "Body"}

    def complete(self, scope: Scope) -> None:
        if self._existing is None:
            self._existing = self._look_up(scope)

    def __getitem__(self, key: str) -> Values:
        value = self._find(key)
        if value is None:
            raise KeyError(key)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        value = self._find(key)
        return default if value is None else value

    def __iter__(self) -> Iterator[str]:
        names = [*_MEMBERS, *_FOUND]
        names += [f"s3:accesspointtag/{name.lower()}" for name in (self.via.tags if self.via is not None else ())]
        names += [f"s3:existingobjecttag/{name.lower()}" for name in self.existing_tags()]
        names += [f"s3:requestobjecttag/{name.lower()}" for name in self.request_tags()]
        return (name for name in names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _find(self, key: str) -> Values | None:
        member = _MEMBERS.get(key)
        if member is not None:
            value = self.params.get(member)
            return None if value is None else str(value)
        found = _FOUND.get(key)
        if found is not None:
            return found(self)
        family, _, name = key.partition("/")
        if family == "s3:accesspointtag":
            return _by_name(self.via.tags, name) if self.via is not None else None
        if family == "s3:buckettag":
            return _by_name(self.bucket_tags(self.call), name)
        if family == "s3:existingobjecttag":
            return _by_name(self.existing_tags(), name)
        return _by_name(self.request_tags(), name) if family == "s3:requestobjecttag" else None

    def existing_tags(self) -> Mapping[str, str]:
        """Return the tags of the object that was there when somebody first asked."""
        existing = self._existing
        if existing is None:
            existing = self._existing = self._look_up(self.call)
        return existing

    def _look_up(self, scope: Scope) -> Mapping[str, str]:
        if self.home is None or self.key is None:
            return {}
        found = deciding.find_object(scope, self.home, self.key, self.version)
        return details_of(found).tags if found is not None else {}

    def resource_tags(self, scope: Scope) -> Mapping[str, str] | None:
        """Return the bucket's tags where it lets them decide, those of the access point between otherwise."""
        if self.via is not None:
            return self.via.tags
        return self.bucket_tags(scope)

    def bucket_tags(self, scope: Scope) -> Mapping[str, str]:
        """Return the tags of the bucket; none while attribute-based access control is not enabled for it."""
        home = self.home
        if home is None or home.access is None or not home.access.tags_decide:
            return {}
        found = buckets.find(scope.within(home.owner, home.region), home.name)
        return found.tags if found is not None else {}

    def request_tags(self) -> Mapping[str, str]:
        """Return the tags the request gives an object: in a header, or in PutObjectTagging's document."""
        given = self.params.get("Tagging")
        if isinstance(given, str):
            try:
                return tags_of_header(given)
            except BadTags:
                return {}  # the operation refuses them
        listed = given.get("TagSet") if isinstance(given, dict) and self.key is not None else None
        return {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in listed or ()}


def _by_name(tags: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in tags.items() if key.lower() == name), None)


def _locked(facts: Facts) -> dict[str, Any]:
    """Return the mode and date of retention a request sets."""
    retention = facts.params.get("Retention")
    if isinstance(retention, dict):
        return retention
    named = {"Mode": "ObjectLockMode", "RetainUntilDate": "ObjectLockRetainUntilDate"}
    return {name: facts.params[member] for name, member in named.items() if member in facts.params}


def _legal_hold(facts: Facts) -> str | None:
    hold = facts.params.get("LegalHold")
    return hold.get("Status") if isinstance(hold, dict) else facts.params.get("ObjectLockLegalHoldStatus")


def _retain_until(facts: Facts) -> str | None:
    until = _locked(facts).get("RetainUntilDate")
    return until.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(until, datetime) else None


def _remaining_days(facts: Facts) -> str | None:
    until = _locked(facts).get("RetainUntilDate")
    return str(int((until.timestamp() * 1000 - facts.call.now) // _DAY)) if isinstance(until, datetime) else None


def _constraint(facts: Facts) -> str | None:
    configuration = facts.params.get("CreateBucketConfiguration")
    return configuration.get("LocationConstraint") if isinstance(configuration, dict) else None


def _query(facts: Facts) -> dict[str, list[str]]:
    return parse_qs(facts.call.request.query) if "ignature=" in facts.call.request.query else {}


def _auth_type(facts: Facts) -> str | None:
    request = facts.call.request
    if "authorization" in request.headers:
        return "REST-HEADER"
    if facts.operation == "PutObject" and request.method == "POST" and not facts.call.principal.is_anonymous:
        return "POST"
    return "REST-QUERY-STRING" if _query(facts) else None


def _signature_version(facts: Facts) -> str | None:
    kind = _auth_type(facts)
    if kind is None:
        return None
    if kind == "POST":
        return "AWS4-HMAC-SHA256"
    header = facts.call.request.headers.get("authorization", "")
    return header.partition(" ")[0] or _query(facts).get("X-Amz-Algorithm", ["AWS"])[0]


def _signature_age(facts: Facts) -> str | None:
    """Milliseconds since the request was signed, on the cloud's clock."""
    sent = facts.call.request.headers.get("x-amz-date") or _query(facts).get("X-Amz-Date", [""])[0]
    try:
        signed = datetime.strptime(sent, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() * 1000
    except ValueError:
        return None
    clock = facts.call.kernel.clock
    cloud, wall = clock.now(), clock.wall()
    at = signed if abs(signed - cloud) < abs(signed - wall) else clock.at_wall(int(signed))
    return str(max(0, int(cloud - at)))


def _copy_source(facts: Facts) -> str | None:
    source = facts.params.get("CopySource")
    return str(source).lstrip("/") if source is not None else None


def _new_key(facts: Facts) -> dict[str, Any]:
    """Return the KMS key that UpdateObjectEncryption asks for; nothing for all other requests."""
    asked = facts.params.get("ObjectEncryption")
    found = asked.get("SSEKMS") if isinstance(asked, dict) else None
    return found if isinstance(found, dict) else {}


def _encryption(facts: Facts) -> str | None:
    return facts.params.get("ServerSideEncryption") or ("aws:kms" if _new_key(facts) else None)


def _kms_key(facts: Facts) -> str | None:
    return facts.params.get("SSEKMSKeyId") or _new_key(facts).get("KMSKeyArn")


_MEMBERS = {
    "s3:prefix": "Prefix",
    "s3:delimiter": "Delimiter",
    "s3:max-keys": "MaxKeys",
    "s3:versionid": "VersionId",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-bucket-namespace": "BucketNamespace",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-grant-read-acp": "GrantReadACP",
    "s3:x-amz-grant-write": "GrantWrite",
    "s3:x-amz-grant-write-acp": "GrantWriteACP",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-object-ownership": "ObjectOwnership",
    "s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
"""Keys whose value is a member of the request."""

_FOUND: dict[str, Callable[[Facts], Values | None]] = {
    "s3:accesspointnetworkorigin": lambda facts: facts.via.origin if facts.via is not None else None,
    "s3:authtype": _auth_type,
    "s3:dataaccesspointaccount": lambda facts: facts.via.account if facts.via is not None else None,
    "s3:dataaccesspointarn": lambda facts: facts.via.arn if facts.via is not None else None,
    "s3:locationconstraint": _constraint,
    "s3:object-lock-legal-hold": _legal_hold,
    "s3:object-lock-mode": lambda facts: _locked(facts).get("Mode"),
    "s3:object-lock-remaining-retention-days": _remaining_days,
    "s3:object-lock-retain-until-date": _retain_until,
    "s3:objectcreationoperation": lambda facts: str(facts.operation in _WHOLE_WRITES).lower(),
    "s3:requestobjecttagkeys": lambda facts: list(facts.request_tags()) or None,
    "s3:resourceaccount": lambda facts: facts.account,
    "s3:signatureage": _signature_age,
    "s3:signatureversion": _signature_version,
    "s3:x-amz-content-sha256": lambda facts: facts.call.request.headers.get("x-amz-content-sha256"),
    "s3:x-amz-copy-source": _copy_source,
    "s3:x-amz-server-side-encryption": _encryption,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _kms_key,
}
