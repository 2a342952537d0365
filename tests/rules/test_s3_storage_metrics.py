"""What a bucket holds, by type of storage."""

import pytest

from skyglobe.services.s3.rules.storage_metrics import add_object, add_part, nothing

KIB = 1024


@pytest.mark.parametrize(
    ("place", "size", "held"),
    [
        ("STANDARD", 1, {"StandardStorage": 1}),
        ("STANDARD_IA", KIB, {"StandardIAStorage": KIB, "StandardIASizeOverhead": 127 * KIB}),
        ("STANDARD_IA", 128 * KIB, {"StandardIAStorage": 128 * KIB}),
        ("ONEZONE_IA", 0, {"OneZoneIAStorage": 0, "OneZoneIASizeOverhead": 128 * KIB}),
        (
            "GLACIER",
            5,
            {"GlacierStorage": 5, "GlacierObjectOverhead": 32 * KIB, "GlacierS3ObjectOverhead": 8 * KIB},
        ),
        (
            "DEEP_ARCHIVE_ACCESS",
            5,
            {"IntelligentTieringDAAStorage": 5, "IntDAAObjectOverhead": 32 * KIB, "IntDAAS3ObjectOverhead": 8 * KIB},
        ),
    ],
)
def test_an_object_counts_for_its_size_and_what_its_class_adds(place, size, held):
    sizes = nothing()
    add_object(sizes, place, size)
    assert sizes == {"StandardStorage": 0} | held


def test_parts_count_where_they_wait():
    sizes = nothing()
    for storage_class in ("STANDARD", "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING", "STANDARD_IA"):
        add_part(sizes, storage_class, 7)
    assert sizes == {
        "StandardStorage": 7,
        "GlacierStagingStorage": 7,
        "DeepArchiveStagingStorage": 7,
        "IntelligentTieringFAStorage": 7,
        "StandardIAStorage": 7,
    }
