"""What the gateway is told of callers: whose policies speak, whom a role trusts."""

import json
from itertools import pairwise

from skyglobe.kernel.principals import Session
from skyglobe.services.iam.access import find_principal, policies_of, session_policies_of, trust_policy_of

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def document(action):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def ask(cloud, question):
    return cloud.run(cloud.kernel.transact(question))


def names_of(cloud, arn):
    def question(scope):
        sources, boundary = policies_of(scope, find_principal(scope, arn))
        return [(source.kind, source.name) for source in sources], boundary and boundary.name

    return ask(cloud, question)


def test_the_policies_of_a_user_are_its_own_and_its_groups(cloud, iam):
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    iam.create_group(GroupName="Team")
    iam.add_user_to_group(GroupName="Team", UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document("s3:*"))
    iam.attach_group_policy(GroupName="Team", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess")
    assert names_of(cloud, arn) == ([("inline", "own"), ("managed", "AmazonSQSFullAccess")], "AdministratorAccess")
    iam.remove_user_from_group(GroupName="Team", UserName="ann")
    assert names_of(cloud, arn) == ([("inline", "own")], "AdministratorAccess")
    iam.update_user(UserName="ann", NewUserName="anna")
    assert names_of(cloud, arn + "a") == ([("inline", "own")], "AdministratorAccess")


def test_the_root_user_has_no_policies(cloud):
    assert names_of(cloud, "arn:aws:iam::000000000000:root") == ([], None)


def test_a_new_version_speaks_once_it_is_the_default(cloud, iam):
    arn = iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    policy = iam.create_policy(PolicyName="P", PolicyDocument=document("s3:*"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="Role", PolicyArn=policy)

    def spoken(scope):
        ((source,), _) = policies_of(scope, find_principal(scope, arn))
        return source.policy.document

    iam.create_policy_version(PolicyArn=policy, PolicyDocument=document("sqs:*"))
    assert ask(cloud, spoken) == document("s3:*")
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
    assert ask(cloud, spoken) == document("sqs:*")


def test_a_role_made_anew_lends_nothing_to_sessions_of_the_old_one(cloud, iam):
    arn = iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    old = ask(cloud, lambda scope: find_principal(scope, arn))
    iam.delete_role(RoleName="Role")
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName="Role", PolicyName="p", PolicyDocument=document("s3:*"))
    assert ask(cloud, lambda scope: policies_of(scope, old)) == ((), None)
    assert names_of(cloud, arn) == ([("inline", "p")], None)


def test_session_policies_are_documents_or_managed_policies(cloud, iam):
    arn = iam.create_role(RoleName="Role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    gone = "arn:aws:iam::000000000000:policy/gone"
    passed = (document("s3:*"), "arn:aws:iam::aws:policy/ReadOnlyAccess", gone)

    def question(scope):
        from msgspec.structs import replace

        session = Session(issuer_arn=arn, policies=passed)
        return session_policies_of(scope, replace(find_principal(scope, arn), session=session))

    inline, managed, missing = ask(cloud, question)
    assert inline.policy.document == document("s3:*")
    assert managed.arn == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert missing.policy.malformed


def test_a_trust_policy_is_found_by_the_arn_of_its_role(cloud, iam):
    arn = iam.create_role(RoleName="Role", Path="/team/", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    assert json.loads(ask(cloud, lambda scope: trust_policy_of(scope, arn))) == json.loads(TRUST)
    for unknown in (arn + "x", "arn:aws:iam::111122223333:role/team/Role", "Role"):
        assert ask(cloud, lambda scope, arn=unknown: trust_policy_of(scope, arn)) is None
        assert ask(cloud, lambda scope, arn=unknown: find_principal(scope, arn)) is None


def test_what_is_kept_of_a_callers_policies_never_outlives_a_change(cloud, iam):
    from skyglobe.services.iam.access import _find_policies

    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    bounds = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    policy = iam.create_policy(PolicyName="P", PolicyDocument=document("s3:*"))["Policy"]["Arn"]
    iam.create_group(GroupName="Team")
    iam.put_group_policy(GroupName="Team", PolicyName="g", PolicyDocument=document("kms:*"))

    def fresh(scope):
        caller = find_principal(scope, arn)
        kept = policies_of(scope, caller)
        assert kept == _find_policies(scope.within(caller.account), caller)
        return [source.policy.document for source in kept[0]], kept[1] and kept[1].name

    seen = [ask(cloud, fresh)]
    for change in (
        lambda: iam.attach_user_policy(UserName="ann", PolicyArn=policy),
        lambda: iam.create_policy_version(PolicyArn=policy, PolicyDocument=document("sqs:*"), SetAsDefault=True),
        lambda: iam.set_default_policy_version(PolicyArn=policy, VersionId="v1"),
        lambda: iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document("sns:*")),
        lambda: iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document("ec2:*")),
        lambda: iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=bounds),
        lambda: iam.add_user_to_group(GroupName="Team", UserName="ann"),
        lambda: iam.delete_group_policy(GroupName="Team", PolicyName="g"),
        lambda: iam.attach_group_policy(GroupName="Team", PolicyArn=bounds),
        lambda: iam.remove_user_from_group(GroupName="Team", UserName="ann"),
        lambda: iam.delete_user_policy(UserName="ann", PolicyName="own"),
        lambda: iam.delete_user_permissions_boundary(UserName="ann"),
        lambda: iam.detach_user_policy(UserName="ann", PolicyArn=policy),
    ):
        change()
        seen.append(ask(cloud, fresh))
    assert all(before != after for before, after in pairwise(seen))
    assert seen[-1] == seen[0] == ([], None)
