"""Queue attributes, set and shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sqs.records import Queue
from skyglobe.services.sqs.rules.attributes import NUMBERS, difference, plan_attributes, shown_attributes

QUEUE = Queue(arn="arn", id="q", owner="123456789012", created_at=0, number=1, lot=1, changed_at=0)


@given(st.sampled_from(sorted(NUMBERS)), st.integers(min_value=-10, max_value=2_000_000) | st.text())
def test_a_number_is_kept_within_its_bounds_or_refused(name, value):
    field, low, high = NUMBERS[name]
    text = str(value)
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        assert getattr(plan_attributes(QUEUE, {name: text}), field) == int(text)
    else:
        with pytest.raises(ServiceError) as caught:
            plan_attributes(QUEUE, {name: text})
        assert caught.value.code == "InvalidAttributeValue"


@given(st.dictionaries(st.sampled_from(sorted(set(NUMBERS) - {"KmsDataKeyReusePeriodSeconds"})), st.just("1024")))
def test_what_is_shown_can_be_set_again_without_a_difference(attributes):
    try:
        changed = plan_attributes(QUEUE, attributes)
    except ServiceError:
        return
    shown = shown_attributes(changed, (0, 0, 0))
    again = plan_attributes(QUEUE, {name: shown[name] for name in attributes})
    assert difference(changed, again, attributes) is None
