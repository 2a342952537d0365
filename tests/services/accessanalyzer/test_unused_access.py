"""What users and roles have and do not use, by what was really called."""

import json

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "111111111111"


@pytest.fixture
def root(cloud):
    return cloud.session(account=ACCOUNT)


@pytest.fixture
def iam(root):
    return root.client("iam")


@pytest.fixture
def analyzer(root):
    """Return a function that makes an analyzer and returns a function to list its findings."""
    client = root.client("accessanalyzer")

    def make(**unused):
        configured = {"configuration": {"unusedAccess": unused}} if unused else {}
        arn = client.create_analyzer(analyzerName="a", type="ACCOUNT_UNUSED_ACCESS", **configured)["arn"]

        def found(*statuses):
            listed = client.list_findings_v2(analyzerArn=arn, filter={"status": {"eq": list(statuses) or ["ACTIVE"]}})
            return {(one["findingType"], one["resource"].rpartition("/")[2]): one["id"] for one in listed["findings"]}

        return client, arn, found

    return make


def allow(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}})


def details(client, arn, id_):
    return client.get_finding_v2(analyzerArn=arn, id=id_)["findingDetails"]


def test_a_role_nobody_assumes_is_found_after_ninety_days(cloud, root, iam, analyzer):
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    for name in ("used", "idle", "spared"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow("sqs:ListQueues", "s3:GetObject"))
    iam.tag_role(RoleName="spared", Tags=[{"Key": "keep", "Value": "yes"}])
    client, arn, found = analyzer(analysisRule={"exclusions": [{"resourceTags": [{"keep": "yes"}]}]})
    cloud.turn(days=89)
    assert found() == {}
    session = root.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/used", RoleSessionName="sess")
    cloud.session_with(session["Credentials"]).client("sqs").list_queues()
    cloud.turn(days=2)
    assert found().keys() == {("UnusedIAMRole", "idle"), ("UnusedPermission", "used")}
    (unused,) = details(client, arn, found()["UnusedPermission", "used"])
    assert unused == {"unusedPermissionDetails": {"serviceNamespace": "s3"}}
    iam.put_role_policy(RoleName="used", PolicyName="p", PolicyDocument=allow("sqs:ListQueues"))
    iam.delete_role_policy(RoleName="idle", PolicyName="p")
    iam.delete_role(RoleName="idle")
    assert found() == {}
    assert found("RESOLVED").keys() == {("UnusedIAMRole", "idle"), ("UnusedPermission", "used")}
    cloud.turn(days=90)
    (last,) = details(client, arn, found()["UnusedIAMRole", "used"])
    assert "lastAccessed" in last["unusedIamRoleDetails"]


def test_keys_and_passwords_nobody_uses_are_found(cloud, iam, analyzer):
    iam.create_user(UserName="ann")
    used, idle = (iam.create_access_key(UserName="ann")["AccessKey"] for _ in range(2))
    iam.create_login_profile(UserName="ann", Password="Passw0rd!-long-enough")
    client, arn, found = analyzer(unusedAccessAge=30)
    cloud.turn(days=31)
    cloud.session_with(used).client("sts").get_caller_identity()
    assert found().keys() == {("UnusedIAMUserAccessKey", "ann"), ("UnusedIAMUserPassword", "ann")}
    (key,) = details(client, arn, found()["UnusedIAMUserAccessKey", "ann"])
    assert key == {"unusedIamUserAccessKeyDetails": {"accessKeyId": idle["AccessKeyId"]}}
    (counted,) = client.get_findings_statistics(analyzerArn=arn)["findingsStatistics"]
    assert counted["unusedAccessFindingsStatistics"]["totalActiveFindings"] == 2
    iam.update_access_key(UserName="ann", AccessKeyId=idle["AccessKeyId"], Status="Inactive")
    iam.delete_login_profile(UserName="ann")
    assert found() == {}


def test_services_of_groups_and_aws_s_policies_count_and_come_in_pages(cloud, iam, analyzer):
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="g")
    iam.attach_group_policy(GroupName="g", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    iam.add_user_to_group(UserName="ann", GroupName="g")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=allow("sns:*", "iam:*"))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    client, arn, found = analyzer()
    cloud.turn(days=91)
    cloud.session_with(key).client("iam").list_users()
    id_ = found()["UnusedPermission", "ann"]
    first = client.get_finding_v2(analyzerArn=arn, id=id_, maxResults=1)
    rest = client.get_finding_v2(analyzerArn=arn, id=id_, nextToken=first["nextToken"])
    names = [
        one["unusedPermissionDetails"]["serviceNamespace"] for one in first["findingDetails"] + rest["findingDetails"]
    ]
    assert names == ["sns", "sqs"]


def error_of(call, **kwargs):
    with pytest.raises(ClientError) as caught:
        call(**kwargs)
    return caught.value.response["Error"]["Code"]


def test_configurations_are_checked_and_kept(root, analyzer):
    client, arn, _ = analyzer(unusedAccessAge=30)
    assert client.get_analyzer(analyzerName="a")["analyzer"]["configuration"] == {
        "unusedAccess": {"unusedAccessAge": 30}
    }
    wrong = {"unusedAccess": {"unusedAccessAge": 60}}
    assert error_of(client.update_analyzer, analyzerName="a", configuration=wrong) == "ValidationException"
    spared = {"exclusions": [{"resourceTags": [{"team": "red"}]}]}
    changed = client.update_analyzer(analyzerName="a", configuration={"unusedAccess": {"analysisRule": spared}})
    assert changed["configuration"]["unusedAccess"]["analysisRule"] == spared
    more = {"analyzerName": "b", "type": "ACCOUNT_UNUSED_ACCESS"}
    assert error_of(client.create_analyzer, **more) == "ServiceQuotaExceededException"
    assert error_of(client.list_findings, analyzerArn=arn) == "ValidationException"
    client.delete_analyzer(analyzerName="a")
    late = {"unusedAccess": {"unusedAccessAge": 366}}
    assert error_of(client.create_analyzer, **more, configuration=late) == "ValidationException"
    client.create_analyzer(analyzerName="outside", type="ACCOUNT")


def test_recommended_policies_leave_out_what_is_not_used(cloud, iam, analyzer):
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    iam.put_user_policy(UserName="ann", PolicyName="mixed", PolicyDocument=allow("sqs:*", "sns:Publish"))
    iam.put_user_policy(UserName="ann", PolicyName="fine", PolicyDocument=allow("sqs:ListQueues"))
    iam.put_user_policy(UserName="ann", PolicyName="idle", PolicyDocument=allow("glacier:ListVaults"))
    iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    client, arn, found = analyzer()
    cloud.turn(days=91)
    cloud.session_with(key).client("sqs").list_queues()
    id_ = found()["UnusedPermission", "ann"]
    ask = {"analyzerArn": arn, "id": id_}
    assert error_of(client.get_finding_recommendation, **ask) == "ResourceNotFoundException"
    client.generate_finding_recommendation(**ask)
    told = client.get_finding_recommendation(**ask)
    assert (told["status"], told["recommendationType"]) == ("SUCCEEDED", "UnusedPermissionRecommendation")
    steps = [one["unusedPermissionsRecommendedStep"] for one in told["recommendedSteps"]]
    made = {
        one["existingPolicyId"].rpartition("/")[2]: json.loads(one["recommendedPolicy"])["Statement"][0]["Action"]
        for one in steps
        if one["recommendedAction"] == "CREATE_POLICY"
    }
    assert made == {"mixed": ["sqs:*"], "AdministratorAccess": ["sqs:*"]}
    detached = [one["existingPolicyId"] for one in steps if one["recommendedAction"] == "DETACH_POLICY"]
    assert sorted(detached) == ["arn:aws:iam::aws:policy/AdministratorAccess", "idle", "mixed"]
