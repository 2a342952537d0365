"""Who calls a cluster, whether they may, and what the cluster remembers: all that is answered without waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NamedTuple

from skyglobe.kernel.access import Need
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.visits import Visit
from skyglobe.kernel.wire import Request
from skyglobe.services.dax import recalling
from skyglobe.services.dax.counting import count_failure, count_looks, count_request
from skyglobe.services.dax.memory import ClusterMemory
from skyglobe.services.dax.performing import Performer, perform
from skyglobe.services.dax.records import Cluster, Node, clusters
from skyglobe.services.dax.rules import methods
from skyglobe.services.dax.rules.answers import AUTHENTICATION_CODES, CODES, OTHER_CODES, error_bytes
from skyglobe.services.dax.rules.requests import expect, text_in
from skyglobe.services.dax.rules.values import decode_all

if TYPE_CHECKING:
    from skyglobe.services.dax.serving import Server

HOST = "dax.amazonaws.com"
"""What clients sign for, whatever their cluster is called."""
ASKED_AS = "DescribeClusters"
"""The operation of DAX's API that permissions of calls are asked for beside."""
_FREE = frozenset(("Endpoints", "DefineKeySchema", "DefineAttributeList", "DefineAttributeListId"))
_TRANSACTED = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem", "ConditionCheck": "ConditionCheckItem"}
Finish = Callable[[bytes], None]
GoOn = Callable[[Coroutine[Any, Any, bytes]], None]

_log = logging.getLogger(__name__)


class Unauthentic(Exception):
    """Nobody, or nobody known, calls; carries the answer."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(error.message)
        self.error = error


class Reached(NamedTuple):
    """What a call came to."""

    cluster: Cluster
    node: Node
    """For what comes to the cluster's own endpoint, its primary."""
    memory: ClusterMemory


class Caller:
    """The client at the other end of one connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._kernel = server.kernel
        self._visit: Visit | None = None
        self._principal: Principal | None = None
        self._reached: Reached | None = None
        self._failure = ServiceError(
            "Missing Authentication Token", code="MissingAuthenticationTokenException", status=403
        )

    def begin(self, name: str, taken: bytes, finish: Finish, go_on: GoOn) -> None:
        """Call ``finish`` with the answer to a call, or ``go_on`` with what will have it."""

        def done(outcome: Any, failure: BaseException | None) -> None:
            if failure is not None:
                finish(self.refuse(failure))
            elif isinstance(outcome, bytes):
                finish(outcome)
            else:
                go_on(perform(outcome, self.refuse))

        self._kernel.turns.run(lambda writes: self._answer(writes, name, taken), done)

    def refuse(self, failure: BaseException) -> bytes:
        """Return an error as clients read it."""
        answer, status = self._told(failure)
        if self._reached is not None:
            count_failure(self._kernel, self._reached.cluster, self._reached.node, status)
        return answer

    def _told(self, failure: BaseException) -> tuple[bytes, int]:
        """Return an error as clients read it, and its HTTP status."""
        request_id = self._kernel.ids.uuid()
        if isinstance(failure, Unauthentic):
            error = failure.error
            told = error_bytes(error.code, error.message, error.status, request_id, AUTHENTICATION_CODES)
            return told, error.status
        if isinstance(failure, ServiceError):
            codes = CODES.get(failure.code, OTHER_CODES)
            reasons = failure.fields.get("dax:reasons")
            told = error_bytes(failure.code, failure.message, failure.status, request_id, codes, reasons)
            return told, failure.status
        if isinstance(failure, (ValueError, RecursionError)):
            text = str(failure) if not isinstance(failure, RecursionError) else "The request is nested too deep."
            return error_bytes("ValidationException", text, 400, request_id, CODES["ValidationException"]), 400
        _log.error("a call to DAX failed", exc_info=failure)
        return error_bytes("InternalServerError", "Internal error", 500, request_id, CODES["InternalServerError"]), 500

    def _answer(self, writes: WriteSet, name: str, taken: bytes) -> Any:
        """Return the answer, or who is to perform the call."""
        arguments = decode_all(taken)[2:]
        if name == "AuthorizeConnection":
            self._authorize(writes, arguments)
            return b""
        self._reached = None
        principal = self._known(writes)
        reached = self._reached = self._reach(writes)
        self._check(writes, principal, reached, name, arguments)
        count_request(self._kernel, reached.cluster, reached.node, name)
        found = recalling.recall(reached, name, arguments, self._kernel.clock.now())
        if found is None:
            return Performer(self._server, reached, name, arguments)
        count_looks(self._kernel, reached.cluster, reached.node, name, hits=1, misses=0)
        return found

    def _authorize(self, writes: WriteSet, arguments: list[Any]) -> None:
        """Note who calls from here on. It is not answered: a refusal answers the calls that follow."""
        self._principal = None
        try:
            request = _signed(arguments)
            visit = self._kernel.receive("dax", ASKED_AS, request, self._server.listener.region)
            self._principal = visit.identify(writes)
            self._visit = visit
        except ServiceError as error:
            self._failure = error
        except ValueError as error:
            self._failure = ServiceError(str(error), code="IncompleteSignatureException", status=400)
        else:
            region = request.headers["authorization"].split("/")[2]
            if region != self._server.listener.region:
                self._principal = None
                text = f"Credential should be scoped to a valid region, not '{region}'."
                self._failure = ServiceError(text, code="InvalidSignatureException", status=400)

    def _known(self, writes: WriteSet) -> Principal:
        """Return the caller, whose key must still be good. Raises ``Unauthentic``."""
        principal = self._principal
        if principal is None:
            raise Unauthentic(self._failure)
        scope = Scope(self._kernel, writes, "", "", self._kernel.clock.now())
        credential = credentials.find(scope, principal.access_key_id)
        if credential is not None:
            is_over = credential.expires_at is not None and scope.now >= credential.expires_at
            if is_over or not credential.is_active:
                code = "ExpiredTokenException" if is_over else "UnrecognizedClientException"
                text = "The security token included in the request is " + ("expired" if is_over else "invalid.")
                raise Unauthentic(ServiceError(text, code=code, status=403))
        elif not self._kernel.config.lenient_auth:
            text = "The security token included in the request is invalid."
            raise Unauthentic(ServiceError(text, code="UnrecognizedClientException", status=403))
        return principal

    def _reach(self, writes: WriteSet) -> Reached:
        listener = self._server.listener
        scope = self._kernel.scope(writes, listener.account, listener.region)
        cluster = clusters.find(scope, listener.cluster)
        node = None
        if cluster is not None:
            node = next((one for one in cluster.nodes if one.id == listener.node), None)
            node = node or cluster.primary or next(iter(cluster.nodes), None)
        if cluster is None or node is None:
            raise ServiceError("The cluster is not available.", code="InternalServerError", status=503)
        return Reached(cluster, node, self._server.servers.memory_of(cluster, listener.region))

    def _check(self, writes: WriteSet, principal: Principal, reached: Reached, name: str, arguments: list[Any]) -> None:
        """Raise AWS's AccessDenied when the caller may not call this on the cluster."""
        cluster = reached.cluster
        if name in _FREE:
            if principal.account != cluster.owner:
                text = f"User: {principal.arn} is not authorized to use {cluster.arn}"
                raise ServiceError(text, code="AccessDeniedException", status=400)
            return
        assert self._visit is not None
        call = self._visit.begin(writes, principal, cluster.owner)
        for action, context in _asked(name, arguments):
            refused = call.refusal(Need(f"dax:{action}", cluster.arn, cluster.owner, context))
            if refused is not None:
                raise refused


def _asked(name: str, arguments: list[Any]) -> list[tuple[str, dict[str, str | list[str]]]]:
    """Return the actions a call is, with their condition keys."""
    if name == "TransactGetItems":
        return [("GetItem", {"dax:enclosingoperation": name})]
    if name == "TransactWriteItems":
        kinds = {methods.TRANSACTED.get(expect(kind, int), "") for kind in expect(arguments[0], list)}
        return [(_TRANSACTED[kind], {"dax:enclosingoperation": name}) for kind in sorted(kinds) if kind]
    return [(name, {})]


def _signed(arguments: list[Any]) -> Request:
    """Return the request that a client's signature is of. Raises ``ValueError``.

    Clients send what they signed, and not the request; it is always the same but for its time. What they signed is
    worked out from it again, and compared.
    """
    key, signature, signed, token, _ = arguments
    lines = text_in(signed).split("\n")
    if len(lines) != 4 or lines[0] != "AWS4-HMAC-SHA256" or lines[2].count("/") != 3:
        raise ValueError("The string to sign is malformed.")
    credential = f"{text_in(key)}/{lines[2]}"
    if credential.count("/") != 4 or not credential.isascii() or "," in credential:
        raise ValueError("The credential is malformed.")
    headers = {
        "host": HOST,
        "x-amz-date": lines[1],
        "authorization": (
            f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature={text_in(signature)}"
        ),
    }
    if token is not None:
        headers["x-amz-security-token"] = text_in(token)
    return Request("POST", "/", headers=headers)
