"""What may be in a message, and its digests."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sqs.rules.contents import attributes_digest, check_content, is_trace_header, selected

ALLOWED = st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff").filter(
    lambda character: character in "\t\n\r" or ord(character) >= 0x20
)
FORBIDDEN = st.sampled_from([chr(code) for code in range(0x20) if chr(code) not in "\t\n\r"] + ["\ufffe", "\uffff"])


@given(st.text(ALLOWED, min_size=1))
def test_all_text_that_xml_allows_is_taken(text):
    content = check_content(text, None, None)
    assert content.md5 == hashlib.md5(text.encode()).hexdigest()
    assert content.size == len(text.encode())


@given(st.text(ALLOWED), st.one_of(FORBIDDEN, st.sampled_from(["\ud800", "\udfff"])), st.text(ALLOWED))
def test_one_forbidden_character_is_found_wherever_it_is(before, character, after):
    with pytest.raises(ServiceError) as caught:
        check_content(before + character + after, None, None)
    assert caught.value.code == "InvalidMessageContents"
    assert f"'#x{ord(character):X}'" in caught.value.message


def test_the_digest_of_attributes_is_the_documented_one():
    attributes = {
        "b": {"DataType": "Binary", "BinaryValue": b"\x01"},
        "a": {"DataType": "String", "StringValue": "x"},
    }
    encoded = (
        b"\0\0\0\1a\0\0\0\6String\1\0\0\0\1x" + b"\0\0\0\1b\0\0\0\6Binary\2\0\0\0\1\x01"
    )  # developer guide: name, type, kind of value, value, each with its length, sorted by name
    assert attributes_digest(attributes) == hashlib.md5(encoded).hexdigest()


@given(st.dictionaries(st.text("abc.", min_size=1), st.just({}), max_size=8), st.text("abc.", min_size=1))
def test_a_prefix_chooses_what_begins_with_it(attributes, prefix):
    assert set(selected(attributes, [prefix + ".*"])) >= {name for name in attributes if name.startswith(prefix + ".")}
    assert selected(attributes, ["All"]) == selected(attributes, [".*"]) == attributes


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Root=1-5759e988-bd862e3fe1be46a994272793", True),
        ("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?", True),
        ("Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678", False),
        ("Root=1-67891233-abcdef012345678912345678;CalledFrom=app", True),
        ("Sampled=1", False),
        ("Root=1", False),
        ("", False),
    ],
)
def test_a_trace_header_is_told_by_its_form(text, is_one):
    assert is_trace_header(text) is is_one
