"""Lifecycle rules as pure decisions, and the tables around archives and locks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.s3.rules.archiving import DAY, midnight_from, tier_of
from skyglobe.services.s3.rules.lifecycle import (
    CLASSES,
    Subject,
    can_move,
    find_expiry,
    parse_policy,
    plan_current,
    plan_past,
    plan_upload,
)
from skyglobe.services.s3.rules.lifecycle_checks import BadLifecycle, check_rules
from skyglobe.services.s3.rules.locks import holds, plan_change, retained_until

LARGE = Subject("k", 1 << 20, {}, "STANDARD")
INSTANTS = st.integers(0, 4_000_000_000_000)
DAYS = st.integers(1, 1_000)


def _policy(*rules: dict[str, Any], **more: Any) -> Any:
    named = [{"ID": str(at), "Status": "Enabled", "Filter": {}, **rule} for at, rule in enumerate(rules)]
    return parse_policy({"Rules": named, **more})


@given(INSTANTS, DAYS)
def test_days_are_rounded_up_to_midnight(modified_at: int, days: int) -> None:
    expiry = find_expiry(_policy({"Expiration": {"Days": days}}), LARGE, modified_at)
    assert expiry is not None
    assert expiry.at % DAY == 0
    assert 0 <= expiry.at - (modified_at + days * DAY) < DAY


@given(INSTANTS, DAYS, st.lists(DAYS, min_size=1, max_size=4), st.booleans())
def test_what_is_due_stays_due(modified_at: int, days: int, others: list[int], keeps: bool) -> None:
    policy = _policy({"Expiration": {"Days": days}}, *({"Expiration": {"Days": other}} for other in others))
    due = midnight_from(modified_at + min(days, *others) * DAY)
    assert plan_current(policy, LARGE, modified_at, due - 1, keeps) == ""
    for later in (0, 1, DAY, 99 * DAY):
        assert plan_current(policy, LARGE, modified_at, due + later, keeps) == "expire"


@given(st.sampled_from(["STANDARD", "REDUCED_REDUNDANCY", *CLASSES]), st.permutations(CLASSES), st.data())
def test_objects_only_move_down_the_waterfall(source: str, targets: list[str], data: Any) -> None:
    chosen = data.draw(st.lists(st.sampled_from(targets), unique=True, min_size=1))
    policy = _policy(*({"Transitions": [{"Days": 1, "StorageClass": target}]} for target in chosen))
    plan = plan_current(policy, LARGE._replace(storage_class=source), 0, 5 * DAY, True)
    reachable = [target for target in CLASSES if target in chosen and can_move(source, target)]
    assert plan == (reachable[-1] if reachable else "")
    assert not plan or source not in CLASSES or CLASSES.index(plan) > CLASSES.index(source)


@given(st.integers(0, 10), st.integers(1, 5))
def test_the_newest_noncurrent_versions_are_kept(newer: int, kept: int) -> None:
    policy = _policy({"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": kept}})
    assert plan_past(policy, LARGE, 0, newer, 9 * DAY) == ("expire" if newer >= kept else "")


def test_disabled_rules_do_nothing() -> None:
    policy = _policy({"Status": "Disabled", "Expiration": {"Days": 1}})
    assert plan_current(policy, LARGE, 0, 99 * DAY, False) == ""


def test_uploads_are_told_by_prefix_and_age() -> None:
    policy = _policy({"Filter": {"Prefix": "a"}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}})
    assert not plan_upload(policy, "a", 1, 2 * DAY)
    assert plan_upload(policy, "a", 1, 3 * DAY)
    assert not plan_upload(policy, "b", 1, 9 * DAY)


_STEPS = st.lists(
    st.fixed_dictionaries({"Days": st.integers(0, 400), "StorageClass": st.sampled_from(CLASSES)}), max_size=4
)


@given(_STEPS, st.none() | st.integers(1, 500))
def test_rules_that_are_taken_can_be_followed_to_the_end(steps: list[dict[str, Any]], expires: int | None) -> None:
    rule: dict[str, Any] = {"ID": "r", "Status": "Enabled", "Filter": {}, "Transitions": steps}
    if expires is not None:
        rule["Expiration"] = {"Days": expires}
    try:
        check_rules([rule])
    except BadLifecycle:
        return
    policy, subject, seen = _policy(rule), LARGE, []
    for day in range(501):
        plan = plan_current(policy, subject, 0, day * DAY, False)
        if plan == "expire":
            break
        if plan:
            subject = subject._replace(storage_class=plan)
            seen.append(plan)
    assert seen == [step["StorageClass"] for step in sorted(steps, key=lambda step: step["Days"])]


@pytest.mark.parametrize(
    ("days", "tier"),
    [
        (0, "FREQUENT"),
        (29, "FREQUENT"),
        (30, "INFREQUENT"),
        (89, "INFREQUENT"),
        (90, "ARCHIVE_INSTANT_ACCESS"),
        (120, "ARCHIVE_ACCESS"),
        (200, "DEEP_ARCHIVE_ACCESS"),
    ],
)
def test_intelligent_tiering_goes_by_idle_days(days: int, tier: str) -> None:
    archiving = {"ARCHIVE_ACCESS": 120, "DEEP_ARCHIVE_ACCESS": 200}
    assert tier_of(1 << 20, days * DAY, archiving) == tier
    assert tier_of(1 << 10, days * DAY, archiving) == "FREQUENT"


@given(INSTANTS, INSTANTS, INSTANTS, st.sampled_from(["", "GOVERNANCE", "COMPLIANCE"]))
def test_compliance_never_becomes_less(now: int, until: int, new_until: int, new_mode: str) -> None:
    change = plan_change("COMPLIANCE", until, new_mode, new_until, now)
    weaker = new_mode != "COMPLIANCE" or new_until < until
    assert change == ("refused" if weaker and until > now else "allowed")


@given(INSTANTS, st.integers(1, 100))
def test_years_end_on_the_same_day(now: int, years: int) -> None:
    assert 365 * years - 1 <= (retained_until(now, 0, years) - now) / DAY <= 366 * years


def test_a_hold_holds_without_retention_and_past_it() -> None:
    assert holds("", 0, "ON", 5) == "HOLD"
    assert holds("GOVERNANCE", 9, "ON", 5) == "HOLD"
    assert holds("COMPLIANCE", 9, "ON", 5) == "COMPLIANCE"
    assert holds("GOVERNANCE", 9, "OFF", 5) == "GOVERNANCE"
    assert holds("GOVERNANCE", 5, "", 5) == ""
