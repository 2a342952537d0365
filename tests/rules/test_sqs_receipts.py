"""Receipt handles."""

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.sqs.rules.receipts import Receipt, open_receipt, seal_receipt

NUMBERS = st.integers(min_value=0, max_value=2**64 - 1)
RECEIPTS = st.builds(Receipt, NUMBERS, NUMBERS, NUMBERS, st.integers(min_value=1, max_value=2**32 - 1))


@given(RECEIPTS)
def test_a_handle_says_what_was_sealed(receipt):
    assert open_receipt(seal_receipt(receipt, b"secret"), b"secret") == receipt


@given(RECEIPTS, st.integers(min_value=0), st.sampled_from("ABCDabcd0123+/="))
def test_a_changed_handle_says_nothing(receipt, place, character):
    handle = seal_receipt(receipt, b"secret")
    place %= len(handle)
    changed = handle[:place] + character + handle[place + 1 :]
    assert open_receipt(changed, b"secret") in (None, receipt if changed == handle else None)
    assert open_receipt(handle, b"another") is None


@given(st.text())
def test_text_is_no_handle(text):
    assert open_receipt(text, b"secret") is None
    assert open_receipt("AQEB" + text, b"secret") is None
