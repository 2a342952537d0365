"""Objects compressed as the destination asks."""

from __future__ import annotations

import gzip
import io
import zipfile
from importlib.util import find_spec

EXTENSIONS = {"UNCOMPRESSED": "", "GZIP": ".gz", "ZIP": ".zip", "Snappy": ".snappy", "HADOOP_SNAPPY": ".hsnappy"}
_HADOOP_BLOCK = 256 * 1024  # bytes before compression; what Hadoop's codec writes by default


def missing_package(form: str) -> str:
    """Return the package that compressing needs and is not there, or nothing."""
    return "cramjam" if form.lower().endswith("snappy") and find_spec("cramjam") is None else ""


def compressed(form: str, content: bytes, name: str) -> bytes:
    """Return ``content`` in ``form``; ``name`` is what it is called inside an archive."""
    if form == "GZIP":
        return gzip.compress(content, mtime=0)
    if form == "ZIP":
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return target.getvalue()
    if form == "Snappy":
        import cramjam

        return bytes(cramjam.snappy.compress(content))
    if form == "HADOOP_SNAPPY":
        return b"".join(
            _hadoop_block(content[start : start + _HADOOP_BLOCK]) for start in range(0, len(content), _HADOOP_BLOCK)
        )
    return content


def _hadoop_block(content: bytes) -> bytes:
    import cramjam

    packed = bytes(cramjam.snappy.compress_raw(content))
    return len(content).to_bytes(4, "big") + len(packed).to_bytes(4, "big") + packed
