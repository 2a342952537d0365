"""One organization looks after another one's bills, from one month to the end of another."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.services.organizations.conftest import MANAGEMENT

OTHER = "222222222222"
INVALID = "InvalidInputException"


@pytest.fixture
def other(cloud):
    """The management account of another organization."""
    client = cloud.session(account=OTHER).client("organizations")
    client.create_organization()
    return client


@pytest.fixture
def next_month(cloud):
    """The first instant of the month after this one by the cloud's clock."""
    now = datetime.fromtimestamp(cloud.now / 1000, UTC)
    return (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)


def invite(client, start, account=OTHER, **more):
    target = {"Id": account, "Type": "ACCOUNT"}
    return client.invite_organization_to_transfer_responsibility(
        Type="BILLING", Target=target, StartTimestamp=start, SourceName="other's bills", **more
    )["Handshake"]


def test_a_transfer_begins_with_a_handshake_and_ends_with_a_month(cloud, org, other, next_month, reason):
    offered = invite(org, next_month, Notes="shall we?", Tags=[{"Key": "deal", "Value": "7"}])
    assert (offered["Action"], offered["State"]) == ("TRANSFER_RESPONSIBILITY", "OPEN")
    values = {one["Type"]: one["Value"] for one in offered["Resources"]}
    assert values["TRANSFER_START_TIMESTAMP"] == next_month.strftime("%Y-%m-%dT%H:%M:%SZ")
    transfer = values["RESPONSIBILITY_TRANSFER"]
    assert org.list_tags_for_resource(ResourceId=transfer)["Tags"] == [{"Key": "deal", "Value": "7"}]
    (inbound,) = org.list_inbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]
    assert (inbound["Status"], inbound["ActiveHandshakeId"]) == ("REQUESTED", offered["Id"])
    assert reason(org.delete_organization) == (
        "ConstraintViolationException",
        "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
    )
    other.accept_handshake(HandshakeId=offered["Id"])
    (outbound,) = other.list_outbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]
    assert (outbound["Id"], outbound["Status"]) == (transfer, "ACCEPTED")
    assert "/billing/outbound/" in outbound["Arn"]
    assert "/billing/inbound/" in inbound["Arn"]
    assert outbound["Target"]["ManagementAccountId"] == MANAGEMENT
    assert outbound["Source"] == {
        "ManagementAccountId": OTHER,
        "ManagementAccountEmail": f"account-{OTHER}@example.com",
    }
    renamed = org.update_responsibility_transfer(Id=transfer, Name="bills of the other")["ResponsibilityTransfer"]
    assert renamed["Name"] == "bills of the other"
    end = (next_month + timedelta(days=32)).replace(day=1)
    terminate = other.terminate_responsibility_transfer
    assert reason(terminate, Id=transfer, EndTimestamp=end) == (INVALID, "END_DATE_NOT_END_OF_MONTH")
    early = next_month - timedelta(milliseconds=1)
    assert reason(terminate, Id=transfer, EndTimestamp=early) == (INVALID, "END_DATE_TOO_EARLY")
    ended = terminate(Id=transfer, EndTimestamp=end - timedelta(milliseconds=1))["ResponsibilityTransfer"]
    assert (ended["Status"], ended["EndTimestamp"]) == ("WITHDRAWN", end - timedelta(milliseconds=1))
    assert reason(terminate, Id=transfer)[0] == "ResponsibilityTransferAlreadyInStatusException"
    assert reason(org.delete_organization)[1] == "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS"
    cloud.turn(days=64)
    org.delete_organization()


def test_offers_are_declined_taken_back_or_forgotten(cloud, org, other, next_month, reason):
    declined = invite(org, next_month)
    assert reason(invite, org, next_month)[0] == "DuplicateHandshakeException"
    other.decline_handshake(HandshakeId=declined["Id"])
    taken_back = invite(org, next_month)
    org.cancel_handshake(HandshakeId=taken_back["Id"])
    invite(org, next_month)
    cloud.turn(days=15)
    listed = other.list_outbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]
    assert {one["Status"] for one in listed} == {"DECLINED", "CANCELED", "EXPIRED"}
    transition = reason(org.terminate_responsibility_transfer, Id=listed[0]["Id"])[0]
    assert transition == "InvalidResponsibilityTransferTransitionException"


def test_transfers_start_with_a_month_to_come(org, next_month, reason):
    for start, fault in (
        (next_month + timedelta(hours=1), "START_DATE_NOT_BEGINNING_OF_DAY"),
        (next_month + timedelta(days=1), "START_DATE_NOT_BEGINNING_OF_MONTH"),
        ((next_month - timedelta(days=1)).replace(day=1), "START_DATE_TOO_EARLY"),
    ):
        assert reason(invite, org, start) == (INVALID, fault)


def test_only_who_manages_an_organization_gives_its_bills_away_and_once(cloud, org, other, next_month, reason):
    third = cloud.session(account="333333333333").client("organizations")
    alone = invite(org, next_month, "333333333333")
    assert reason(third.accept_handshake, HandshakeId=alone["Id"])[0] == "AWSOrganizationsNotInUseException"
    third.create_organization()
    org.describe_handshake(HandshakeId=alone["Id"])
    first, second = invite(org, next_month), invite(third, next_month)
    other.accept_handshake(HandshakeId=first["Id"])
    refused = reason(other.accept_handshake, HandshakeId=second["Id"])
    assert refused == ("HandshakeConstraintViolationException", "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS")
    listed = org.list_inbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]
    (accepted,) = [one["Id"] for one in listed if one["Status"] == "ACCEPTED"]
    assert other.describe_responsibility_transfer(Id=accepted)["ResponsibilityTransfer"]["Status"] == "ACCEPTED"
    not_found = "ResponsibilityTransferNotFoundException"
    assert reason(third.describe_responsibility_transfer, Id=accepted)[0] == not_found
    assert reason(third.list_inbound_responsibility_transfers, Type="BILLING", Id=accepted)[0] == not_found
    own = invite(org, next_month, MANAGEMENT)
    assert reason(org.accept_handshake, HandshakeId=own["Id"])[1] == "SOURCE_AND_TARGET_CANNOT_MATCH"
