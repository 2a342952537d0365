"""Shares between accounts: by invitation, or at once within an organization."""

import pytest
from botocore.exceptions import ClientError

from skyglobe.kernel.resources import RESOURCE_TABLES, Resource, ResourceTable

OWNER, GUEST = "111111111111", "222222222222"


@pytest.fixture
def owner(cloud):
    return cloud.session(account=OWNER).client("ram")


@pytest.fixture
def guest(cloud):
    return cloud.session(account=GUEST).client("ram")


@pytest.fixture
def subnet(cloud):
    """Return the ARN of a subnet of the owner's, kept as a service that has subnets would keep it."""
    table = ResourceTable("AWS::EC2::Subnet", "test.subnets", Resource)
    arn = f"arn:aws:ec2:us-east-1:{OWNER}:subnet/subnet-1"
    made = Resource(arn=arn, id="subnet-1", owner=OWNER, created_at=0)
    cloud.run(cloud.kernel.transact(lambda scope: table.insert(scope, made), account=OWNER, region="us-east-1"))
    yield arn
    del RESOURCE_TABLES["AWS::EC2::Subnet"]


def error_of(call, *args, **kwargs):
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return caught.value.response["Error"]["Code"]


def names(client, owner="OTHER-ACCOUNTS"):
    return [share["name"] for share in client.get_resource_shares(resourceOwner=owner)["resourceShares"]]


def share(client, name="net", **more):
    return client.create_resource_share(name=name, **more)["resourceShare"]["resourceShareArn"]


def test_a_stranger_is_invited_and_sees_the_share_when_it_accepts(owner, guest, subnet):
    arn = share(owner, principals=[GUEST], resourceArns=[subnet])
    (held,) = owner.get_resource_share_associations(associationType="PRINCIPAL")["resourceShareAssociations"]
    assert (held["status"], held["external"]) == ("ASSOCIATING", True)
    assert names(guest) == []
    (invited,) = guest.get_resource_share_invitations()["resourceShareInvitations"]
    assert (invited["status"], invited["senderAccountId"]) == ("PENDING", OWNER)
    id_ = {"resourceShareInvitationArn": invited["resourceShareInvitationArn"]}
    assert guest.list_pending_invitation_resources(**id_)["resources"][0]["type"] == "ec2:Subnet"
    assert error_of(owner.accept_resource_share_invitation, **id_) == "ResourceShareInvitationArnNotFoundException"
    guest.accept_resource_share_invitation(**id_)
    assert error_of(guest.accept_resource_share_invitation, **id_) == "ResourceShareInvitationAlreadyAcceptedException"
    assert names(guest) == ["net"]
    assert [each["arn"] for each in guest.list_resources(resourceOwner="OTHER-ACCOUNTS")["resources"]] == [subnet]
    assert [each["id"] for each in guest.list_principals(resourceOwner="OTHER-ACCOUNTS")["principals"]] == [OWNER]
    assert [each["id"] for each in owner.list_principals(resourceOwner="SELF")["principals"]] == [GUEST]
    owner.disassociate_resource_share(resourceShareArn=arn, principals=[GUEST])
    assert names(guest) == []
    assert guest.list_resources(resourceOwner="OTHER-ACCOUNTS")["resources"] == []


def test_an_invitation_can_be_rejected_or_run_out_in_a_week(cloud, owner, guest):
    share(owner, "first", principals=[GUEST])
    (invited,) = guest.get_resource_share_invitations()["resourceShareInvitations"]
    guest.reject_resource_share_invitation(resourceShareInvitationArn=invited["resourceShareInvitationArn"])
    second = share(owner, "second", principals=[GUEST])
    cloud.turn(days=6)
    (waiting,) = guest.get_resource_share_invitations(resourceShareArns=[second])["resourceShareInvitations"]
    assert waiting["status"] == "PENDING"
    cloud.turn(days=1)
    (over,) = guest.get_resource_share_invitations(resourceShareArns=[second])["resourceShareInvitations"]
    assert over["status"] == "EXPIRED"
    late = error_of(
        guest.accept_resource_share_invitation, resourceShareInvitationArn=over["resourceShareInvitationArn"]
    )
    assert late == "ResourceShareInvitationExpiredException"
    held = owner.get_resource_share_associations(associationType="PRINCIPAL")["resourceShareAssociations"]
    assert [each["status"] for each in held] == ["FAILED", "FAILED"]


def test_a_closed_share_takes_nobody_from_outside(owner):
    closed = {"name": "closed", "allowExternalPrincipals": False, "principals": [GUEST]}
    assert error_of(owner.create_resource_share, **closed) == "OperationNotPermittedException"
    assert names(owner, "SELF") == []
    arn = share(owner, principals=[GUEST])
    update = {"resourceShareArn": arn, "allowExternalPrincipals": False}
    assert error_of(owner.update_resource_share, **update) == "OperationNotPermittedException"
    assert owner.update_resource_share(resourceShareArn=arn, name="new")["resourceShare"]["name"] == "new"


def test_within_an_organization_that_trusts_ram_nobody_is_invited(cloud, owner):
    organizations = cloud.session(account=OWNER).client("organizations")
    assert error_of(owner.enable_sharing_with_aws_organization) == "OperationNotPermittedException"
    organization = organizations.create_organization()["Organization"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="unit")["OrganizationalUnit"]
    asked = organizations.create_account(AccountName="dev", Email="dev@example.org")["CreateAccountStatus"]["Id"]
    cloud.settle()
    made = organizations.describe_create_account_status(CreateAccountRequestId=asked)["CreateAccountStatus"]
    member = cloud.session(account=made["AccountId"]).client("ram")
    whole = {"name": "whole", "principals": [organization["Arn"]]}
    assert error_of(owner.create_resource_share, **whole) == "UnknownResourceException"
    assert owner.enable_sharing_with_aws_organization()["returnValue"] is True
    trusted = organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [each["ServicePrincipal"] for each in trusted] == ["ram.amazonaws.com"]
    share(owner, "whole", principals=[organization["Arn"]], allowExternalPrincipals=False)
    share(owner, "one", principals=[made["AccountId"]], allowExternalPrincipals=False)
    share(owner, "part", principals=[unit["Arn"]])
    assert sorted(names(member)) == ["one", "whole"]
    assert member.get_resource_share_invitations()["resourceShareInvitations"] == []
    move = {"AccountId": made["AccountId"], "SourceParentId": root, "DestinationParentId": unit["Id"]}
    organizations.move_account(**move)
    assert sorted(names(member)) == ["one", "part", "whole"]
    organizations.disable_aws_service_access(ServicePrincipal="ram.amazonaws.com")
    assert names(member) == ["one"]
    foreign = organization["Arn"].replace(organization["Id"], "o-0000000000")
    assert error_of(owner.create_resource_share, name="x", principals=[foreign]) == "UnknownResourceException"


def test_only_what_exists_and_is_ones_own_can_be_shared(cloud, owner, guest, subnet):
    none = f"arn:aws:ec2:us-east-1:{OWNER}:subnet/subnet-2"
    assert error_of(owner.create_resource_share, name="x", resourceArns=[none]) == "UnknownResourceException"
    assert error_of(owner.create_resource_share, name="x", resourceArns=["subnet-1"]) == "MalformedArnException"
    assert error_of(guest.create_resource_share, name="x", resourceArns=[subnet]) == "OperationNotPermittedException"
    assert error_of(owner.create_resource_share, name="x", principals=["nobody"]) == "InvalidParameterException"
    arn = share(owner)
    assert error_of(guest.associate_resource_share, resourceShareArn=arn, principals=[GUEST]) == (
        "UnknownResourceException"
    )
    assert error_of(owner.associate_resource_share, resourceShareArn=arn) == "InvalidParameterException"


def test_a_deleted_share_is_shown_for_two_hours(cloud, owner, guest, subnet):
    arn = share(owner, resourceArns=[subnet], tags=[{"key": "stage", "value": "test"}])
    filters = [{"tagKey": "stage", "tagValues": ["test"]}]
    found = owner.get_resource_shares(resourceOwner="SELF", tagFilters=filters)["resourceShares"]
    assert [each["resourceShareArn"] for each in found] == [arn]
    owner.untag_resource(resourceShareArn=arn, tagKeys=["stage"])
    assert owner.get_resource_shares(resourceOwner="SELF", tagFilters=filters)["resourceShares"] == []
    owner.delete_resource_share(resourceShareArn=arn)
    (gone,) = owner.get_resource_shares(resourceOwner="SELF", resourceShareArns=[arn])["resourceShares"]
    assert gone["status"] == "DELETED"
    assert owner.list_resources(resourceOwner="SELF")["resources"] == []
    assert error_of(owner.delete_resource_share, resourceShareArn=arn) == "UnknownResourceException"
    cloud.turn(hours=2)
    assert names(owner, "SELF") == []


def test_lists_come_in_pages(owner):
    for number in range(5):
        share(owner, f"share {number}")
    pages = owner.get_paginator("get_resource_shares").paginate(resourceOwner="SELF", PaginationConfig={"PageSize": 2})
    assert [len(page["resourceShares"]) for page in pages] == [2, 2, 1]
    wrong = error_of(owner.get_resource_shares, resourceOwner="SELF", nextToken="nonsense")
    assert wrong == "InvalidNextTokenException"


def test_what_is_not_built_says_so(owner):
    with pytest.raises(ClientError) as caught:
        owner.promote_resource_share_created_from_policy(resourceShareArn="arn:aws:ram:us-east-1:1:resource-share/1")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
