"""Access advisor tells from real calls which services identities used, and roles tell when they were used."""

import json

import pytest

from tests.services.iam.signing import session_of

SQS = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"


def document(*actions):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def ann(cloud, iam):
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document("sqs:*", "sns:*", "s3:*", "sts:*"))
    return session_of(cloud, iam.create_access_key(UserName="ann")["AccessKey"], "eu-west-1")


def report(iam, arn, granularity="SERVICE_LEVEL", **more):
    job = iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]
    return iam.get_service_last_accessed_details(JobId=job, **more)


def services(iam, arn, granularity="SERVICE_LEVEL"):
    found = report(iam, arn, granularity)
    assert found["JobStatus"] == "COMPLETED"
    return {row["ServiceNamespace"]: row for row in found["ServicesLastAccessed"]}


@pytest.mark.spec("IAM-029")
def test_a_report_lists_the_services_allowed_with_when_they_were_used(cloud, iam, ann):
    arn = iam.get_user(UserName="ann")["User"]["Arn"]
    assert "LastAuthenticated" not in services(iam, arn)["sqs"]
    ann.client("sqs").list_queues()
    at = cloud.now // 1000
    cloud.turn(seconds=3_600)
    found = services(iam, arn)
    assert list(found) == ["s3", "sns", "sqs", "sts"]
    used = found["sqs"]
    assert abs(used["LastAuthenticated"].timestamp() - at) < 60
    assert (used["LastAuthenticatedEntity"], used["LastAuthenticatedRegion"]) == (arn, "eu-west-1")
    assert (used["TotalAuthenticatedEntities"], used["ServiceName"]) == (1, "Amazon Simple Queue Service")
    assert "LastAuthenticated" not in found["sns"]
    cloud.turn(days=401)
    assert "LastAuthenticated" not in services(iam, arn)["sqs"]


@pytest.mark.spec("IAM-029")
def test_attempts_and_sessions_count_as_well(iam, ann, cloud, refused):
    arn = iam.get_user(UserName="ann")["User"]["Arn"]
    session = session_of(cloud, ann.client("sts").get_session_token()["Credentials"])
    session.client("s3").list_buckets()
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document("s3:GetObject", "sqs:SendMessage"))
    assert refused(ann.client("sqs").list_queues)[0].startswith("AccessDenied")
    found = services(iam, arn)
    assert found["s3"]["LastAuthenticatedEntity"] == arn
    assert "LastAuthenticated" in found["sqs"]


@pytest.mark.spec("IAM-030")
def test_a_report_goes_down_to_actions(iam, ann):
    arn = iam.get_user(UserName="ann")["User"]["Arn"]
    ann.client("sqs").list_queues()
    ann.client("sqs").create_queue(QueueName="q")
    found = services(iam, arn, "ACTION_LEVEL")
    rows = found["sqs"]["TrackedActionsLastAccessed"]
    assert [row["ActionName"] for row in rows] == ["CreateQueue", "ListQueues"]
    assert {row["LastAccessedEntity"] for row in rows} == {arn}
    assert found["sns"]["TrackedActionsLastAccessed"] == []
    assert "TrackedActionsLastAccessed" not in services(iam, arn)["sqs"]


@pytest.mark.spec("IAM-030")
def test_groups_and_policies_speak_for_their_users_and_roles(iam, ann):
    iam.create_group(GroupName="Team")
    iam.create_user(UserName="bob")
    for name in ("ann", "bob"):
        iam.add_user_to_group(GroupName="Team", UserName=name)
    iam.attach_group_policy(GroupName="Team", PolicyArn=SQS)
    iam.attach_user_policy(UserName="bob", PolicyArn=SQS)
    ann.client("sqs").list_queues()
    group = iam.get_group(GroupName="Team")["Group"]["Arn"]
    user = iam.get_user(UserName="ann")["User"]["Arn"]
    assert services(iam, group)["sqs"]["LastAuthenticatedEntity"] == user
    assert services(iam, SQS)["sqs"]["TotalAuthenticatedEntities"] == 1

    def entities(arn):
        job = iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
        answer = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="sqs")
        return {
            (one["EntityInfo"]["Type"], one["EntityInfo"]["Name"]): "LastAuthenticated" in one
            for one in answer["EntityDetailsList"]
        }

    assert entities(group) == {("USER", "ann"): True, ("USER", "bob"): False}
    assert entities(SQS) == {("GROUP", "Team"): True, ("USER", "bob"): False}


@pytest.mark.spec("IAM-030")
def test_reports_on_other_things_are_refused(iam, ann, refused):
    generate = iam.generate_service_last_accessed_details
    for arn in ("arn:aws:sqs:us-east-1:000000000000:q", "x" * 30, "arn:aws:iam::000000000000:mfa/x"):
        assert refused(generate, Arn=arn)[:2] == ("InvalidInput", 400)
    for arn in ("arn:aws:iam::000000000000:user/none", "arn:aws:iam::aws:policy/none"):
        assert refused(generate, Arn=arn)[:2] == ("NoSuchEntity", 404)
    job = generate(Arn=iam.get_user(UserName="ann")["User"]["Arn"])["JobId"]
    entities = iam.get_service_last_accessed_details_with_entities
    assert refused(entities, JobId=job, ServiceNamespace="sqs")[:2] == ("InvalidInput", 400)
    assert refused(iam.get_service_last_accessed_details, JobId="0" * 36)[:2] == ("NoSuchEntity", 404)


def test_a_report_pages_and_is_kept_for_a_week(cloud, iam, ann, refused):
    job = iam.generate_service_last_accessed_details(Arn=iam.get_user(UserName="ann")["User"]["Arn"])["JobId"]
    first = iam.get_service_last_accessed_details(JobId=job, MaxItems=3)
    rest = iam.get_service_last_accessed_details(JobId=job, Marker=first["Marker"])
    assert (len(first["ServicesLastAccessed"]), len(rest["ServicesLastAccessed"])) == (3, 1)
    assert (first["IsTruncated"], rest["IsTruncated"]) == (True, False)
    cloud.turn(days=7, seconds=1)
    assert refused(iam.get_service_last_accessed_details, JobId=job)[0] == "NoSuchEntity"


def test_a_role_tells_when_and_where_it_was_last_used(cloud, iam, aws):
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(
        RoleName="Role", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )["Role"]["Arn"]
    assert iam.get_role(RoleName="Role")["Role"]["RoleLastUsed"] == {}
    made = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    session_of(cloud, made, "ap-south-1").client("sts").get_caller_identity()
    used = iam.get_role(RoleName="Role")["Role"]["RoleLastUsed"]
    assert used["Region"] == "ap-south-1"
    assert abs(used["LastUsedDate"].timestamp() - cloud.now / 1000) < 60
    details = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert [role["RoleLastUsed"] for role in details] == [used]
    iam.delete_role(RoleName="Role")
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}))
    assert iam.get_role(RoleName="Role")["Role"]["RoleLastUsed"] == {}
