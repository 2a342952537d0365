"""The fast way to write a listing writes what the serializer would."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.models import load
from skyglobe.protocols.serializing import compile_serializer
from skyglobe.services.s3.contents import Contents, spelling_of
from skyglobe.services.s3.records import Details, Object, pack_details

DETAILS = pack_details(Details())
OBJECTS = st.builds(
    Object,
    bucket=st.just("b"),
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    order=st.just(1),
    modified_at=st.integers(0, 4_000_000_000_000),
    size_bytes=st.integers(0, 10**14),
    etag=st.sampled_from(["d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e-12"]),
    storage_class=st.sampled_from(["STANDARD", "GLACIER_IR"]),
    algorithm=st.sampled_from(["CRC64NVME", "SHA256"]),
    checksum_type=st.sampled_from(["FULL_OBJECT", "COMPOSITE"]),
    details=st.just(DETAILS),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(OBJECTS, max_size=5), st.sampled_from([{}, {"EncodingType": "url"}]), st.booleans())
def test_a_listing_writes_itself_as_the_serializer_would(
    found: list[Object], request: dict[str, str], with_owner: bool
) -> None:
    serialize = compile_serializer(load("s3").operation("ListObjectsV2"), "rest-xml")
    contents = Contents(found, spelling_of(request), {"ID": "a1"} if with_owner else None)
    assert serialize({"Contents": contents}, "id").body == serialize({"Contents": list(contents)}, "id").body
