"""Vaults: made, described, listed, tagged, guarded by policies, locked for good, deleted when empty."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyglobe.testing import TestCloud
from tests.services.glacier.conftest import ONCE

Refused = Callable[..., Any]
ARN = "arn:aws:glacier:us-east-1:000000000000:vaults/ice"


def policy(*statements: dict[str, Any]) -> dict[str, str]:
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": list(statements)})}


def keep_for(days: int) -> dict[str, str]:
    """The policy of the developer guide: no archive goes before it is so many days old."""
    return policy(
        {
            "Sid": "keep",
            "Principal": "*",
            "Effect": "Deny",
            "Action": "glacier:DeleteArchive",
            "Resource": ARN,
            "Condition": {"NumericLessThan": {"glacier:ArchiveAgeInDays": str(days)}},
        }
    )


def test_a_vault_is_made_once_and_described(glacier: Any, refused: Refused) -> None:
    made = glacier.create_vault(vaultName="ice")
    assert made["location"] == "/000000000000/vaults/ice"
    glacier.create_vault(vaultName="ice")
    told = glacier.describe_vault(vaultName="ice")
    assert (told["VaultARN"], told["VaultName"]) == (ARN, "ice")
    assert "LastInventoryDate" not in told
    with refused("InvalidParameterValueException"):
        glacier.create_vault(vaultName="no spaces")
    with refused("ResourceNotFoundException", 404):
        glacier.describe_vault(vaultName="fog")


def test_vaults_are_listed_in_pages_of_ten(glacier: Any) -> None:
    names = [f"v{number:02}" for number in range(13)]
    for name in names:
        glacier.create_vault(vaultName=name)
    pages = list(glacier.get_paginator("list_vaults").paginate())
    assert [len(page["VaultList"]) for page in pages] == [10, 3]
    assert [vault["VaultName"] for page in pages for vault in page["VaultList"]] == names


@pytest.mark.spec("GLV-008")
def test_a_vault_goes_when_it_was_empty_at_its_last_inventory(
    cloud: TestCloud, glacier: Any, vault: str, refused: Refused
) -> None:
    glacier.get_waiter("vault_exists").wait(vaultName=vault)
    archive = glacier.upload_archive(vaultName=vault, body=b"ice")["archiveId"]
    for _ in range(2):
        with refused("InvalidParameterValueException") as answer:
            glacier.delete_vault(vaultName=vault)
        assert answer["Error"]["Message"] == f"Vault not empty or recently written to: {ARN}"
        cloud.turn(hours=25)
    glacier.delete_archive(vaultName=vault, archiveId=archive)
    with refused("InvalidParameterValueException"):
        glacier.delete_vault(vaultName=vault)
    cloud.turn(hours=25)
    glacier.delete_vault(vaultName=vault)
    glacier.delete_vault(vaultName=vault)
    glacier.get_waiter("vault_not_exists").wait(vaultName=vault)


def test_a_vault_has_up_to_ten_tags(glacier: Any, vault: str, refused: Refused) -> None:
    glacier.add_tags_to_vault(vaultName=vault, Tags={"a": "1", "b": "2"})
    glacier.add_tags_to_vault(vaultName=vault, Tags={"b": "3"})
    glacier.remove_tags_from_vault(vaultName=vault, TagKeys=["a", "z"])
    assert glacier.list_tags_for_vault(vaultName=vault)["Tags"] == {"b": "3"}
    with refused("LimitExceededException"):
        glacier.add_tags_to_vault(vaultName=vault, Tags={str(number): "x" for number in range(10)})


@pytest.mark.spec("GLV-001", "GLV-002", "GLV-003")
def test_a_completed_lock_holds_for_good(cloud: TestCloud, glacier: Any, vault: str, refused: Refused) -> None:
    lock = glacier.initiate_vault_lock(vaultName=vault, policy=keep_for(365))["lockId"]
    told = glacier.get_vault_lock(vaultName=vault)
    assert told["State"] == "InProgress"
    assert told["Policy"] == keep_for(365)["Policy"]
    assert told["ExpirationDate"] > told["CreationDate"]
    with refused("InvalidParameterValueException"):
        glacier.complete_vault_lock(vaultName=vault, lockId="another")
    glacier.complete_vault_lock(vaultName=vault, lockId=lock)
    glacier.complete_vault_lock(vaultName=vault, lockId=lock)
    assert glacier.get_vault_lock(vaultName=vault)["State"] == "Locked"
    with refused("AccessDeniedException", 403):
        glacier.complete_vault_lock(vaultName=vault, lockId="another")
    with refused("AccessDeniedException", 403):
        glacier.initiate_vault_lock(vaultName=vault, policy=keep_for(1))
    with refused("AccessDeniedException", 403):
        glacier.abort_vault_lock(vaultName=vault)
    archive = glacier.upload_archive(vaultName=vault, body=b"ice")["archiveId"]
    cloud.turn(days=364)
    with refused("AccessDeniedException", 403):
        glacier.delete_archive(vaultName=vault, archiveId=archive)
    cloud.turn(days=2)
    glacier.delete_archive(vaultName=vault, archiveId=archive)


@pytest.mark.spec("GLV-004")
def test_a_lock_that_is_not_completed_within_a_day_is_gone(
    cloud: TestCloud, glacier: Any, vault: str, refused: Refused
) -> None:
    lock = glacier.initiate_vault_lock(vaultName=vault, policy=keep_for(365))["lockId"]
    archive = glacier.upload_archive(vaultName=vault, body=b"ice")["archiveId"]
    with refused("AccessDeniedException", 403):
        glacier.delete_archive(vaultName=vault, archiveId=archive)
    with refused("AccessDeniedException", 403):
        glacier.initiate_vault_lock(vaultName=vault, policy=keep_for(1))
    cloud.turn(hours=25)
    with refused("ResourceNotFoundException", 404):
        glacier.get_vault_lock(vaultName=vault)
    with refused("InvalidParameterValueException"):
        glacier.complete_vault_lock(vaultName=vault, lockId=lock)
    glacier.delete_archive(vaultName=vault, archiveId=archive)


def test_a_lock_is_aborted_while_it_is_in_progress(glacier: Any, vault: str, refused: Refused) -> None:
    glacier.abort_vault_lock(vaultName=vault)
    glacier.initiate_vault_lock(vaultName=vault, policy=keep_for(1))
    glacier.abort_vault_lock(vaultName=vault)
    with refused("ResourceNotFoundException", 404):
        glacier.get_vault_lock(vaultName=vault)
    for wrong in ({"Policy": "no json"}, {"Policy": "{}"}, {"Policy": "x" * 20_481}):
        with refused("InvalidParameterValueException"):
            glacier.initiate_vault_lock(vaultName=vault, policy=wrong)


def test_an_access_policy_lets_others_in(cloud: TestCloud, glacier: Any, vault: str, refused: Refused) -> None:
    other = cloud.session("222222222222").client("glacier", config=ONCE)
    with refused("AccessDeniedException", 403):
        other.upload_archive(accountId="000000000000", vaultName=vault, body=b"ice")
    lets = {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "glacier:UploadArchive", "Resource": ARN}
    glacier.set_vault_access_policy(vaultName=vault, policy=policy(lets))
    assert glacier.get_vault_access_policy(vaultName=vault)["policy"] == policy(lets)
    put = other.upload_archive(accountId="000000000000", vaultName=vault, body=b"ice")
    assert put["location"].startswith("/000000000000/vaults/ice/")
    with refused("AccessDeniedException", 403):
        other.delete_archive(accountId="000000000000", vaultName=vault, archiveId=put["archiveId"])
    glacier.delete_vault_access_policy(vaultName=vault)
    with refused("ResourceNotFoundException", 404):
        glacier.get_vault_access_policy(vaultName=vault)
    with refused("AccessDeniedException", 403):
        other.upload_archive(accountId="000000000000", vaultName=vault, body=b"ice")


def test_users_may_what_their_policies_say_and_tags_may_decide(
    cloud: TestCloud, aws: Any, glacier: Any, vault: str, refused: Refused
) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ranger")
    only = {"StringEquals": {"glacier:ResourceTag/zone": "north"}}
    allowed = {"Effect": "Allow", "Action": "glacier:UploadArchive", "Resource": ARN, "Condition": only}
    text = policy(allowed)["Policy"]
    iam.put_user_policy(UserName="ranger", PolicyName="own", PolicyDocument=text)
    key = iam.create_access_key(UserName="ranger")["AccessKey"]
    ranger = cloud.session_with(key).client("glacier", config=ONCE)
    with refused("AccessDeniedException", 403):
        ranger.upload_archive(vaultName=vault, body=b"ice")
    glacier.add_tags_to_vault(vaultName=vault, Tags={"zone": "north"})
    ranger.upload_archive(vaultName=vault, body=b"ice")
    with refused("AccessDeniedException", 403):
        ranger.describe_vault(vaultName=vault)


@pytest.mark.spec("GLV-010")
def test_the_service_can_be_closed_to_who_has_nothing_in_it(
    cloud: TestCloud, glacier: Any, vault: str, refused: Refused
) -> None:
    cloud.shake("glacier", "closed")
    glacier.create_vault(vaultName="more")
    newcomer = cloud.session("333333333333").client("glacier", config=ONCE)
    for ask in (lambda: newcomer.create_vault(vaultName="first"), newcomer.list_vaults):
        with refused("NoLongerSupportedException"):
            ask()
    cloud.shake("glacier", "closed", 0)
    newcomer.create_vault(vaultName="first")
