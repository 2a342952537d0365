"""Which policies let somebody reach a service."""

import json


def document(**more):
    statement = {"Effect": "Allow", "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_the_policies_that_open_a_service_are_listed(iam, refused):
    arn = iam.create_user(UserName="ann", Path="/team/")["User"]["Arn"]
    group = iam.create_group(GroupName="Team")["Group"]["Arn"]
    iam.add_user_to_group(GroupName="Team", UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="s3", PolicyDocument=document(Action=["S3:Get*"]))
    iam.put_user_policy(UserName="ann", PolicyName="not", PolicyDocument=document(NotAction=["s3:*"]))
    iam.put_group_policy(GroupName="Team", PolicyName="deny", PolicyDocument=document(Action="*", Effect="Deny"))
    iam.attach_group_policy(GroupName="Team", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    answer = iam.list_policies_granting_service_access(Arn=arn, ServiceNamespaces=["sqs", "s3"])
    told = {one["ServiceNamespace"]: one["Policies"] for one in answer["PoliciesGrantingServiceAccess"]}
    admin = {
        "PolicyName": "AdministratorAccess",
        "PolicyType": "MANAGED",
        "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
    }
    inline = {"PolicyType": "INLINE", "EntityType": "USER", "EntityName": "ann"}
    assert told == {"s3": [{**inline, "PolicyName": "s3"}, admin], "sqs": [{**inline, "PolicyName": "not"}, admin]}
    answer = iam.list_policies_granting_service_access(Arn=group, ServiceNamespaces=["s3"])
    assert answer["PoliciesGrantingServiceAccess"] == [{"ServiceNamespace": "s3", "Policies": [admin]}]
    for wrong, code in ((arn + "x", "NoSuchEntity"), ("arn:aws:s3:::some-bucket-name", "InvalidInput")):
        assert refused(iam.list_policies_granting_service_access, Arn=wrong, ServiceNamespaces=["s3"])[0] == code
