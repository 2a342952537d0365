"""What services serve beside their APIs, unsigned: which paths are whose."""

from __future__ import annotations

from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.token_issuers import ISSUER_PATH
from skyglobe.kernel.wire import Request, Response

_SERVICES = {"/SimpleNotificationService-": "sns", ISSUER_PATH: "sts", "/_lambda/": "lambda"}
"""By how their paths begin. None of these can be a bucket's."""
PAGE_PATHS = tuple(_SERVICES)


async def answer_page(kernel: Kernel, request: Request) -> Response:
    """Answer a request whose path begins with one of ``PAGE_PATHS``."""
    name = next(name for start, name in _SERVICES.items() if request.path.startswith(start))
    service = kernel.services.find(name)
    page = service.page if service is not None else None
    if page is None or request.method not in ("GET", "HEAD"):
        return Response(404, {"Content-Type": "text/plain"}, b"There is nothing here.\n")

    def work(writes: WriteSet) -> Response:
        return page(kernel.scope(writes), request)

    return await kernel.turns.perform(work)
