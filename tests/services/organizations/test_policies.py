"""Policies as things: written, named, attached, counted, deleted."""

import json

import pytest

from tests.services.organizations.conftest import allow, deny, document

SCP = "SERVICE_CONTROL_POLICY"


def write(org, name="limits", content=None, type_=SCP, **more):
    made = org.create_policy(Name=name, Description="", Type=type_, Content=content or document(deny("ec2:*")), **more)
    return made["Policy"]["PolicySummary"]["Id"]


def attached(org, target, type_=SCP):
    return [each["Id"] for each in org.list_policies_for_target(TargetId=target, Filter=type_)["Policies"]]


@pytest.fixture
def scps(org, root_id):
    org.enable_policy_type(RootId=root_id, PolicyType=SCP)
    return org


@pytest.mark.spec("ORG-020")
def test_everything_starts_with_full_access(org, root_id, new_account, reason):
    early = org.create_organizational_unit(ParentId=root_id, Name="early")["OrganizationalUnit"]["Id"]
    assert attached(org, root_id) == []
    org.enable_policy_type(RootId=root_id, PolicyType=SCP)
    late = org.create_organizational_unit(ParentId=root_id, Name="late")["OrganizationalUnit"]["Id"]
    for target in (root_id, early, late, new_account()):
        assert attached(org, target) == ["p-FullAWSAccess"]
        refused = reason(org.detach_policy, PolicyId="p-FullAWSAccess", TargetId=target)
        assert refused == ("ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    full = org.describe_policy(PolicyId="p-FullAWSAccess")["Policy"]
    assert full["PolicySummary"]["AwsManaged"] is True
    assert full["PolicySummary"]["Arn"] == "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    assert json.loads(full["Content"])["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    refused = reason(org.update_policy, PolicyId="p-FullAWSAccess", Name="other")
    assert refused == ("InvalidInputException", "IMMUTABLE_POLICY")


@pytest.mark.spec("ORG-101")
def test_a_type_must_be_enabled_before_it_is_attached(org, root_id, reason):
    policy = write(org)
    assert reason(org.attach_policy, PolicyId=policy, TargetId=root_id)[0] == "PolicyTypeNotEnabledException"
    assert reason(org.disable_policy_type, RootId=root_id, PolicyType=SCP)[0] == "PolicyTypeNotEnabledException"
    org.enable_policy_type(RootId=root_id, PolicyType=SCP)
    assert reason(org.enable_policy_type, RootId=root_id, PolicyType=SCP)[0] == "PolicyTypeAlreadyEnabledException"
    for other in ("RESOURCE_CONTROL_POLICY", "TAG_POLICY", "BACKUP_POLICY", "DECLARATIVE_POLICY_EC2"):
        root = org.enable_policy_type(RootId=root_id, PolicyType=other)["Root"]
    assert {"Type": "DECLARATIVE_POLICY_EC2", "Status": "ENABLED"} in root["PolicyTypes"]
    org.attach_policy(PolicyId=policy, TargetId=root_id)
    org.disable_policy_type(RootId=root_id, PolicyType=SCP)
    org.enable_policy_type(RootId=root_id, PolicyType=SCP)
    assert attached(org, root_id) == ["p-FullAWSAccess"]


@pytest.mark.spec("ORG-100")
def test_five_on_a_target_and_5120_characters_each(scps, root_id, reason):
    for number in range(4):
        scps.attach_policy(PolicyId=write(scps, f"policy {number}"), TargetId=root_id)
    sixth = write(scps, "sixth")
    refused = reason(scps.attach_policy, PolicyId=sixth, TargetId=root_id)
    assert refused == ("ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    content = document(deny("ec2:*"))
    write(scps, "just right", content + " " * (5_120 - len(content)))
    refused = reason(write, scps, "too long", content + " " * (5_121 - len(content)))
    assert refused == ("ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED")


@pytest.mark.spec("ORG-107")
def test_a_policy_that_hangs_somewhere_cannot_be_deleted(scps, root_id, reason):
    policy = write(scps)
    scps.attach_policy(PolicyId=policy, TargetId=root_id)
    again = reason(scps.attach_policy, PolicyId=policy, TargetId=root_id)
    assert again[0] == "DuplicatePolicyAttachmentException"
    assert [each["TargetId"] for each in scps.list_targets_for_policy(PolicyId=policy)["Targets"]] == [root_id]
    assert reason(scps.delete_policy, PolicyId=policy)[0] == "PolicyInUseException"
    scps.detach_policy(PolicyId=policy, TargetId=root_id)
    assert reason(scps.detach_policy, PolicyId=policy, TargetId=root_id)[0] == "PolicyNotAttachedException"
    scps.delete_policy(PolicyId=policy)
    assert reason(scps.describe_policy, PolicyId=policy)[0] == "PolicyNotFoundException"


def test_a_name_is_taken_once_for_each_type(org, reason):
    first = write(org, "limits")
    assert reason(write, org, "limits")[0] == "DuplicatePolicyException"
    assert reason(write, org, "FullAWSAccess")[0] == "DuplicatePolicyException"
    write(org, "limits", '{"tags":{}}', "TAG_POLICY")
    second = write(org, "others")
    assert reason(org.update_policy, PolicyId=second, Name="limits")[0] == "DuplicatePolicyException"
    org.update_policy(PolicyId=first, Name="bounds", Description="new")
    shown = org.describe_policy(PolicyId=first)["Policy"]["PolicySummary"]
    assert (shown["Name"], shown["Description"]) == ("bounds", "new")
    listed = {each["Name"] for each in org.list_policies(Filter=SCP)["Policies"]}
    assert listed == {"FullAWSAccess", "bounds", "others"}


RCP = "RESOURCE_CONTROL_POLICY"


@pytest.mark.parametrize(
    ("type_", "content"),
    [
        (SCP, "no json"),
        (SCP, "[]"),
        (SCP, json.dumps({"Version": "2012-10-17"})),
        (SCP, json.dumps({"Version": "2008-10-17", "Statement": [deny("s3:*")]})),
        (SCP, document(deny("s3:*", Principal="*"))),
        (SCP, document(deny("nothing"))),
        (RCP, document(deny("s3:*"))),
        (RCP, document(deny("s3:*", Principal={"AWS": "111111111111"}))),
        (RCP, document(allow("*", Principal="*"))),
        (RCP, document(deny("*", Principal="*"))),
        (RCP, document(deny("ec2:*", Principal="*"))),
        (RCP, document({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Principal": "*"})),
        ("TAG_POLICY", '{"plans":{}}'),
        ("TAG_POLICY", '{"tags":{"a":{"tag_key":{"@@assign":NaN}}}}'),
        ("TAG_POLICY", '{"tags":' * 900 + "{}" + "}" * 900),
        ("TAG_POLICY", '{"tags":{"a":{"tag_key":"A"}}}'),
        ("TAG_POLICY", '{"tags":{"a":{"tag_key":{"@@set":"A"}}}}'),
        ("TAG_POLICY", '{"tags":{"a":{"tag_key":{"@@assign":"A","@@operators_allowed_for_child_policies":["x"]}}}}'),
        ("TAG_POLICY", '{"tags":{"a":{"tag_value":{"@@append":"A"}}}}'),
    ],
)
def test_a_document_must_be_one_of_its_type(org, refused, type_, content):
    code, _, message = refused(write, org, "bad", content, type_)
    assert code == "MalformedPolicyDocumentException"
    assert message == "The provided policy document does not meet the requirements of the specified policy type."


@pytest.mark.spec("ORG-102")
def test_full_access_to_resources_cannot_be_taken_away(org, root_id, reason):
    org.enable_policy_type(RootId=root_id, PolicyType=RCP)
    assert attached(org, root_id, RCP) == ["p-RCPFullAWSAccess"]
    org.attach_policy(PolicyId=write(org, "tls", document(deny("s3:*", Principal="*")), RCP), TargetId=root_id)
    refused = reason(org.detach_policy, PolicyId="p-RCPFullAWSAccess", TargetId=root_id)
    assert refused == ("InvalidInputException", "NON_DETACHABLE_POLICY")
