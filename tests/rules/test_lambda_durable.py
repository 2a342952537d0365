"""What checkpoints make of operations: what is over stays over, and what cannot be is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.lambda_.durable.records import Execution
from skyglobe.services.lambda_.durable.rules import (
    BadUpdate,
    apply,
    callback_id,
    named_by,
    retried_after,
    silent_until,
)

EXECUTION = Execution(
    id="e",
    name="n",
    function="f",
    number=1,
    version=0,
    qualifier="$LATEST",
    arn="arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST/durable-execution/n/e",
    input="{}",
    started_at=0,
    times_out_for=60,
    kept_for=1,
    trace="",
)
OPTIONS = {
    "WaitOptions": {"WaitSeconds": 3},
    "CallbackOptions": {"TimeoutSeconds": 9, "HeartbeatTimeoutSeconds": 4},
    "ChainedInvokeOptions": {"FunctionName": "other"},
}
KINDS = ("CONTEXT", "STEP", "WAIT", "CALLBACK", "CHAINED_INVOKE")


def update(kind, action, **further):
    return {"Id": "1", "Type": kind, "Action": action, **OPTIONS, **further}


@given(
    st.sampled_from(KINDS),
    st.lists(st.sampled_from(("START", "SUCCEED", "FAIL", "RETRY", "CANCEL")), max_size=8),
)
def test_an_operation_ends_once_and_counts_its_attempts(kind, actions):
    known, attempts = None, 0
    for now, action in enumerate(actions):
        try:
            told = apply(update(kind, action), known, EXECUTION, now)
        except BadUpdate:
            continue
        assert known is None or not known.is_over
        assert told.operation.is_over == (action in ("SUCCEED", "FAIL", "CANCEL"))
        assert (told.operation.ended_at is not None) == told.operation.is_over
        attempts += kind == "STEP" and action != "START"
        assert told.operation.attempts == attempts
        known = told.operation


@pytest.mark.parametrize(
    ("kind", "action", "further"),
    [
        ("WAIT", "START", {"WaitOptions": {}}),
        ("WAIT", "SUCCEED", {}),
        ("CALLBACK", "SUCCEED", {}),
        ("CHAINED_INVOKE", "START", {"ChainedInvokeOptions": {}}),
        ("CONTEXT", "RETRY", {}),
        ("EXECUTION", "START", {}),
    ],
)
def test_what_cannot_be_is_refused(kind, action, further):
    with pytest.raises(BadUpdate):
        apply(update(kind, action, **further), None, EXECUTION, 0)


def test_a_callback_times_out_at_whichever_comes_first():
    operation = apply(update("CALLBACK", "START"), None, EXECUTION, 1000).operation
    assert silent_until(operation) == (5000, "Callback.Heartbeat")
    without = apply(update("CALLBACK", "START", CallbackOptions={}), None, EXECUTION, 1000).operation
    assert silent_until(without) is None


@given(st.text(alphabet="abcdef-0123456789", min_size=1), st.text(alphabet="abcdef-0123456789", min_size=1))
def test_callbacks_are_found_by_their_names(execution, operation):
    assert named_by(callback_id(execution, operation)) == (execution, operation)


@pytest.mark.parametrize("name", ["zz", "00ff", "", b"no-slash".hex()])
def test_other_names_are_nobodys(name):
    assert named_by(name) is None


def test_failed_invocations_are_made_again_ever_later_up_to_five_minutes():
    assert [retried_after(number) for number in (0, 1, 2, 8, 9, 400)] == [1000, 2000, 4000, 256000, 300000, 300000]
