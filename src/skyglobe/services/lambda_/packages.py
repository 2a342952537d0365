"""Packages of code: taken in, kept once however many use them, unpacked where functions run, handed out again."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote

from msgspec.structs import replace

from skyglobe.kernel.blob_uses import release_blob, use_blob
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.wire import Request, Response, whole_body
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.records import Package, code_bytes, packages
from skyglobe.services.lambda_.refusals import invalid, not_built
from skyglobe.services.lambda_.rules.archives import MAX_UPLOAD_BYTES, BadArchive, check_archive, unpack

PAGE_PATH = "/_lambda/code"
"""Where packages are downloaded."""
LINK_LASTS_FOR = 600_000  # milliseconds; API reference of GetFunction, "valid for 10 minutes"
MAX_STORED_BYTES = 80_530_636_800  # Lambda quotas, "Function and layer storage": 75 GB
MAX_OBJECT_BYTES = 262_144_000  # no larger archive can unpack to what is allowed
_MAX_BASE64_BYTES = 69_905_067  # what AWS says requests with a package must be smaller than


class Prepared(NamedTuple):
    """A package that was taken in, and that nothing names yet."""

    sha256: str
    blob: str
    size_bytes: int
    unpacked_bytes: int


async def prepare(call: Call, content: dict[str, Any]) -> Prepared:
    """Take in the package that a call brings with it, or that lies in S3 where the caller may read it.

    Raises InvalidParameterValueException, RequestEntityTooLargeException, AccessDeniedException, and NotImplemented
    for container images. Whoever does not ``take`` it must ``discard`` it.
    """
    if content.get("ImageUri"):
        raise not_built("Container images need Amazon ECR, which is not built yet: bring a .zip file archive.")
    data = content.get("ZipFile")
    if data is not None and (content.get("S3Bucket") or content.get("S3Key")):
        raise invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
    if data is None:
        data = await _fetch(call, content)
    elif len(data) > MAX_UPLOAD_BYTES:
        text = f"Request must be smaller than {_MAX_BASE64_BYTES} bytes for the {call.operation.name} operation"
        raise lambda_.error("RequestEntityTooLargeException", text, status=413)
    kernel = call.kernel
    try:
        return await asyncio.to_thread(_keep, kernel, data)
    except BadArchive as error:
        raise invalid(str(error)) from error


def _keep(kernel: Kernel, data: bytes) -> Prepared:
    if not data:
        raise BadArchive("Uploaded file must be a non-empty zip")
    unpacked_bytes = check_archive(io.BytesIO(data))
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    writer = kernel.blobs.create()
    try:
        writer.write(data)
        blob = writer.finish()
    except BaseException:
        writer.discard()
        raise
    return Prepared(digest, blob, len(data), unpacked_bytes)


async def _fetch(call: Call, content: dict[str, Any]) -> bytes:
    """Read a package from S3 as the caller."""
    bucket, key = content.get("S3Bucket"), content.get("S3Key")
    if not bucket or not key:
        raise invalid("Please provide a source for function code.")
    params = {"Bucket": bucket, "Key": key}
    if content.get("S3ObjectVersion"):
        params["VersionId"] = content["S3ObjectVersion"]
    try:
        answer = await call.kernel.invoke(
            call.principal.via("lambda.amazonaws.com"), call.account, call.region, "s3", "GetObject", params
        )
    except ServiceError as error:
        told = f"S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        if error.status == 403:
            text = (
                "Your access has been denied by S3, please make sure your request credentials have permission to "
                f"GetObject for {bucket}/{key}. {told}"
            )
            raise lambda_.error("AccessDeniedException", text, status=403) from error
        raise invalid(f"Error occurred while GetObject. {told}") from error
    if int(answer.get("ContentLength") or 0) > MAX_OBJECT_BYTES:
        raise invalid("Unzipped size must be smaller than 262144000 bytes")
    return await whole_body(answer["Body"])


def discard(kernel: Kernel, prepared: Prepared) -> None:
    """Throw away a package that was not taken. Harmless for one that was."""
    if prepared.blob in kernel.blobs.unsettled:
        kernel.blobs.delete(prepared.blob)


def take(scope: Scope, prepared: Prepared) -> None:
    """Have a package kept for one more user. Raises CodeStorageExceededException."""
    found = packages.find(scope, prepared.sha256)
    if found is None:
        packages.insert(scope, Package(*prepared, uses=0))
        use_blob(scope, prepared.blob)
    elif found.blob != prepared.blob:
        scope.after_commit(partial(discard, scope.kernel, prepared))
    take_again(scope, prepared.sha256, prepared.size_bytes)


def take_again(scope: Scope, sha256: str, size_bytes: int) -> None:
    """Count one more user of a package that is kept. Raises CodeStorageExceededException."""
    if code_bytes.get(scope, "all") + size_bytes > MAX_STORED_BYTES:
        raise lambda_.errors.CodeStorageExceededException("Code storage limit exceeded.", fields={"Type": "User"})
    share(scope, sha256)
    code_bytes.add(scope, "all", size_bytes)


def share(scope: Scope, sha256: str) -> None:
    """Have a package stay for one more who does not count as storing it: a function that uses a layer."""
    found = packages.find(scope, sha256)
    assert found is not None, "packages stay as long as they are used"
    packages.replace(scope, found, replace(found, uses=found.uses + 1))


def drop(scope: Scope, sha256: str, size_bytes: int) -> None:
    """Count one user less."""
    code_bytes.add(scope, "all", -size_bytes)
    unshare(scope, sha256)


def unshare(scope: Scope, sha256: str) -> None:
    """Take back a ``share``. The last user gone, the package goes."""
    found = packages.find(scope, sha256)
    assert found is not None, "packages stay as long as they are used"
    if found.uses > 1:
        packages.replace(scope, found, replace(found, uses=found.uses - 1))
        return
    packages.delete(scope, found)
    release_blob(scope, found.blob)
    kernel = scope.kernel
    folder = _folder(kernel, found)
    if folder.exists():

        def remove() -> None:
            kernel.spawn(_remove(folder))

        scope.after_commit(remove)


async def _remove(folder: Path) -> None:
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _folder(kernel: Kernel, package: Package) -> Path:
    return kernel.folder / "lambda" / "code" / package.blob


async def unpacked(kernel: Kernel, sha256: str) -> Path:
    """Return the folder of an unpacked package, readable for everybody; unpack it if need be.

    Raises LookupError when the package is not there any more.
    """
    package = await kernel.transact(lambda scope: packages.find(scope, sha256))
    if package is None:
        raise LookupError(f"package {sha256} is gone")
    folder = _folder(kernel, package)
    if not folder.exists():
        await asyncio.to_thread(_unpack, kernel, package, folder)
    return folder


def _unpack(kernel: Kernel, package: Package, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Others must be able to look into the folder, whatever the cloud's own user keeps to itself.
    for one in (folder.parent, folder.parent.parent, kernel.folder):
        one.chmod(one.stat().st_mode | 0o011)
    aside = folder.with_name(kernel.ids.hex(f"{folder.name}.", 8))
    try:
        with open(kernel.blobs.path(package.blob), "rb") as file:
            unpack(file, aside)
        with suppress(OSError):  # somebody else was quicker
            aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def download_url(scope: Scope, sha256: str) -> str:
    """Return a link under which a package can be downloaded by anybody for ten minutes."""
    anywhere = Scope(scope.kernel, scope.writes, "", "", scope.now)
    token = seal(anywhere, "lambda.code", (sha256, scope.now + LINK_LASTS_FOR))
    return f"{scope.kernel.config.endpoint}{PAGE_PATH}?token={quote(token)}"


def page(scope: Scope, request: Request) -> Response:
    """Answer a download."""
    token = parse_qs(request.query).get("token", [""])[0]
    anywhere = Scope(scope.kernel, scope.writes, "", "", scope.now)
    try:
        sha256, until = unseal(anywhere, "lambda.code", token)
    except InvalidToken:
        return Response(403, {"Content-Type": "text/plain"}, b"Access Denied\n")
    package = packages.find(scope, str(sha256))
    if package is None or int(str(until)) < scope.now:
        return Response(403, {"Content-Type": "text/plain"}, b"Request has expired\n")
    blobs = scope.kernel.blobs
    body = blobs.lease([blobs.slice(package.blob, 0, package.size_bytes)], [package.blob])
    return Response(200, {"Content-Type": "application/zip"}, body)


lambda_.page = page
