"""The HTTP request that an API destination is invoked with; user guide, "API destinations" and "Connections"."""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from skyglobe.services.events.rules.paths import ABSENT, follow

AGENT = "Amazon/EventBridge/ApiDestinations"
CONTENT_TYPE = "application/json; charset=utf-8"


class Outgoing(NamedTuple):
    """A request to send."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def plan_request(
    method: str, endpoint: str, text: str, event: dict[str, Any], parameters: dict[str, Any], auth: dict[str, Any]
) -> Outgoing:
    """Return the request for an event.

    ``parameters`` are the target's HttpParameters, whose values may be paths into the event; ``auth`` what the
    connection says, which counts more than the target's.
    """
    further = auth.get("InvocationHttpParameters") or {}
    url = endpoint
    for value in parameters.get("PathParameterValues") or ():
        url = url.replace("*", quote(_dynamic(value, event), safe=""), 1)
    query = {name: _dynamic(value, event) for name, value in (parameters.get("QueryStringParameters") or {}).items()}
    query |= named_values(further.get("QueryStringParameters"))
    headers = {"Content-Type": CONTENT_TYPE, "User-Agent": AGENT}
    for name, value in (parameters.get("HeaderParameters") or {}).items():
        _set(headers, name, _dynamic(value, event))
    for name, value in named_values(further.get("HeaderParameters")).items():
        _set(headers, name, value)
    for name, value in credentials_of(auth).items():
        _set(headers, name, value)
    body = _body(text, named_values(further.get("BodyParameters")))
    return Outgoing(method, with_query(url, query), headers, b"" if method in ("GET", "HEAD") else body)


def credentials_of(auth: dict[str, Any]) -> dict[str, str]:
    """Return the headers that let a request in: a name and a password, or a key. Tokens are added by who has them."""
    if (basic := auth.get("BasicAuthParameters")) is not None:
        user = f"{basic['Username']}:{basic['Password']}"
        return {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
    if (key := auth.get("ApiKeyAuthParameters")) is not None:
        return {key["ApiKeyName"]: key["ApiKeyValue"]}
    return {}


def plan_token_request(oauth: dict[str, Any]) -> Outgoing:
    """Return the request for a token, as OAuth's client credentials are traded in; RFC 6749, section 4.4.2."""
    client = oauth["ClientParameters"]
    further = oauth.get("OAuthHttpParameters") or {}
    form = {
        "grant_type": "client_credentials",
        "client_id": client["ClientID"],
        "client_secret": client["ClientSecret"],
    }
    form |= named_values(further.get("BodyParameters"))
    headers = {"User-Agent": AGENT, "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    for name, value in named_values(further.get("HeaderParameters")).items():
        _set(headers, name, value)
    query = named_values(further.get("QueryStringParameters"))
    method = oauth["HttpMethod"]
    if method == "GET":
        return Outgoing(method, with_query(oauth["AuthorizationEndpoint"], {**form, **query}), headers, b"")
    return Outgoing(method, with_query(oauth["AuthorizationEndpoint"], query), headers, urlencode(form).encode())


def named_values(parameters: list[dict[str, Any]] | None) -> dict[str, str]:
    """Return a list of keys and values as what it means."""
    return {one.get("Key", ""): one.get("Value", "") for one in parameters or () if one.get("Key")}


def with_query(url: str, query: dict[str, str]) -> str:
    """Return a URL with more parameters."""
    if not query:
        return url
    parts = urlsplit(url)
    every = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **query}
    return urlunsplit(parts._replace(query=urlencode(every)))


def _dynamic(value: str, event: dict[str, Any]) -> str:
    if not value.startswith("$."):
        return value
    found = follow(value, event)
    if found is ABSENT:
        return ""
    return found if isinstance(found, str) else json.dumps(found, separators=(",", ":"))


def _set(headers: dict[str, str], name: str, value: str) -> None:
    """Set a header in place of one of that name, however it is spelled."""
    for known in [one for one in headers if one.lower() == name.lower()]:
        del headers[known]
    headers[name] = value


def _body(text: str, more: dict[str, str]) -> bytes:
    if more:
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        if isinstance(document, dict):
            text = json.dumps({**document, **more}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")
