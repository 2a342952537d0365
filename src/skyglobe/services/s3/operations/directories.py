"""Directory buckets: made, listed, and entered by sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.principals import Credential
from skyglobe.services.s3 import directories, errors, places, s3
from skyglobe.services.s3.answers import seconds
from skyglobe.services.s3.describing import bad_tags, refuse_member
from skyglobe.services.s3.directories import SIGNING_NAME, Session
from skyglobe.services.s3.directory_points import door_of
from skyglobe.services.s3.records import Bucket, Home, buckets, homes
from skyglobe.services.s3.rules.directories import (
    ENDING,
    MAX_BUCKETS,
    READ_ONLY,
    READ_WRITE,
    bucket_arn,
    is_zone_of,
    zone_in,
)
from skyglobe.services.s3.rules.tags import BUCKET, BadTags, tags_of_set

SESSION_FOR = 300_000  # milliseconds; CreateSession: "expires after 5 minutes"
TOKEN_CHARACTERS = 356
MAX_PAGE = 1_000  # ListDirectoryBuckets

_ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "SSEKMSEncryptionContext", "BucketKeyEnabled")
"""Members that would have a session encrypt what it writes; each request may say so itself."""
_REDUNDANCIES = {"AvailabilityZone": "SingleAvailabilityZone", "LocalZone": "SingleLocalZone"}


def create(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Make a directory bucket in the zone that its name tells.

    Raises InvalidBucketName, MalformedXML for configurations that are none, InvalidRequest for other zones than the
    name's, BucketAlreadyOwnedByYou, BucketAlreadyExists, TooManyBuckets.
    """
    name = request["Bucket"]
    configuration = request.get("CreateBucketConfiguration") or {}
    zone = zone_in(name)
    if not zone or not is_zone_of(zone, call.region):
        raise errors.invalid_bucket_name(name)
    _check_place(configuration, zone)
    try:
        tags = tags_of_set(configuration.get("Tags") or [], BUCKET)
    except BadTags as error:
        raise bad_tags(error) from error
    _check_free(call, name)
    home = Home(partition=call.partition, name=name, owner=call.account, region=call.region, created_at=call.now)
    arn = bucket_arn(call.partition, call.region, call.account, name)
    homes.insert(call, home)
    buckets.insert(call, Bucket(arn=arn, id=name, owner=call.account, created_at=call.now, tags=tags))
    return {"Location": f"http://{name}.s3express-{zone}.{call.region}.amazonaws.com/", "BucketArn": arn}


def _check_place(configuration: dict[str, Any], zone: str) -> None:
    location, kind = configuration.get("Location") or {}, configuration.get("Bucket") or {}
    is_whole = kind.get("Type") == "Directory" and location.get("Type") in _REDUNDANCIES
    if not is_whole or "LocationConstraint" in configuration:
        raise errors.malformed_xml()
    if kind.get("DataRedundancy", _REDUNDANCIES[location["Type"]]) != _REDUNDANCIES[location["Type"]]:
        raise errors.malformed_xml()
    if location.get("Name") != zone:
        raise errors.invalid_request("The location name does not match the zone in the bucket's name.")


def _check_free(call: Call, name: str) -> None:
    existing = homes.find(call, call.partition, name)
    if existing is not None and existing.owner == call.account:
        text = "Your previous request to create the named bucket succeeded and you already own it."
        raise s3.error("BucketAlreadyOwnedByYou", text, status=409, BucketName=name)
    if existing is not None:
        text = "The requested bucket name is not available. Please select a different name and try again."
        raise s3.error("BucketAlreadyExists", text, status=409, BucketName=name)
    if sum(1 for _ in _own(call)) >= MAX_BUCKETS:
        text = "You have attempted to create more buckets than allowed"
        raise s3.error("TooManyBuckets", text, CurrentNumberOfBuckets=MAX_BUCKETS, AllowedNumberOfBuckets=MAX_BUCKETS)


def _name(home: Home) -> str:
    return home.name


def _own(call: Call) -> Iterator[Home]:
    found = homes.scan_by(call, "owner", call.partition, call.account)
    return (home for home in found if home.name.endswith(ENDING) and home.region == call.region)


@s3.operation
def list_directory_buckets(
    call: Call, continuation_token: str | None = None, max_directory_buckets: int | None = None
) -> dict[str, Any]:
    """Return a page of the caller's directory buckets in this region, by name."""
    limit = min(max_directory_buckets or MAX_PAGE, MAX_PAGE)
    try:
        found, following = page_of(
            call, "s3.directories", _own(call), lambda home: home.name, continuation_token, limit
        )
    except InvalidToken as error:
        text = "The continuation token provided is incorrect"
        raise errors.invalid_argument(text, "continuation-token", continuation_token) from error
    listed = [
        {
            "Name": home.name,
            "CreationDate": seconds(home.created_at),
            "BucketRegion": home.region,
            "BucketArn": bucket_arn(call.partition, home.region, home.owner, home.name),
        }
        for home in found
    ]
    return {"Buckets": listed, **({"ContinuationToken": following} if following is not None else {})}


@s3.operation
def create_session(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Issue credentials that are good for one directory bucket for five minutes, to read or to write too.

    Whoever could create a bucket that is not there gets a session for it: it is good for nothing but that.
    Raises InvalidRequest for other buckets, AccessDenied for sessions made by a session.
    """
    name = request["Bucket"]
    if not name.endswith(ENDING):
        raise errors.invalid_request("CreateSession is only supported for directory buckets.")
    mode = request.get("SessionMode", READ_WRITE)
    if mode not in (READ_ONLY, READ_WRITE):
        raise errors.invalid_argument("Invalid session mode", "x-amz-create-session-mode", mode)
    if call.principal.only_for or not call.principal.access_key_id:
        raise errors.access_denied()
    for member in _ENCRYPTION:
        if request.get(member):
            refuse_member(call, member)
    if homes.find(call, call.partition, name) is not None:
        places.visit(call, request)
    ids, principal = call.kernel.ids, call.principal
    credential = Credential(
        access_key_id=ids.principal("ASIA"),
        secret=ids.secret(),
        session_token=ids.secret(TOKEN_CHARACTERS),
        account=principal.account,
        principal_arn=principal.arn,
        user_id=principal.user_id,
        expires_at=call.now // 1000 * 1000 + SESSION_FOR,
        session=principal.session,
        only_for=SIGNING_NAME,
    )
    credentials.insert(call, credential)
    directories.sessions.put(
        call, Session(access_key_id=credential.access_key_id, bucket=door_of(call, name), mode=mode)
    )
    told = {
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret,
        "SessionToken": credential.session_token,
        "Expiration": (call.now + SESSION_FOR) // 1000,
    }
    return {"Credentials": told}
