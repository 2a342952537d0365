"""Permissions: what shares let others do, decided by the engine as any other policy."""

import json

import pytest
from botocore.exceptions import ClientError

OWNER, GUEST = "111111111111", "222222222222"
ARN = f"arn:aws:s3:us-east-1:{OWNER}:access-grants/default"
DATA = "arn:aws:ram::aws:permission/AWSRAMPermissionAccessGrantsData"
CONTROL = "arn:aws:ram::aws:permission/AWSRAMPermissionAccessGrantsControl"


@pytest.fixture
def owner(cloud):
    return cloud.session(account=OWNER).client("ram")


@pytest.fixture
def grants(cloud):
    """The owner's instance of S3 Access Grants: a resource that can be shared."""
    control = cloud.session(account=OWNER).client("s3control")
    control.create_access_grants_instance(AccountId=OWNER)
    return control


def user(cloud, account, *actions):
    """Return a session of a user that its own account lets do ``actions``."""
    iam = cloud.session(account=account).client("iam")
    iam.create_user(UserName="ann")
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_user_policy(
        UserName="ann", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": allowed})
    )
    return cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"])


def error_of(call, *args, **kwargs):
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return caught.value.response["Error"]["Code"]


def accept(cloud):
    guest = cloud.session(account=GUEST).client("ram")
    (invited,) = guest.get_resource_share_invitations()["resourceShareInvitations"]
    guest.accept_resource_share_invitation(resourceShareInvitationArn=invited["resourceShareInvitationArn"])
    return guest


def test_a_shared_resource_can_be_used_as_its_permission_says(cloud, owner, grants):
    ann = user(cloud, GUEST, "s3:*").client("s3control")
    look = {"AccountId": OWNER}
    assert error_of(ann.list_access_grants_locations, **look) == "AccessDenied"
    made = owner.create_resource_share(name="reach", principals=[GUEST], resourceArns=[ARN], permissionArns=[CONTROL])
    arn = made["resourceShare"]["resourceShareArn"]
    assert error_of(ann.list_access_grants_locations, **look) == "AccessDenied"
    guest = accept(cloud)
    assert ann.list_access_grants_locations(**look)["AccessGrantsLocationsList"] == []
    assert error_of(ann.list_caller_access_grants, **look) == "AccessDenied"
    (seen,) = guest.list_resource_share_permissions(resourceShareArn=arn)["permissions"]
    assert (seen["arn"], seen["status"], seen["version"]) == (CONTROL, "ASSOCIATED", "1")
    swap = {"resourceShareArn": arn, "permissionArn": DATA}
    assert error_of(owner.associate_resource_share_permission, **swap) == "InvalidParameterException"
    owner.associate_resource_share_permission(**swap, replace=True)
    assert error_of(ann.list_access_grants_locations, **look) == "AccessDenied"
    assert ann.list_caller_access_grants(**look)["CallerAccessGrantsList"] == []
    assert error_of(owner.disassociate_resource_share_permission, **swap) == "OperationNotPermittedException"
    owner.disassociate_resource_share(resourceShareArn=arn, resourceArns=[ARN])
    assert error_of(ann.list_caller_access_grants, **look) == "AccessDenied"
    owner.disassociate_resource_share_permission(**swap)
    assert owner.list_resource_share_permissions(resourceShareArn=arn)["permissions"] == []


def test_the_caller_s_own_policies_must_allow_it_too(cloud, owner, grants):
    bob = user(cloud, GUEST, "sqs:*").client("s3control")
    owner.create_resource_share(name="reach", principals=[GUEST], resourceArns=[ARN])
    accept(cloud)
    assert error_of(bob.list_caller_access_grants, AccountId=OWNER) == "AccessDenied"


def test_a_share_adds_to_the_resource_s_own_policy_and_a_deny_there_counts(cloud, owner, grants):
    ann = user(cloud, GUEST, "s3:*").client("s3control")
    owner.create_resource_share(name="reach", principals=[GUEST], resourceArns=[ARN])
    accept(cloud)
    spoken = {"Principal": {"AWS": GUEST}, "Resource": ARN}
    lets = {**spoken, "Effect": "Allow", "Action": "s3:ListAccessGrantsLocations"}
    stops = {**spoken, "Effect": "Deny", "Action": "s3:ListCallerAccessGrants"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [lets, stops]})
    assert ann.list_caller_access_grants(AccountId=OWNER)["CallerAccessGrantsList"] == []
    grants.put_access_grants_instance_resource_policy(AccountId=OWNER, Policy=document)
    assert ann.list_access_grants_locations(AccountId=OWNER)["AccessGrantsLocationsList"] == []
    assert error_of(ann.list_caller_access_grants, AccountId=OWNER) == "AccessDenied"


def test_what_an_organization_has_ends_with_the_trust_in_sharing(cloud, owner, grants):
    organizations = cloud.session(account=OWNER).client("organizations")
    organization = organizations.create_organization()["Organization"]
    asked = organizations.create_account(AccountName="dev", Email="dev@example.org")["CreateAccountStatus"]["Id"]
    cloud.settle()
    member = organizations.describe_create_account_status(CreateAccountRequestId=asked)["CreateAccountStatus"]
    inside = user(cloud, member["AccountId"], "s3:*").client("s3control")
    outside = user(cloud, GUEST, "s3:*").client("s3control")
    owner.enable_sharing_with_aws_organization()
    unit = organizations.create_organizational_unit(ParentId=organizations.list_roots()["Roots"][0]["Id"], Name="u")
    owner.create_resource_share(name="all", principals=[organization["Arn"]], resourceArns=[ARN])
    part = {"principals": [unit["OrganizationalUnit"]["Arn"]], "resourceArns": [ARN], "permissionArns": [CONTROL]}
    owner.create_resource_share(name="part", **part)
    assert inside.list_caller_access_grants(AccountId=OWNER)["CallerAccessGrantsList"] == []
    assert error_of(outside.list_caller_access_grants, AccountId=OWNER) == "AccessDenied"
    assert error_of(inside.list_access_grants_locations, AccountId=OWNER) == "AccessDenied"
    root = organizations.list_roots()["Roots"][0]["Id"]
    move = {"SourceParentId": root, "DestinationParentId": unit["OrganizationalUnit"]["Id"]}
    organizations.move_account(AccountId=member["AccountId"], **move)
    assert inside.list_access_grants_locations(AccountId=OWNER)["AccessGrantsLocationsList"] == []
    organizations.disable_aws_service_access(ServicePrincipal="ram.amazonaws.com")
    assert error_of(inside.list_caller_access_grants, AccountId=OWNER) == "AccessDenied"


def test_the_policies_that_shares_make_can_be_read(owner, grants):
    service = {"principals": ["access-grants.s3.amazonaws.com"], "sources": ["333333333333"]}
    arn = owner.create_resource_share(name="s", resourceArns=[ARN], **service)["resourceShare"]["resourceShareArn"]
    (policy,) = owner.get_resource_policies(resourceArns=[ARN])["policies"]
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"Service": ["access-grants.s3.amazonaws.com"]}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ["333333333333"]}}
    assert (statement["Resource"], statement["Sid"]) == (ARN, "RamStatement1")
    (source,) = owner.list_source_associations(resourceShareArns=[arn])["sourceAssociations"]
    assert (source["sourceId"], source["sourceType"]) == ("333333333333", "ACCOUNT")
    owner.disassociate_resource_share(resourceShareArn=arn, sources=["333333333333"])
    assert owner.list_source_associations()["sourceAssociations"] == []
    wrong = error_of(owner.associate_resource_share, resourceShareArn=arn, sources=["nowhere"])
    assert wrong == "InvalidParameterException"
    owner.delete_resource_share(resourceShareArn=arn)
    assert owner.get_resource_policies(resourceArns=[ARN])["policies"] == []


def test_aws_s_permissions_are_listed_with_what_they_say(owner):
    named = owner.list_permissions(resourceType="s3:accessgrants")["permissions"]
    assert [one["isResourceTypeDefault"] for one in named if one["arn"] == DATA] == [True]
    assert len(named) == 3
    told = owner.get_permission(permissionArn=DATA)["permission"]
    assert "s3:GetDataAccess" in json.loads(told["permission"])["Action"]
    assert [one["version"] for one in owner.list_permission_versions(permissionArn=DATA)["permissions"]] == ["1"]
    assert error_of(owner.get_permission, permissionArn=DATA, permissionVersion=2) == "UnknownResourceException"
    assert error_of(owner.delete_permission, permissionArn=DATA) == "OperationNotPermittedException"
    first = owner.list_resource_types(maxResults=10)
    rest = owner.list_resource_types(nextToken=first["nextToken"])["resourceTypes"]
    assert {"resourceType": "s3:AccessGrants", "serviceName": "s3", "resourceRegionScope": "REGIONAL"} in rest
    assert owner.list_resource_types(resourceRegionScope="GLOBAL")["resourceTypes"] == []


def template(*actions, **more):
    return json.dumps({"Effect": "Allow", "Action": list(actions), **more})


def with_condition(operator, key):
    return template("s3:ListAccessGrants", Condition={operator: {key: "a"}})


def permission(owner, text, name="mine"):
    made = owner.create_permission(name=name, resourceType="s3:AccessGrants", policyTemplate=text)
    return made["permission"]["arn"]


def test_shares_keep_the_version_they_have_until_it_is_replaced(cloud, owner, grants):
    ann = user(cloud, GUEST, "s3:*").client("s3control")
    mine = permission(owner, template("s3:ListAccessGrantsLocations"))
    share = {"principals": [GUEST], "resourceArns": [ARN], "permissionArns": [mine]}
    arn = owner.create_resource_share(name="reach", **share)["resourceShare"]["resourceShareArn"]
    accept(cloud)
    made = owner.create_permission_version(permissionArn=mine, policyTemplate=template("s3:ListAccessGrants"))
    assert (made["permission"]["version"], made["permission"]["defaultVersion"]) == ("2", True)
    ann.list_access_grants_locations(AccountId=OWNER)
    assert error_of(ann.list_access_grants, AccountId=OWNER) == "AccessDenied"
    (old,) = owner.list_permission_associations(permissionArn=mine, defaultVersion=False)["permissions"]
    assert (old["resourceShareArn"], old["permissionVersion"]) == (arn, "1")
    assert error_of(owner.delete_permission_version, permissionArn=mine, permissionVersion=1) == (
        "OperationNotPermittedException"
    )
    work = owner.replace_permission_associations(fromPermissionArn=mine, toPermissionArn=mine)
    id_ = work["replacePermissionAssociationsWork"]["id"]
    assert work["replacePermissionAssociationsWork"]["status"] == "IN_PROGRESS"
    cloud.settle()
    (done,) = owner.list_replace_permission_associations_work(workIds=[id_])["replacePermissionAssociationsWorks"]
    assert (done["status"], done["toPermissionVersion"]) == ("COMPLETED", "2")
    assert ann.list_access_grants(AccountId=OWNER)["AccessGrantsList"] == []
    assert error_of(ann.list_access_grants_locations, AccountId=OWNER) == "AccessDenied"
    shares = owner.get_resource_shares(resourceOwner="SELF", permissionArn=mine, permissionVersion=2)
    assert [one["resourceShareArn"] for one in shares["resourceShares"]] == [arn]
    owner.delete_permission_version(permissionArn=mine, permissionVersion=1)
    assert error_of(owner.delete_permission, permissionArn=mine) == "OperationNotPermittedException"
    owner.delete_resource_share(resourceShareArn=arn)
    assert owner.delete_permission(permissionArn=mine)["permissionStatus"] == "DELETED"
    assert error_of(owner.get_permission, permissionArn=mine) == "UnknownResourceException"


def test_conditions_of_a_customer_s_permission_count(cloud, owner, grants):
    ann = user(cloud, GUEST, "s3:*").client("s3control")
    only = {"StringEquals": {"aws:username": "bob"}}
    mine = permission(owner, template("s3:ListAccessGrants", Condition=only))
    owner.create_resource_share(name="r", principals=[GUEST], resourceArns=[ARN], permissionArns=[mine])
    accept(cloud)
    assert error_of(ann.list_access_grants, AccountId=OWNER) == "AccessDenied"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "MalformedPolicyTemplateException"),
        (template("s3:ListAccessGrants", Resource="*"), "MalformedPolicyTemplateException"),
        (template(), "MalformedPolicyTemplateException"),
        (
            template("s3:ListAccessGrants", Condition={"Likes": {"aws:username": "a"}}),
            "MalformedPolicyTemplateException",
        ),
        (template("sqs:SendMessage"), "InvalidPolicyException"),
        (template("s3:NoSuchThing"), "InvalidPolicyException"),
        (template("s3:ListAccessGrants", Effect="Deny"), "InvalidPolicyException"),
        (
            template("s3:ListAccessGrants", Condition={"StringNotEquals": {"aws:username": "a"}}),
            "InvalidPolicyException",
        ),
        (
            template("s3:ListAccessGrants", Condition={"StringEquals": {"aws:PrincipalOrgID": "o"}}),
            "InvalidPolicyException",
        ),
    ],
)
def test_what_a_permission_may_not_say_is_refused(owner, text, code):
    assert error_of(permission, owner, text) == code


def test_permissions_have_five_versions_at_most_and_a_default(owner):
    mine = permission(owner, template("s3:ListAccessGrants"))
    assert error_of(permission, owner, template("s3:ListAccessGrants")) == "PermissionAlreadyExistsException"
    for _ in range(4):
        owner.create_permission_version(permissionArn=mine, policyTemplate=template("s3:ListAccessGrants"))
    more = {"permissionArn": mine, "policyTemplate": template("s3:ListAccessGrants")}
    assert error_of(owner.create_permission_version, **more) == "PermissionVersionsLimitExceededException"
    assert len(owner.list_permission_versions(permissionArn=mine)["permissions"]) == 5
    owner.set_default_permission_version(permissionArn=mine, permissionVersion=2)
    assert owner.get_permission(permissionArn=mine)["permission"]["version"] == "2"
    assert error_of(owner.delete_permission_version, permissionArn=mine, permissionVersion=2) == (
        "OperationNotPermittedException"
    )
    owner.tag_resource(resourceArn=mine, tags=[{"key": "team", "value": "blue"}])
    (one,) = owner.list_permissions(permissionType="CUSTOMER_MANAGED")["permissions"]
    assert one["tags"] == [{"key": "team", "value": "blue"}]
    wrong = owner.create_permission
    assert error_of(wrong, name="x", resourceType="sqs:Queue", policyTemplate="{}") == "InvalidParameterException"


def test_who_may_share_what_can_be_limited(cloud, grants):
    iam = cloud.session(account=OWNER).client("iam")
    iam.create_user(UserName="ann")
    only = {"StringEquals": {"ram:RequestedResourceType": "ec2:Subnet"}, "Null": {"ram:ResourceArn": "false"}}
    statements = [
        {"Effect": "Allow", "Action": "ram:CreateResourceShare", "Resource": "*", "Condition": only},
        {
            "Effect": "Allow",
            "Action": "ram:*Permission",
            "Resource": "*",
            "Condition": {"StringEquals": {"ram:PermissionResourceType": "s3:AccessGrants"}},
        },
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    ann = cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"]).client("ram")
    assert error_of(ann.create_resource_share, name="x", resourceArns=[ARN]) == "AccessDeniedException"
    text = template("ec2:DescribeSubnets")
    wrong = {"name": "x", "resourceType": "ec2:Subnet", "policyTemplate": text}
    assert error_of(ann.create_permission, **wrong) == "AccessDeniedException"
    permission(ann, template("s3:ListAccessGrants"))
