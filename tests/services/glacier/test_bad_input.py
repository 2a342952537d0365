"""Strange input at every operation: Glacier's errors, never a defect of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from skyglobe.kernel.wire import Request
from skyglobe.testing import TestCloud

ODD = ["", "x", "-1", "0", "9" * 400, "ä", "../..", "%00", "a b", "A" * 138, "A" * 92, "null", "\U0001f9ca"]


def status_of(glacier: Any, operation: str, parameters: dict[str, Any]) -> int:
    """Return the status of an answer; 0 when botocore itself would not send the request."""
    try:
        answer = getattr(glacier, operation)(**parameters)
    except ClientError as error:
        answer = error.response
    except (ParamValidationError, ValueError):
        return 0
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


@pytest.mark.parametrize("odd", ODD)
def test_odd_names_ids_and_markers_get_glaciers_errors(glacier: Any, vault: str, odd: str) -> None:
    named = {"vaultName": vault}
    policy = {"Policy": odd}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("create_vault", {"vaultName": odd}),
        ("describe_vault", {"vaultName": odd}),
        ("describe_vault", {**named, "accountId": odd}),
        ("list_vaults", {"marker": odd}),
        ("list_vaults", {"limit": odd}),
        ("delete_archive", {**named, "archiveId": odd}),
        ("initiate_job", {**named, "jobParameters": {"Type": odd}}),
        ("initiate_job", {**named, "jobParameters": {"Type": "archive-retrieval", "ArchiveId": odd, "Tier": odd}}),
        ("initiate_job", {**named, "jobParameters": {"Type": "inventory-retrieval", "Format": odd, "SNSTopic": odd}}),
        ("describe_job", {**named, "jobId": odd}),
        ("get_job_output", {**named, "jobId": odd, "range": odd}),
        ("list_jobs", {**named, "marker": odd}),
        ("list_jobs", {**named, "limit": odd, "statuscode": odd, "completed": odd}),
        ("list_multipart_uploads", {**named, "marker": odd}),
        ("list_parts", {**named, "uploadId": odd, "marker": odd}),
        ("initiate_multipart_upload", {**named, "partSize": odd}),
        ("complete_multipart_upload", {**named, "uploadId": odd, "archiveSize": odd, "checksum": odd}),
        ("upload_multipart_part", {**named, "uploadId": odd, "range": odd, "body": b"x"}),
        ("upload_archive", {**named, "checksum": odd, "body": b"x"}),
        ("set_vault_access_policy", {**named, "policy": policy}),
        ("initiate_vault_lock", {**named, "policy": policy}),
        ("complete_vault_lock", {**named, "lockId": odd}),
        ("set_vault_notifications", {**named, "vaultNotificationConfig": {"SNSTopic": odd, "Events": [odd]}}),
        ("add_tags_to_vault", {**named, "Tags": {odd: odd}}),
        ("remove_tags_from_vault", {**named, "TagKeys": [odd]}),
        ("set_data_retrieval_policy", {"Policy": {"Rules": [{"Strategy": odd, "BytesPerHour": -5}]}}),
    ]
    statuses = {operation: status_of(glacier, operation, parameters) for operation, parameters in calls}
    assert max(statuses.values()) < 500, statuses
    assert glacier.describe_vault(vaultName=vault)["VaultName"] == vault


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b"null", b'"x"', b'{"Type": 5}', b'{"Type": ["archive-retrieval"]}', b'{"Type": {}}', b"\xff"],
)
def test_documents_that_are_none_are_refused(cloud: TestCloud, glacier: Any, vault: str, document: bytes) -> None:
    for path, method in (("jobs", "POST"), ("lock-policy", "POST"), ("access-policy", "PUT"), ("tags", "POST")):
        query = "operation=add" if path == "tags" else ""
        headers = {
            "host": "glacier.us-east-1.amazonaws.com",
            "authorization": "AWS4-HMAC-SHA256 Credential=test/20261127/us-east-1/glacier/aws4_request, "
            "SignedHeaders=host, Signature=0",
            "content-length": str(len(document)),
        }
        answer = cloud.send(Request(method, f"/-/vaults/{vault}/{path}", query, headers, document))
        assert 400 <= answer.status < 500, (path, answer.status, answer.body)
        assert isinstance(json.loads(bytes(answer.body)), dict)  # type: ignore[arg-type]
