"""What is built, counted against the models."""

from __future__ import annotations

import pytest

from skyglobe.models import load
from skyglobe.models.coverage import coverage, service_coverage, totals


def test_operations_and_members_are_counted() -> None:
    facts = service_coverage(load("sts"), {"GetCallerIdentity": (), "GetSessionToken": {"DurationSeconds"}})
    assert [operation.name for operation in facts.operations] == ["GetCallerIdentity", "GetSessionToken"]
    assert facts.operations[1].ignored == ("SerialNumber", "TokenCode")
    assert (facts.operations[1].members, facts.operations[1].members_total) == (1, 3)
    assert facts.members == 1
    assert facts.operations_total == len(load("sts").operation_names)
    assert "AssumeRole" in facts.missing
    assert facts.members_total > 20


def test_what_the_model_does_not_have_cannot_be_claimed() -> None:
    with pytest.raises(ValueError, match="GetCaller"):
        service_coverage(load("sts"), {"GetCaller": ()})
    with pytest.raises(ValueError, match="Nonsense"):
        service_coverage(load("sts"), {"AssumeRole": {"Nonsense"}})
    with pytest.raises(KeyError):
        coverage({"nonsense": {}})


def test_services_add_up() -> None:
    facts = coverage({"sts": {"GetCallerIdentity": ()}, "sqs": {"SendMessage": {"QueueUrl", "MessageBody"}}})
    sums = totals(facts.values())
    assert list(facts) == ["sqs", "sts"]
    assert (sums.services, sums.operations, sums.members) == (2, 2, 2)
    assert sums.operations_total == len(load("sts").operation_names) + len(load("sqs").operation_names)
    assert sums.members_total == sum(service.members_total for service in facts.values())
