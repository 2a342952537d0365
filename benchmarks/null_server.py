"""The null handler as a server of its own, for the benchmark: ``python -m benchmarks.null_server PORT``."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile

from benchmarks.null_handler import OBJECT_BYTES, NullHandler
from skyglobe.kernel.wire import FileSlice, Request, Response
from skyglobe.transport import Reply, run, serve


class BenchmarkHandler(NullHandler):
    """Answers GET with the file, as S3's large objects are, unless the object's name says that it is small."""

    def __call__(self, request: Request, reply: Reply) -> None:
        if request.method == "GET" and "large" in request.path:
            reply(Response(200, {}, [FileSlice(self.file, 0, OBJECT_BYTES)]))
        else:
            super().__call__(request, reply)


async def main(port: int, file: str) -> None:
    await serve(BenchmarkHandler(file), "127.0.0.1", port)
    gc.freeze()
    await asyncio.Event().wait()


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile() as object_file:
        object_file.write(os.urandom(OBJECT_BYTES))
        object_file.flush()
        run(main(int(sys.argv[1]), object_file.name))
