"""The website endpoint: what anybody's browser is answered, in pages rather than documents.

S3 user guide, "Website endpoints". Whoever asks is nobody in particular: what they may read the policy engine decides.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.service import Fetch
from skyglobe.kernel.wire import Request, Response
from skyglobe.protocols.serializing.s3 import host_id, request_id_headers
from skyglobe.services.s3 import errors, s3
from skyglobe.services.s3.guards import document_of
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.websites import Asked, Told, Website, page, quoted, website_in

_METHODS = ("GET", "HEAD")
_REDIRECT = "x-amz-website-redirect-location"


@s3.websites
def answer_website(scope: Scope, request: Request, bucket: str, request_id: str, fetch: Fetch) -> Response:
    """Answer a request to a bucket's website endpoint; errors are pages too."""
    visit = _Visit(request, bucket, request_id, fetch)
    try:
        if request.method not in _METHODS:
            text = "The specified method is not allowed against this resource."
            fields = {"Method": request.method, "ResourceType": "OBJECT"}
            raise ServiceError(text, code="MethodNotAllowed", status=405, fields=fields, headers={"Allow": "GET, HEAD"})
        return visit.serve(_site(scope, bucket))
    except ServiceError as error:
        return visit.tell(error)


def _site(scope: Scope, bucket: str) -> Website:
    home = homes.find(scope, scope.partition, bucket)
    if home is None:
        raise errors.no_such_bucket(bucket)
    text = document_of(scope, bucket, "website") if home.access is not None and home.access.has_website else ""
    if not text:
        raise errors.no_such_website(bucket)
    if home.region != scope.region:
        raise _elsewhere(home)
    return website_in(text)


def _elsewhere(home: Home) -> ServiceError:
    text = "The specified bucket exists in another region. Please direct requests to the specified endpoint."
    endpoint = f"{home.name}.s3-website-{home.region}.amazonaws.com"
    return s3.error("IncorrectEndpoint", text, Endpoint=endpoint, Bucket=home.name)


class _Visit(NamedTuple):
    """One request, and the way to the objects it may read."""

    request: Request
    bucket: str
    request_id: str
    fetch: Fetch

    def serve(self, site: Website) -> Response:
        """Answer with an object, with where to go instead, or with an error and the site's page for it."""
        protocol = "https" if self.request.secure else "http"
        key = unquote(self.request.path[1:].encode("latin-1"), errors="surrogateescape")
        asked = Asked(protocol, self.request.host, key)
        if everywhere := site.redirect_all(asked):
            return self.redirect(301, everywhere)
        if route := site.route(asked):
            return self.redirect(*route)
        try:
            return self.read(site.document_key(asked.key))
        except ServiceError as error:
            if error.status < 400:
                raise
            if asked.key and not asked.key.endswith("/") and self.has(f"{asked.key}/{site.index}"):
                return self.found(f"/{quoted(asked.key)}/")
            if route := site.route(asked, error.status):
                return self.redirect(*route)
            return self.tell(error, site.error_key)

    def read(self, key: str) -> Response:
        response = self.fetch(key, self.request)
        if location := response.headers.get(_REDIRECT):
            return self.redirect(301, location)
        return response

    def has(self, key: str) -> bool:
        try:
            self.fetch(key, Request("HEAD", "/", "", self._plain()))
        except ServiceError:
            return False
        return True

    def redirect(self, status: int, location: str) -> Response:
        return Response(status, {**request_id_headers(self.request_id), "Location": location})

    def found(self, location: str) -> Response:
        """Send a browser that left out a folder's last slash there."""
        response = self._page(302, (("Code", "Found"), ("Message", "Resource Found")), ())
        response.headers["Location"] = location
        return response

    def tell(self, error: ServiceError, error_key: str = "") -> Response:
        """Answer with an error: the site's own page for it, or one that says what happened."""
        if error.status < 400:
            return Response(error.status, {**request_id_headers(self.request_id), **error.headers})
        second: Told = ()
        if error_key:
            try:
                response = self.fetch(error_key, Request(self.request.method, "/", "", self._plain()))
            except ServiceError as other:
                second = _told(other)
            else:
                response.status = error.status
                response.headers.update(_error_headers(error))
                return response
        made = self._page(error.status, _told(error), second)
        made.headers.update({**_error_headers(error), **error.headers})
        return made

    def _page(self, status: int, told: Told, second: Told) -> Response:
        body = page(status, told, self.request_id, host_id(self.request_id), second)
        headers = {**request_id_headers(self.request_id), "Content-Type": "text/html; charset=utf-8"}
        return Response(status, headers, b"" if self.request.method == "HEAD" else body)

    def _plain(self) -> dict[str, str]:
        """Return the request's headers without conditions and ranges, which are about the page that was asked for."""
        headers = self.request.headers
        return {name: value for name, value in headers.items() if name != "range" and not name.startswith("if-")}


def _told(error: ServiceError) -> Told:
    fields = tuple((name, str(value)) for name, value in (error.fields or {}).items())
    return (("Code", error.code), ("Message", error.message), *fields)


def _error_headers(error: ServiceError) -> dict[str, str]:
    """Return how a page's headers tell of the error; keys that no header can carry are left to the page."""
    headers = {"x-amz-error-code": error.code, "x-amz-error-message": error.message}
    for name, value in (error.fields or {}).items():
        text = str(value)
        if text.isascii() and text.isprintable():
            headers[f"x-amz-error-detail-{name}"] = text
    return headers
