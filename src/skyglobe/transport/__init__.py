"""Sockets: a small, strict HTTP/1.1 server that knows nothing of AWS, and a local certificate authority for TLS."""

from skyglobe.transport.exchange import Handler, Reply
from skyglobe.transport.limits import Limits
from skyglobe.transport.listening import CannotListen
from skyglobe.transport.loop import new_event_loop, run
from skyglobe.transport.server import HttpServer, serve

__all__ = ["CannotListen", "Handler", "HttpServer", "Limits", "Reply", "new_event_loop", "run", "serve"]
