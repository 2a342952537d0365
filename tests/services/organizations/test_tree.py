"""The tree: units in units, accounts in them, and walking about."""

import pytest

from tests.services.organizations.conftest import MANAGEMENT


def unit(org, parent, name, **more):
    made = org.create_organizational_unit(ParentId=parent, Name=name, **more)["OrganizationalUnit"]
    return made["Id"]


@pytest.mark.spec("ORG-005")
def test_units_nest_five_deep(org, root_id, reason):
    assert [root["Id"] for root in org.list_roots()["Roots"]] == [root_id]
    parent = root_id
    for depth in range(5):
        parent = unit(org, parent, f"level {depth}")
    refused = reason(org.create_organizational_unit, ParentId=parent, Name="too deep")
    assert refused == ("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED")


def test_a_unit_tells_where_it_is(org, root_id):
    outer = unit(org, root_id, "outer")
    inner = unit(org, outer, "inner")
    organization = org.describe_organization()["Organization"]["Id"]
    shown = org.describe_organizational_unit(OrganizationalUnitId=inner)["OrganizationalUnit"]
    assert shown["Path"] == f"{organization}/{root_id}/{outer}/{inner}/"
    assert shown["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:ou/{organization}/{inner}"
    assert inner.startswith(f"ou-{root_id[2:]}-")
    assert org.list_parents(ChildId=inner)["Parents"] == [{"Id": outer, "Type": "ORGANIZATIONAL_UNIT"}]
    assert org.list_parents(ChildId=outer)["Parents"] == [{"Id": root_id, "Type": "ROOT"}]


def test_siblings_have_different_names(org, root_id, reason):
    first, second = unit(org, root_id, "prod"), unit(org, root_id, "test")
    unit(org, first, "prod")
    assert reason(unit, org, root_id, "prod")[0] == "DuplicateOrganizationalUnitException"
    refused = reason(org.update_organizational_unit, OrganizationalUnitId=second, Name="prod")
    assert refused[0] == "DuplicateOrganizationalUnitException"
    org.update_organizational_unit(OrganizationalUnitId=second, Name="staging")
    names = [each["Name"] for each in org.list_organizational_units_for_parent(ParentId=root_id)["OrganizationalUnits"]]
    assert sorted(names) == ["prod", "staging"]


@pytest.mark.spec("ORG-107")
def test_a_unit_with_children_cannot_be_deleted(org, root_id, new_account, reason):
    outer = unit(org, root_id, "outer")
    inner = unit(org, outer, "inner")
    account = new_account()
    org.move_account(AccountId=account, SourceParentId=root_id, DestinationParentId=inner)
    for full in (inner, outer):
        refused = reason(org.delete_organizational_unit, OrganizationalUnitId=full)
        assert refused[0] == "OrganizationalUnitNotEmptyException"
    org.move_account(AccountId=account, SourceParentId=inner, DestinationParentId=root_id)
    org.delete_organizational_unit(OrganizationalUnitId=inner)
    org.delete_organizational_unit(OrganizationalUnitId=outer)
    refused = reason(org.describe_organizational_unit, OrganizationalUnitId=outer)
    assert refused[0] == "OrganizationalUnitNotFoundException"


@pytest.mark.spec("ORG-104")
def test_an_account_is_moved_from_where_it_is(org, root_id, new_account, reason):
    there = unit(org, root_id, "there")
    account = new_account()
    refused = reason(org.move_account, AccountId=account, SourceParentId=there, DestinationParentId=root_id)
    assert refused[0] == "SourceParentNotFoundException"
    nowhere = f"ou-{root_id[2:]}-00000000"
    refused = reason(org.move_account, AccountId=account, SourceParentId=root_id, DestinationParentId=nowhere)
    assert refused[0] == "DestinationParentNotFoundException"
    org.move_account(AccountId=account, SourceParentId=root_id, DestinationParentId=there)
    assert org.list_children(ParentId=there, ChildType="ACCOUNT")["Children"] == [{"Id": account, "Type": "ACCOUNT"}]
    assert [each["Id"] for each in org.list_accounts_for_parent(ParentId=root_id)["Accounts"]] == [MANAGEMENT]
    assert org.list_parents(ChildId=account)["Parents"] == [{"Id": there, "Type": "ORGANIZATIONAL_UNIT"}]
    path = org.describe_account(AccountId=account)["Account"]["Paths"][0]
    assert path.endswith(f"/{root_id}/{there}/{account}/")


@pytest.mark.spec("ORG-110")
def test_lists_come_in_pages_of_twenty(org, root_id, reason):
    made = {unit(org, root_id, f"unit {number}") for number in range(45)}
    pages = list(org.get_paginator("list_children").paginate(ParentId=root_id, ChildType="ORGANIZATIONAL_UNIT"))
    assert [len(page["Children"]) for page in pages] == [20, 20, 5]
    assert {child["Id"] for page in pages for child in page["Children"]} == made
    first = org.list_organizational_units_for_parent(ParentId=root_id, MaxResults=3)
    assert len(first["OrganizationalUnits"]) == 3
    other = reason(org.list_accounts, NextToken=first["NextToken"])
    assert other == ("InvalidInputException", "INVALID_NEXT_TOKEN")


@pytest.mark.spec("ORG-111")
def test_everything_of_the_tree_can_have_tags(org, root_id, new_account, reason):
    account = new_account(Tags=[{"Key": "team", "Value": "blue"}])
    assert org.list_tags_for_resource(ResourceId=account)["Tags"] == [{"Key": "team", "Value": "blue"}]
    for id_ in (root_id, unit(org, root_id, "tagged"), account):
        org.tag_resource(ResourceId=id_, Tags=[{"Key": "stage", "Value": "test"}])
        assert {"Key": "stage", "Value": "test"} in org.list_tags_for_resource(ResourceId=id_)["Tags"]
        org.untag_resource(ResourceId=id_, TagKeys=["stage"])
        assert "stage" not in [tag["Key"] for tag in org.list_tags_for_resource(ResourceId=id_)["Tags"]]
    unknown = reason(org.tag_resource, ResourceId="p-00000000", Tags=[{"Key": "a", "Value": "b"}])
    assert unknown[0] == "TargetNotFoundException"
    reserved = reason(org.tag_resource, ResourceId=root_id, Tags=[{"Key": "aws:x", "Value": "b"}])
    assert reserved == ("InvalidInputException", "INVALID_SYSTEM_TAGS_PARAMETER")
