"""Static websites: which configurations a bucket takes, where requests are sent on to, and pages that tell of errors.

S3 user guide, "Hosting a static website using Amazon S3" and "(Optional) Configuring a webpage redirect".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

MAX_RULES = 50  # of a configuration; user guide, "Configure advanced conditional redirects"
_PROTOCOLS = ("http", "https")


class BadWebsite(ValueError):
    """A configuration S3 does not take: code and reason."""

    def __init__(self, message: str, code: str = "InvalidArgument") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def check_website(configuration: dict[str, Any]) -> None:
    """Raise BadWebsite for a configuration that is none."""
    everything = configuration.get("RedirectAllRequestsTo")
    if everything is not None:
        if configuration.keys() - {"RedirectAllRequestsTo"}:
            text = "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
            raise BadWebsite(text, "InvalidRequest")
        if not everything.get("HostName"):
            raise BadWebsite("", "MalformedXML")
        _check_protocol(everything)
        return
    suffix = (configuration.get("IndexDocument") or {}).get("Suffix")
    if suffix is None:
        raise BadWebsite("A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty")
    if not suffix or "/" in suffix:
        raise BadWebsite("The IndexDocument Suffix is not well formed")
    error = configuration.get("ErrorDocument")
    if error is not None and not error.get("Key"):
        raise BadWebsite("The ErrorDocument Key is not well formed")
    rules = configuration.get("RoutingRules") or []
    if len(rules) > MAX_RULES:
        text = f"{len(rules)} routing rules provided, the number of routing rules in a website configuration is limited"
        raise BadWebsite(f"{text} to {MAX_RULES}.", "InvalidRequest")
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: dict[str, Any]) -> None:
    redirect, condition = rule.get("Redirect"), rule.get("Condition")
    if not redirect:
        raise BadWebsite("", "MalformedXML")
    if condition is not None and not condition:
        text = (
            "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't "
            "be present."
        )
        raise BadWebsite(text, "InvalidRequest")
    code = (condition or {}).get("HttpErrorCodeReturnedEquals")
    if code is not None and not _is_code(code, 400, 599):
        text = f"The provided HTTP error code ({code}) is not valid. Valid codes are 4XX or 5XX."
        raise BadWebsite(text, "InvalidRequest")
    if "ReplaceKeyWith" in redirect and "ReplaceKeyPrefixWith" in redirect:
        raise BadWebsite("You can only define ReplaceKeyPrefix or ReplaceKey but not both.", "InvalidRequest")
    code = redirect.get("HttpRedirectCode")
    if code is not None and not _is_code(code, 301, 399):
        text = f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300."
        raise BadWebsite(text, "InvalidRequest")
    _check_protocol(redirect)


def _is_code(code: str, low: int, high: int) -> bool:
    return code.isascii() and code.isdigit() and low <= int(code) <= high


def _check_protocol(redirect: dict[str, Any]) -> None:
    if redirect.get("Protocol", "http") not in _PROTOCOLS:
        text = (
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
            "automatically."
        )
        raise BadWebsite(text, "InvalidRequest")


class Asked(NamedTuple):
    """A request to a website."""

    protocol: str
    host: str
    key: str
    """What the path names, without the leading slash."""


class Website:
    """A stored configuration, as requests meet it."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        self.everything: dict[str, Any] | None = configuration.get("RedirectAllRequestsTo")
        self.index: str = (configuration.get("IndexDocument") or {}).get("Suffix", "")
        self.error_key: str = (configuration.get("ErrorDocument") or {}).get("Key", "")
        self._rules: list[dict[str, Any]] = configuration.get("RoutingRules") or []

    def document_key(self, key: str) -> str:
        """Return the object a path names: that of a folder is its index document."""
        return f"{key}{self.index}" if not key or key.endswith("/") else key

    def redirect_all(self, asked: Asked) -> str:
        """Return where everything goes; empty when it does not."""
        if self.everything is None:
            return ""
        protocol = self.everything.get("Protocol") or asked.protocol
        return f"{protocol}://{self.everything['HostName']}/{quoted(asked.key)}"

    def route(self, asked: Asked, status: int | None = None) -> tuple[int, str] | None:
        """Return status and place of the first rule for a request, or for the error it met; None: no rule is."""
        for rule in self._rules:
            condition = rule.get("Condition") or {}
            code = condition.get("HttpErrorCodeReturnedEquals")
            prefix = condition.get("KeyPrefixEquals", "")
            wanted = int(code) if code is not None else None
            if wanted == status and asked.key.startswith(prefix):
                redirect = rule["Redirect"]
                return int(redirect.get("HttpRedirectCode") or 301), _location(redirect, prefix, asked)
        return None


def _location(redirect: dict[str, Any], prefix: str, asked: Asked) -> str:
    key = asked.key
    if "ReplaceKeyWith" in redirect:
        key = redirect["ReplaceKeyWith"]
    elif "ReplaceKeyPrefixWith" in redirect:
        key = f"{redirect['ReplaceKeyPrefixWith']}{key.removeprefix(prefix)}"
    protocol = redirect.get("Protocol") or asked.protocol
    return f"{protocol}://{redirect.get('HostName') or asked.host}/{quoted(key)}"


def quoted(key: str) -> str:
    return quote(key, safe="/!$&'()*+,;=:@-._~", errors="surrogatepass")


@lru_cache(maxsize=1024)  # configurations in use
def website_in(text: str) -> Website:
    """Return a stored configuration."""
    return Website(json.loads(text))


Told = tuple[tuple[str, str], ...]


def page(status: int, told: Told, request_id: str, host_id: str, second: Told = ()) -> bytes:
    """Return the page for an error and, as ``second``, the one met on the way to the error document."""
    title = f"{status} {HTTPStatus(status).phrase}"
    ids = (("RequestId", request_id), ("HostId", host_id))
    more = ""
    if second:
        heading = "An Error Occurred While Attempting to Retrieve a Custom Error Document"
        more = f"<h3>{heading}</h3>\n<ul>\n{_items(second)}</ul>\n"
    return (
        f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n{_items((*told, *ids))}</ul>\n"
        f"{more}<hr/>\n</body>\n</html>\n"
    ).encode("utf-8", "replace")


def _items(told: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<li>{name}: {escape(value, quote=False)}</li>\n" for name, value in told)
