"""The policy in effect for an account, from all levels."""

import json

TYPE = "TAG_POLICY"


def tag_policy(org, name, target, **cost_center):
    content = json.dumps({"tags": {"costcenter": cost_center}})
    made = org.create_policy(Name=name, Description="", Type=TYPE, Content=content)["Policy"]["PolicySummary"]["Id"]
    org.attach_policy(PolicyId=made, TargetId=target)
    return made


def effective(client, **target):
    shown = client.describe_effective_policy(PolicyType=TYPE, **target)["EffectivePolicy"]
    return json.loads(shown["PolicyContent"])["tags"]["costcenter"]


def test_an_account_has_what_its_levels_make_of_each_other(cloud, org, root_id, new_account, reason):
    account = new_account()
    unit = org.create_organizational_unit(ParentId=root_id, Name="unit")["OrganizationalUnit"]["Id"]
    org.move_account(AccountId=account, SourceParentId=root_id, DestinationParentId=unit)
    member = cloud.session(account=account).client("organizations")
    assert reason(member.describe_effective_policy, PolicyType=TYPE)[0] == "EffectivePolicyNotFoundException"
    org.enable_policy_type(RootId=root_id, PolicyType=TYPE)
    tag_policy(
        org, "top", root_id, tag_key={"@@assign": "CostCenter"}, tag_value={"@@assign": ["Development", "Support"]}
    )
    assert effective(member) == {"tag_key": "CostCenter", "tag_value": ["Development", "Support"]}
    appended = tag_policy(org, "unit", unit, tag_value={"@@append": ["Marketing"]})
    assert effective(member)["tag_value"] == ["Development", "Support", "Marketing"]
    tag_policy(org, "account", account, tag_value={"@@remove": ["Support"]})
    assert effective(org, TargetId=account)["tag_value"] == ["Development", "Marketing"]
    org.detach_policy(PolicyId=appended, TargetId=unit)
    assert effective(member)["tag_value"] == ["Development"]
    assert effective(org)["tag_value"] == ["Development", "Support"]


def test_only_accounts_have_a_policy_in_effect(org, root_id, reason):
    refused = reason(org.describe_effective_policy, PolicyType=TYPE, TargetId=root_id)
    assert refused == ("InvalidInputException", "TARGET_NOT_SUPPORTED")
