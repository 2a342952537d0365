"""Tree hashes: ours are botocore's, parts' make the whole's, and a range has one where the tree has a node for it."""

from __future__ import annotations

import io
import os
from hashlib import sha256

import pytest
from botocore.utils import calculate_tree_hash

from skyglobe.services.glacier.rules.tree_hashes import LEAF_BYTES, TreeHash, is_subtree, root_of

BODY = os.urandom(7 * LEAF_BYTES + 4321)


def tree_hash(body: bytes) -> str:
    tree = TreeHash()
    for at in range(0, len(body), 300_001):
        tree.update(body[at : at + 300_001])
    return tree.hexdigest()


@pytest.mark.parametrize("size", [0, 1, LEAF_BYTES, LEAF_BYTES + 1, 3 * LEAF_BYTES, len(BODY)])
def test_tree_hashes_are_what_the_client_computes(size: int) -> None:
    wanted = calculate_tree_hash(io.BytesIO(BODY[:size])) if size else sha256(b"").hexdigest()
    assert tree_hash(BODY[:size]) == wanted


@pytest.mark.parametrize("part_leaves", [1, 2, 4, 8])
def test_the_hashes_of_equal_parts_make_the_one_of_the_whole(part_leaves: int) -> None:
    size = part_leaves * LEAF_BYTES
    parts = [bytes.fromhex(tree_hash(BODY[at : at + size])) for at in range(0, len(BODY), size)]
    assert root_of(parts).hex() == tree_hash(BODY)


def test_a_range_has_a_hash_where_a_node_is_above_nothing_else() -> None:
    mib, whole = LEAF_BYTES, len(BODY)
    assert is_subtree(0, whole, whole)
    assert is_subtree(0, 4 * mib, whole)
    assert is_subtree(4 * mib, whole - 4 * mib, whole)
    assert is_subtree(2 * mib, 2 * mib, whole)
    assert is_subtree(7 * mib, 4321, whole)
    assert not is_subtree(mib, 2 * mib, whole)
    assert not is_subtree(0, 3 * mib, whole)
    assert not is_subtree(100, mib, whole)
    assert not is_subtree(0, mib // 2, whole)
