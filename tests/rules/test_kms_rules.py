"""Laws of ciphertexts and grants."""

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.services.kms.records import Grant
from skyglobe.services.kms.rules import ed25519ph
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


def test_prehashed_signatures_are_those_of_the_standard():
    """RFC 8032, 7.3."""
    private = bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    public = bytes.fromhex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf")
    signature = bytes.fromhex(
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062a"
        "aad11c2a26083406"
    )
    assert ed25519ph.sign(private, public, b"abc") == signature
    assert ed25519ph.verify(public, b"abc", signature)


@settings(max_examples=10)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511))
def test_prehashed_signatures_verify_and_altered_ones_do_not(private, message, bit):
    public = Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    signature = ed25519ph.sign(private, public, message)
    assert ed25519ph.verify(public, message, signature)
    altered = bytearray(signature)
    altered[bit // 8] ^= 1 << bit % 8
    assert not ed25519ph.verify(public, message, bytes(altered))
    assert not ed25519ph.verify(public, message + b"x", signature)
    assert not ed25519ph.verify(public, message, signature[:-1])
