"""Jobs: retrievals take their tiers' time, inventories are a day old, and topics are told."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from skyglobe.testing import TestCloud
from tests.services.glacier.conftest import MIB

Refused = Callable[..., Any]


def begin(glacier: Any, vault: str, **parameters: Any) -> str:
    return str(glacier.initiate_job(vaultName=vault, jobParameters=parameters)["jobId"])


@pytest.mark.spec("GLV-006")
@pytest.mark.parametrize(("tier", "minutes"), [("Expedited", 5), ("Standard", 300), ("Bulk", 720)])
def test_a_retrieval_takes_its_tiers_time(
    cloud: TestCloud, glacier: Any, vault: str, refused: Refused, tier: str, minutes: int
) -> None:
    archive = glacier.upload_archive(vaultName=vault, body=b"ice", archiveDescription="cold")["archiveId"]
    job = begin(glacier, vault, Type="archive-retrieval", ArchiveId=archive, Tier=tier, Description="thaw")
    assert len(job) == 92
    told = glacier.describe_job(vaultName=vault, jobId=job)
    assert (told["StatusCode"], told["Completed"], told["Tier"]) == ("InProgress", False, tier)
    assert told["JobDescription"] == "thaw"
    cloud.turn(minutes=minutes - 1)
    with refused("InvalidParameterValueException") as answer:
        glacier.get_job_output(vaultName=vault, jobId=job)
    assert "not currently available for download" in answer["Error"]["Message"]
    cloud.turn(minutes=1)
    told = glacier.describe_job(vaultName=vault, jobId=job)
    assert (told["StatusCode"], told["Completed"]) == ("Succeeded", True)
    assert told["RetrievalByteRange"] == "0-2"
    assert glacier.get_job_output(vaultName=vault, jobId=job)["body"].read() == b"ice"
    cloud.turn(hours=25)
    with refused("ResourceNotFoundException", 404):
        glacier.describe_job(vaultName=vault, jobId=job)


def test_an_output_is_downloaded_in_ranges(cloud: TestCloud, glacier: Any, vault: str, refused: Refused) -> None:
    body = os.urandom(3 * MIB)
    archive = glacier.upload_archive(vaultName=vault, body=body)["archiveId"]
    job = begin(glacier, vault, Type="archive-retrieval", ArchiveId=archive)
    cloud.turn(hours=5)
    answer = glacier.get_job_output(vaultName=vault, jobId=job, range="bytes=1000000-2000000")
    assert answer["status"] == 206
    assert answer["contentRange"] == f"bytes 1000000-2000000/{len(body)}"
    assert answer["body"].read() == body[1000000:2000001]
    for wrong in ("bytes=9999999-", "bytes=5-2", "lines=1-2"):
        with refused("InvalidParameterValueException"):
            glacier.get_job_output(vaultName=vault, jobId=job, range=wrong)


def test_a_range_of_an_archive_is_fetched_with_its_own_hash(
    cloud: TestCloud, glacier: Any, vault: str, refused: Refused
) -> None:
    body = os.urandom(4 * MIB + 5)
    archive = glacier.upload_archive(vaultName=vault, body=body)["archiveId"]
    named = {"Type": "archive-retrieval", "ArchiveId": archive}
    aligned = begin(glacier, vault, **named, RetrievalByteRange=f"{2 * MIB}-{4 * MIB - 1}")
    odd = begin(glacier, vault, **named, RetrievalByteRange=f"{MIB}-{4 * MIB + 4}")
    for wrong in ("1-100", f"0-{MIB}", f"0-{9 * MIB - 1}", "x"):
        with refused("InvalidParameterValueException"):
            begin(glacier, vault, **named, RetrievalByteRange=wrong)
    cloud.turn(hours=5)
    answer = glacier.get_job_output(vaultName=vault, jobId=aligned)
    assert answer["body"].read() == body[2 * MIB : 4 * MIB]
    again = glacier.upload_archive(vaultName=vault, body=body[2 * MIB : 4 * MIB])
    assert answer["checksum"] == again["checksum"]
    assert glacier.describe_job(vaultName=vault, jobId=aligned)["SHA256TreeHash"] == again["checksum"]
    answer = glacier.get_job_output(vaultName=vault, jobId=odd)
    assert answer["body"].read() == body[MIB:]
    assert "checksum" not in answer


@pytest.mark.spec("GLV-007")
def test_an_inventory_tells_of_the_vault_as_it_was_counted_last(
    cloud: TestCloud, glacier: Any, vault: str, fetch: Callable[..., Any], refused: Refused
) -> None:
    first = glacier.upload_archive(vaultName=vault, body=b"ice", archiveDescription='old, "cold"')
    with refused("ResourceNotFoundException", 404):
        begin(glacier, vault, Type="inventory-retrieval")
    assert glacier.describe_vault(vaultName=vault)["NumberOfArchives"] == 0
    cloud.turn(hours=25)
    told = glacier.describe_vault(vaultName=vault)
    assert (told["NumberOfArchives"], told["SizeInBytes"]) == (1, 3)
    second = glacier.upload_archive(vaultName=vault, body=b"snow")
    glacier.delete_archive(vaultName=vault, archiveId=first["archiveId"])
    answer = fetch(Type="inventory-retrieval")
    assert answer["contentType"] == "application/json"
    inventory = json.loads(answer["body"].read())
    assert inventory["VaultARN"] == told["VaultARN"]
    assert inventory["InventoryDate"] == told["LastInventoryDate"]
    (entry,) = inventory["ArchiveList"]
    assert entry["ArchiveId"] == first["archiveId"]
    assert entry["ArchiveDescription"] == 'old, "cold"'
    assert (entry["Size"], entry["SHA256TreeHash"]) == (3, first["checksum"])
    cloud.turn(hours=25)
    rows = list(csv.DictReader(fetch(Type="inventory-retrieval", Format="CSV")["body"].read().decode().splitlines()))
    assert [row["ArchiveId"] for row in rows] == [second["archiveId"]]


def test_an_inventory_is_cut_by_dates_and_limits(cloud: TestCloud, glacier: Any, vault: str, fetch: Any) -> None:
    ids = []
    for number in range(5):
        ids.append(glacier.upload_archive(vaultName=vault, body=b"%d" % number)["archiveId"])
        cloud.turn(hours=1)
    cloud.turn(hours=25)

    def listed(**parameters: str) -> tuple[list[str], str | None]:
        asked = {"Type": "inventory-retrieval", "InventoryRetrievalParameters": parameters}
        job = begin(glacier, vault, **asked)
        cloud.turn(hours=5)
        found = json.loads(glacier.get_job_output(vaultName=vault, jobId=job)["body"].read())["ArchiveList"]
        told = glacier.describe_job(vaultName=vault, jobId=job)["InventoryRetrievalParameters"]
        return [entry["ArchiveId"] for entry in found], told.get("Marker")

    page, marker = listed(Limit="2")
    assert page == ids[:2]
    assert marker is not None
    rest, end = listed(Marker=marker)
    assert (rest, end) == (ids[2:], None)
    assert listed(Limit="5") == (ids, None)
    whole = json.loads(fetch(Type="inventory-retrieval")["body"].read())["ArchiveList"]
    dates = [entry["CreationDate"] for entry in whole]
    assert listed(StartDate=dates[1], EndDate=dates[3])[0] == ids[1:3]


@pytest.mark.spec("GLV-006")
def test_topics_are_told_when_a_job_is_done(
    cloud: TestCloud, aws: Any, glacier: Any, vault: str, refused: Refused
) -> None:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="thawed")["TopicArn"]
    url = sqs.create_queue(QueueName="thawed")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    with refused("ResourceNotFoundException", 404):
        glacier.get_vault_notifications(vaultName=vault)
    config = {"SNSTopic": topic, "Events": ["ArchiveRetrievalCompleted"]}
    glacier.set_vault_notifications(vaultName=vault, vaultNotificationConfig=config)
    assert glacier.get_vault_notifications(vaultName=vault)["vaultNotificationConfig"] == config
    archive = glacier.upload_archive(vaultName=vault, body=b"ice")["archiveId"]
    job = begin(glacier, vault, Type="archive-retrieval", ArchiveId=archive)
    cloud.turn(hours=25)
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    notice = json.loads(json.loads(message["Body"])["Message"])
    assert (notice["JobId"], notice["Action"], notice["StatusCode"]) == (job, "ArchiveRetrieval", "Succeeded")
    glacier.delete_vault_notifications(vaultName=vault)
    own = begin(glacier, vault, Type="inventory-retrieval", SNSTopic=topic)
    cloud.turn(hours=5)
    bodies = [
        json.loads(found["Body"]) for found in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    ]
    assert own in [json.loads(body["Message"])["JobId"] for body in bodies]
    with refused("InvalidParameterValueException"):
        glacier.set_vault_notifications(vaultName=vault, vaultNotificationConfig={**config, "Events": ["Melted"]})


def test_jobs_are_listed_by_state_and_in_pages(cloud: TestCloud, glacier: Any, vault: str) -> None:
    archive = glacier.upload_archive(vaultName=vault, body=b"ice")["archiveId"]
    made = [begin(glacier, vault, Type="archive-retrieval", ArchiveId=archive, Tier="Bulk") for _ in range(2)]
    fast = begin(glacier, vault, Type="archive-retrieval", ArchiveId=archive, Tier="Expedited")
    cloud.turn(minutes=5)

    def ids(**asked: str) -> list[str]:
        return [job["JobId"] for job in glacier.list_jobs(vaultName=vault, **asked)["JobList"]]

    assert ids() == [*made, fast]
    assert ids(statuscode="Succeeded") == ids(completed="true") == [fast]
    assert ids(completed="false") == made
    page = glacier.list_jobs(vaultName=vault, limit="1")
    assert ids(marker=page["Marker"]) == [made[1], fast]


def test_select_jobs_are_taken_no_longer(glacier: Any, vault: str, refused: Refused) -> None:
    archive = glacier.upload_archive(vaultName=vault, body=b"ice")["archiveId"]
    with refused("NoLongerSupportedException"):
        begin(glacier, vault, Type="select", ArchiveId=archive)
    with refused("InvalidParameterValueException"):
        begin(glacier, vault, Type="melting")
    with refused("MissingParameterValueException"):
        begin(glacier, vault)


def test_an_account_limits_what_it_retrieves(cloud: TestCloud, glacier: Any, vault: str, refused: Refused) -> None:
    assert glacier.get_data_retrieval_policy()["Policy"] == {"Rules": [{"Strategy": "None"}]}
    policy = {"Rules": [{"Strategy": "BytesPerHour", "BytesPerHour": 100}]}
    glacier.set_data_retrieval_policy(Policy=policy)
    assert glacier.get_data_retrieval_policy()["Policy"] == policy
    archive = glacier.upload_archive(vaultName=vault, body=b"i" * 300)["archiveId"]
    begin(glacier, vault, Type="archive-retrieval", ArchiveId=archive)
    with refused("PolicyEnforcedException"):
        begin(glacier, vault, Type="archive-retrieval", ArchiveId=archive)
    begin(glacier, vault, Type="archive-retrieval", ArchiveId=archive, Tier="Bulk")
    cloud.turn(hours=5)
    begin(glacier, vault, Type="archive-retrieval", ArchiveId=archive)
    with refused("InvalidParameterValueException"):
        glacier.set_data_retrieval_policy(Policy={"Rules": [{"Strategy": "Whatever"}]})


def test_provisioned_capacity_is_there_when_the_rest_is_not(
    cloud: TestCloud, glacier: Any, vault: str, refused: Refused
) -> None:
    archive = glacier.upload_archive(vaultName=vault, body=b"ice")["archiveId"]
    cloud.shake("glacier", "expedited-capacity")
    asked = {"Type": "archive-retrieval", "ArchiveId": archive, "Tier": "Expedited"}
    with refused("InsufficientCapacityException"):
        begin(glacier, vault, **asked)
    unit = glacier.purchase_provisioned_capacity()["capacityId"]
    assert [held["CapacityId"] for held in glacier.list_provisioned_capacity()["ProvisionedCapacityList"]] == [unit]
    begin(glacier, vault, **asked)
    glacier.purchase_provisioned_capacity()
    with refused("LimitExceededException"):
        glacier.purchase_provisioned_capacity()
    cloud.turn(days=32)
    assert glacier.list_provisioned_capacity()["ProvisionedCapacityList"] == []
    with refused("InsufficientCapacityException"):
        begin(glacier, vault, **asked)
