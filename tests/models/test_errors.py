"""Errors as the models know them."""

from __future__ import annotations

from skyglobe.models import load, service_names
from skyglobe.models.errors import error_shapes, find_error, framework_query_codes, query_code


def test_sqs_keeps_its_old_codes_beside_the_new() -> None:
    missing = error_shapes(load("sqs"))["QueueDoesNotExist"]
    assert (missing.code, missing.query_code) == ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
    assert (missing.status, missing.is_sender_fault) == (400, True)


def test_an_error_is_found_by_any_of_its_names() -> None:
    sqs = load("sqs")
    for name in ("QueueNameExists", "QueueAlreadyExists"):
        found = find_error(sqs, name)
        assert found is not None
        assert found.name == "QueueNameExists"
    assert find_error(sqs, "NoSuchError") is None


def test_errors_of_the_framework_have_old_codes_too() -> None:
    assert query_code(load("sqs"), "MissingRequiredParameterException") == "MissingParameter"
    assert query_code(load("sqs"), "AccessDeniedException") == "AccessDenied"
    assert query_code(load("cloudwatch"), "DashboardNotFoundError") == "ResourceNotFound"
    assert query_code(load("dynamodb"), "AccessDeniedException") == "AccessDeniedException"


def test_query_services_write_the_modelled_code() -> None:
    missing = error_shapes(load("iam"))["NoSuchEntityException"]
    assert (missing.code, missing.query_code, missing.status) == ("NoSuchEntity", "NoSuchEntity", 404)


def test_faults_are_the_services_own() -> None:
    fault = error_shapes(load("lambda"))["ServiceException"]
    assert (fault.status, fault.is_sender_fault) == (500, False)


def test_every_error_of_every_service_has_a_code_and_an_error_status() -> None:
    count = 0
    for name in service_names():
        for error in error_shapes(load.__wrapped__(name)).values():
            assert error.code
            assert error.query_code
            assert 400 <= error.status < 600
            assert error.is_sender_fault or error.status >= 500
            count += 1
    assert count > 5000


def test_the_frameworks_old_codes_agree_with_those_cloudwatch_models() -> None:
    modelled = {error.name: error.query_code for error in error_shapes(load("cloudwatch")).values()}
    shared = modelled.keys() & framework_query_codes().keys()
    assert len(shared) == 3
    assert {name: modelled[name] for name in shared} == {name: framework_query_codes()[name] for name in shared}
