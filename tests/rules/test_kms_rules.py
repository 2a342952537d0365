"""Laws of ciphertexts and grants."""

import json

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.kms.records import Grant
from skyglobe.services.kms.rules.ciphertexts import bound, head_of, parse_ciphertext
from skyglobe.services.kms.rules.grants import allows, is_as_strict
from skyglobe.services.kms.rules.specs import SPECS, largest_plaintext

accounts = st.integers(0, 10**12 - 1).map(lambda number: f"{number:012d}")
uuids = st.uuids().map(str)
key_ids = uuids | uuids.map(lambda text: "mrk-" + text.replace("-", ""))
contexts = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)
operations = st.lists(st.sampled_from(["Encrypt", "Decrypt", "DescribeKey", "CreateGrant"]), max_size=4)


@given(accounts, key_ids, st.binary(min_size=32, max_size=32), st.binary(min_size=29))
def test_a_ciphertext_says_what_it_is_under(account, key_id, material, body):
    head = head_of(account, key_id, material.hex())
    read = parse_ciphertext(head + body)
    assert (read.account, read.key_id, read.material) == (account, key_id, material.hex())
    assert (read.head, read.body) == (head, body)


@given(st.binary(max_size=200))
def test_other_bytes_are_no_ciphertext_or_read_as_one_without_fault(blob):
    read = parse_ciphertext(blob)
    assert read is None or read.head + read.body == blob


@given(contexts, contexts)
def test_contexts_bind_alike_only_when_they_are_equal(one, other):
    assert (bound(b"", one) == bound(b"", other)) is (one == other)
    assert json.loads(bound(b"", one)) == one


@st.composite
def grants(draw):
    kind = draw(st.sampled_from(["", "context_equals", "context_subset"]))
    more = {kind: draw(contexts)} if kind else {}
    return Grant(key_id="k", id="g", grantee="p", operations=tuple(draw(operations)), issuer="a", made_at=0, **more)


@given(grants(), grants(), st.sampled_from(["Encrypt", "Decrypt", "DescribeKey", "CreateGrant"]), contexts)
def test_what_is_handed_on_by_a_grant_allows_no_more_than_it(parent, child, operation, context):
    if is_as_strict(child, parent) and allows(child, operation, context):
        assert allows(parent, operation, context)


def test_padding_leaves_what_the_documentation_says():
    """API reference of Encrypt."""
    table = {"RSA_2048": (214, 190), "RSA_3072": (342, 318), "RSA_4096": (470, 446), "SYMMETRIC_DEFAULT": (4096, 4096)}
    for spec, sizes in table.items():
        assert spec in SPECS
        assert tuple(largest_plaintext(spec, f"RSAES_OAEP_SHA_{bits}") for bits in (1, 256)) == sizes
