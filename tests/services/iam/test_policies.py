"""Managed policies: their versions, their limits, where they are attached, and those that AWS keeps."""

import json
from urllib.parse import quote

import pytest

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [READ]})


def document(action):
    return json.dumps({"Version": "2012-10-17", "Statement": [{**READ, "Action": action}]})


@pytest.fixture
def policy(iam):
    made = iam.create_policy(PolicyName="Reader", PolicyDocument=DOCUMENT, Path="/team/", Description="Reads.")
    return made["Policy"]


def test_a_policy_keeps_its_document_as_it_was_written(iam, policy):
    assert policy["Arn"] == "arn:aws:iam::000000000000:policy/team/Reader"
    assert policy["PolicyId"].startswith("ANPA")
    found = iam.get_policy(PolicyArn=policy["Arn"])["Policy"]
    assert found["Description"] == "Reads."
    assert found["DefaultVersionId"] == "v1"
    assert found["AttachmentCount"] == 0
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(DOCUMENT)
    assert version["IsDefaultVersion"]


@pytest.mark.spec("IAM-105")
def test_names_of_policies_are_unique_without_case(iam, policy, refused):
    assert refused(iam.create_policy, PolicyName="READER", PolicyDocument=DOCUMENT) == (
        "EntityAlreadyExists",
        409,
        "A policy called READER already exists. Duplicate names are not allowed.",
    )


@pytest.mark.spec("IAM-100")
def test_a_policy_has_five_versions_at_most_and_one_default(iam, policy, refused):
    arn = policy["Arn"]
    for number in range(2, 6):
        made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("s3:Get*"), SetAsDefault=number == 3)
        assert made["PolicyVersion"]["VersionId"] == f"v{number}"
    assert refused(iam.create_policy_version, PolicyArn=arn, PolicyDocument=DOCUMENT)[:2] == ("LimitExceeded", 409)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v3"
    assert refused(iam.delete_policy_version, PolicyArn=arn, VersionId="v3") == (
        "DeleteConflict",
        409,
        "Cannot delete the default version of a policy.",
    )
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v5")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v3")
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [(one["VersionId"], one["IsDefaultVersion"]) for one in listed] == [
        ("v5", True),
        ("v4", False),
        ("v2", False),
        ("v1", False),
    ]
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT)
    assert made["PolicyVersion"]["VersionId"] == "v6", "numbers are not given twice"
    assert refused(iam.get_policy_version, PolicyArn=arn, VersionId="v3")[0] == "NoSuchEntity"


def test_a_policy_in_use_or_with_versions_is_not_deleted(iam, policy, refused):
    arn = policy["Arn"]
    iam.create_user(UserName="ann")
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    assert refused(iam.delete_policy, PolicyArn=arn)[2] == "Cannot delete a policy attached to entities."
    iam.detach_user_policy(UserName="ann", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT)
    code, status, message = refused(iam.delete_policy, PolicyArn=arn)
    assert (code, status) == ("DeleteConflict", 409)
    assert message.startswith("This policy has more than one version.")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn) == ("NoSuchEntity", 404, f"Policy {arn} was not found.")


@pytest.mark.spec("IAM-009")
@pytest.mark.parametrize(
    "text",
    [
        "no policy",
        "[]",
        json.dumps({"Version": "2012-10-17"}),
        json.dumps({"Version": "2012-10-17", "Statement": [{"Action": "s3:GetObject", "Resource": "*"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**READ, "Ressource": "*"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**READ, "Principal": "*"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**READ, "Action": "GetObject"}]}),
        json.dumps({"Version": "2012-10-17", "Statement": [{**READ, "Resource": "bucket"}]}),
    ],
)
def test_a_document_that_is_no_policy_is_refused_with_a_reason(iam, text, refused):
    code, status, message = refused(iam.create_policy, PolicyName="Wrong", PolicyDocument=text)
    assert (code, status) == ("MalformedPolicyDocument", 400)
    assert message
    iam.create_user(UserName="ann")
    assert refused(iam.put_user_policy, UserName="ann", PolicyName="p", PolicyDocument=text) == (code, status, message)


@pytest.mark.spec("IAM-103")
def test_the_size_of_a_managed_policy_is_counted_without_white_space(iam, refused):
    frame = len(document("").replace(" ", ""))
    fits = document("s3:" + "a" * (6_144 - frame - 3))
    over = document("s3:" + "a" * (6_144 - frame - 2))
    iam.create_policy(PolicyName="Fits", PolicyDocument=json.dumps(json.loads(fits), indent=8))
    assert refused(iam.create_policy, PolicyName="Over", PolicyDocument=over) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for PolicySize: 6144",
    )


@pytest.mark.spec("IAM-102")
def test_aws_policies_are_there_with_their_real_documents(iam):
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"]
    assert {"s3:Get*", "s3:List*"} <= set(found["Statement"][0]["Action"])
    assert iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    names = [
        policy["PolicyName"]
        for page in iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
        for policy in page["Policies"]
    ]
    assert len(names) == len(set(names)) > 1_000
    jobs = iam.list_policies(Scope="AWS", PathPrefix="/job-function/")["Policies"]
    assert "Billing" in [policy["PolicyName"] for policy in jobs]


@pytest.mark.spec("IAM-102")
def test_nobody_changes_a_policy_of_aws(iam, refused):
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    for change in (
        lambda: iam.delete_policy(PolicyArn=arn),
        lambda: iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT),
        lambda: iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "b"}]),
    ):
        assert refused(change)[:2] == ("AccessDenied", 403)


@pytest.mark.spec("IAM-104")
def test_policies_are_listed_by_scope_path_use_and_page(iam, policy):
    iam.create_policy(PolicyName="Bounds", PolicyDocument=DOCUMENT)
    iam.create_user(UserName="ann", PermissionsBoundary="arn:aws:iam::000000000000:policy/Bounds")
    iam.attach_user_policy(UserName="ann", PolicyArn=policy["Arn"])

    def names(**chosen):
        return [one["PolicyName"] for one in iam.list_policies(**chosen)["Policies"]]

    assert names(Scope="Local") == ["Bounds", "Reader"]
    assert names(Scope="Local", PathPrefix="/team/") == ["Reader"]
    assert names(OnlyAttached=True) == ["Bounds", "Reader"]
    assert names(PolicyUsageFilter="PermissionsBoundary") == ["Bounds"]
    assert names(PolicyUsageFilter="PermissionsPolicy") == ["Reader"]
    first = iam.list_policies(Scope="Local", MaxItems=1)
    assert first["IsTruncated"]
    second = iam.list_policies(Scope="Local", MaxItems=1, Marker=first["Marker"])
    assert [one["PolicyName"] for one in second["Policies"]] == ["Reader"]
    assert not second["IsTruncated"]


def test_a_marker_is_good_for_its_own_list_only(iam, policy, refused):
    iam.create_policy(PolicyName="Other", PolicyDocument=DOCUMENT)
    marker = iam.list_policies(Scope="Local", MaxItems=1)["Marker"]
    assert refused(iam.list_policies, Scope="All", Marker=marker)[:2] == ("ValidationError", 400)


def test_tags_of_policies_go_round(iam, policy, refused):
    arn = policy["Arn"]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "Team", "Value": "a"}, {"Key": "stage", "Value": "b"}])
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "team", "Value": "c"}])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [
        {"Key": "stage", "Value": "b"},
        {"Key": "team", "Value": "c"},
    ]
    iam.untag_policy(PolicyArn=arn, TagKeys=["STAGE", "none"])
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Tags"] == [{"Key": "team", "Value": "c"}]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert refused(iam.tag_policy, PolicyArn=arn, Tags=many) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for TagsPerResource: 50",
    )


SEED = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "FirstStatement", "Effect": "Allow", "Action": ["iam:ChangePassword"], "Resource": "*"},
        {"Sid": "SecondStatement", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
        {
            "Sid": "ThirdStatement",
            "Effect": "Allow",
            "Action": ["s3:List*", "s3:Get*"],
            "Resource": ["arn:aws:s3:::confidential-data", "arn:aws:s3:::confidential-data/*"],
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        },
    ],
}


@pytest.mark.spec("IAM-009")
def test_the_policy_of_aws_guide_is_taken_and_given_back_unchanged(iam):
    text = json.dumps(SEED, indent=4)
    arn = iam.create_policy(PolicyName="Guide", PolicyDocument=text)["Policy"]["Arn"]
    given = []
    iam.meta.events.register(
        "before-parse.iam.GetPolicyVersion", lambda response_dict, **_: given.append(response_dict)
    )
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == SEED
    (raw,) = given
    assert quote(text, safe="").encode() in raw["body"]


def test_actions_may_stand_alone_or_in_a_list_in_any_case(iam):
    for action in ("s3:ListAllMyBuckets", ["s3:ListAllMyBuckets"], "S3:listallmybuckets", ["s3:ListAll*", "sqs:?"]):
        answer = iam.simulate_custom_policy(PolicyInputList=[document(action)], ActionNames=["s3:ListAllMyBuckets"])
        assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
