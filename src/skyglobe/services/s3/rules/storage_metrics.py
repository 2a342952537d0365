"""What a bucket holds by type of storage: the values of ``StorageType`` that ``BucketSizeBytes`` has.

S3 user guide, "Amazon S3 CloudWatch dimensions". Types called overhead are what a class has an object count for beyond
its size: what a bill would be made of.
"""

from __future__ import annotations

MIN_BILLED_BYTES = 128 * 1024
"""Of objects in infrequent access classes and Glacier Instant Retrieval; S3 pricing, "minimum capacity charge"."""
INDEX_BYTES = 32 * 1024
"""Which an archive adds to each object, to identify and restore it."""
NAME_BYTES = 8 * 1024
"""Which S3 keeps of each archived object in Standard: its name and metadata."""

_TYPES = {
    "STANDARD": "StandardStorage",
    "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
    "STANDARD_IA": "StandardIAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "GLACIER_IR": "GlacierInstantRetrievalStorage",
    "GLACIER": "GlacierStorage",
    "DEEP_ARCHIVE": "DeepArchiveStorage",
    # Tiers of Intelligent-Tiering
    "FREQUENT": "IntelligentTieringFAStorage",
    "INFREQUENT": "IntelligentTieringIAStorage",
    "ARCHIVE_INSTANT_ACCESS": "IntelligentTieringAIAStorage",
    "ARCHIVE_ACCESS": "IntelligentTieringAAStorage",
    "DEEP_ARCHIVE_ACCESS": "IntelligentTieringDAAStorage",
}
_SMALL = {
    "STANDARD_IA": "StandardIASizeOverhead",
    "ONEZONE_IA": "OneZoneIASizeOverhead",
    "GLACIER_IR": "GlacierInstantRetrievalSizeOverhead",
}
_ARCHIVES = {
    "GLACIER": ("GlacierObjectOverhead", "GlacierS3ObjectOverhead"),
    "DEEP_ARCHIVE": ("DeepArchiveObjectOverhead", "DeepArchiveS3ObjectOverhead"),
    "ARCHIVE_ACCESS": ("IntAAObjectOverhead", "IntAAS3ObjectOverhead"),
    "DEEP_ARCHIVE_ACCESS": ("IntDAAObjectOverhead", "IntDAAS3ObjectOverhead"),
}
_STAGING = {"GLACIER": "GlacierStagingStorage", "DEEP_ARCHIVE": "DeepArchiveStagingStorage"}

Sizes = dict[str, int]
"""Bytes by type of storage."""


def nothing() -> Sizes:
    """Return what an empty bucket holds: S3 tells it of its ordinary storage."""
    return {"StandardStorage": 0}


def add_object(sizes: Sizes, place: str, size_bytes: int) -> None:
    """Add an object in a class, or in a tier of Intelligent-Tiering, and what it counts for besides."""
    _add(sizes, _TYPES.get(place, place), size_bytes)
    if place in _SMALL and size_bytes < MIN_BILLED_BYTES:
        _add(sizes, _SMALL[place], MIN_BILLED_BYTES - size_bytes)
    if place in _ARCHIVES:
        index, name = _ARCHIVES[place]
        _add(sizes, index, INDEX_BYTES)
        _add(sizes, name, NAME_BYTES)


def add_part(sizes: Sizes, storage_class: str, size_bytes: int) -> None:
    """Add a part of an upload that is not complete; those of archives wait elsewhere."""
    place = "FREQUENT" if storage_class == "INTELLIGENT_TIERING" else storage_class
    _add(sizes, _STAGING.get(place) or _TYPES.get(place, place), size_bytes)


def _add(sizes: Sizes, type_: str, size_bytes: int) -> None:
    sizes[type_] = sizes.get(type_, 0) + size_bytes
