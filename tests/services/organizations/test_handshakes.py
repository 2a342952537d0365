"""Invitations and what becomes of them."""

import pytest

GUEST = "222222222222"


def invite(org, account=GUEST, **more):
    return org.invite_account_to_organization(Target={"Id": account, "Type": "ACCOUNT"}, **more)["Handshake"]


@pytest.fixture
def guest(cloud):
    return cloud.session(account=GUEST).client("organizations")


@pytest.mark.spec("ORG-103")
def test_an_invitation_is_open_to_whom_it_names(cloud, org, guest, reason):
    offered = invite(org, Notes="come in")
    assert (offered["State"], offered["Action"]) == ("OPEN", "INVITE")
    assert {"Id": GUEST, "Type": "ACCOUNT"} in offered["Parties"]
    assert {"Type": "NOTES", "Value": "come in"} in offered["Resources"]
    assert (offered["ExpirationTimestamp"] - offered["RequestedTimestamp"]).days == 15
    assert [each["Id"] for each in guest.list_handshakes_for_account()["Handshakes"]] == [offered["Id"]]
    stranger = cloud.session(account="333333333333").client("organizations")
    assert reason(stranger.accept_handshake, HandshakeId=offered["Id"])[0] == "AccessDeniedException"
    assert reason(stranger.describe_handshake, HandshakeId=offered["Id"])[0] == "AccessDeniedException"
    assert reason(org.invite_account_to_organization, Target={"Id": GUEST, "Type": "ACCOUNT"})[0] == (
        "DuplicateHandshakeException"
    )
    assert guest.accept_handshake(HandshakeId=offered["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert reason(guest.accept_handshake, HandshakeId=offered["Id"])[0] == "HandshakeAlreadyInStateException"
    assert reason(guest.decline_handshake, HandshakeId=offered["Id"])[0] == "InvalidHandshakeTransitionException"
    assert reason(org.invite_account_to_organization, Target={"Id": GUEST, "Type": "ACCOUNT"})[0] == (
        "DuplicateAccountException"
    )


@pytest.mark.spec("ORG-103")
def test_an_invitation_can_be_declined_cancelled_or_forgotten(cloud, org, guest, reason):
    declined = invite(org)
    guest.decline_handshake(HandshakeId=declined["Id"])
    cancelled = invite(org)
    assert org.cancel_handshake(HandshakeId=cancelled["Id"])["Handshake"]["State"] == "CANCELED"
    expired = invite(org)
    cloud.turn(days=14)
    assert org.describe_handshake(HandshakeId=expired["Id"])["Handshake"]["State"] == "OPEN"
    cloud.turn(days=1)
    assert org.describe_handshake(HandshakeId=expired["Id"])["Handshake"]["State"] == "EXPIRED"
    assert reason(guest.accept_handshake, HandshakeId=expired["Id"])[0] == "InvalidHandshakeTransitionException"
    listed = org.list_handshakes_for_organization(Filter={"ActionType": "INVITE"})["Handshakes"]
    assert {each["State"] for each in listed} == {"DECLINED", "CANCELED", "EXPIRED"}
    cloud.turn(days=31)
    assert org.list_handshakes_for_organization()["Handshakes"] == []
    assert reason(org.describe_handshake, HandshakeId=expired["Id"])[0] == "HandshakeNotFoundException"


@pytest.mark.spec("ORG-004")
def test_a_member_of_one_organization_cannot_join_another(cloud, org, guest, reason):
    other = cloud.session(account="444444444444").client("organizations")
    other.create_organization()
    first, second = invite(org), invite(other)
    guest.accept_handshake(HandshakeId=first["Id"])
    refused = reason(guest.accept_handshake, HandshakeId=second["Id"])
    assert refused == ("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")


def test_an_address_can_be_invited_too(cloud, org, new_account, reason):
    account = new_account("moving")
    cloud.turn(days=4)
    org.remove_account_from_organization(AccountId=account)
    offered = org.invite_account_to_organization(Target={"Id": "moving@example.org", "Type": "EMAIL"})["Handshake"]
    assert {"Id": "moving@example.org", "Type": "EMAIL"} in offered["Parties"]
    mover = cloud.session(account=account).client("organizations")
    (listed,) = mover.list_handshakes_for_account()["Handshakes"]
    mover.accept_handshake(HandshakeId=listed["Id"])
    assert org.describe_account(AccountId=account)["Account"]["JoinedMethod"] == "INVITED"
    wrong = reason(org.invite_account_to_organization, Target={"Id": "nobody", "Type": "EMAIL"})
    assert wrong == ("InvalidInputException", "INVALID_EMAIL_ADDRESS_TARGET")


def test_deleting_the_organization_takes_its_invitations_back(org, guest):
    offered = invite(org)
    org.delete_organization()
    assert guest.describe_handshake(HandshakeId=offered["Id"])["Handshake"]["State"] == "CANCELED"
