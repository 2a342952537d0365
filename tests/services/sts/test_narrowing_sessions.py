"""Session policies, session tags and source identities: what is passed to a session, and what becomes of it."""

import pytest

from tests.services.sts.conftest import allow, document, trust

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
CONFLICT = (
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
    "the calling session."
)
TAGGING = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]


@pytest.fixture
def ann(home):
    return home.user("ann", allow("sts:*"))


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


@pytest.mark.spec("STS-006")
def test_a_session_policy_narrows_and_never_adds(home, ann, refused):
    s3 = home.session.client("s3")
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="cat", Body=b"x")
    role = home.role("Role", trust({"AWS": home.root}), allow("s3:*"))
    passed = document(allow(["s3:GetObject", "sqs:ListQueues"]))
    session = home.assume(ann, role, Policy=passed)
    narrowed = session.client("s3")
    assert narrowed.get_object(Bucket="photos", Key="cat")["Body"].read() == b"x"
    message = refused(narrowed.put_object, Bucket="photos", Key="dog", Body=b"")[2]
    assert "no session policy allows the s3:PutObject action" in message
    assert "no identity-based policy allows" in refused(session.client("sqs").list_queues)[2]


@pytest.mark.spec("STS-006")
def test_managed_session_policies_narrow_as_well(home, ann, refused):
    role = home.role("Role", trust({"AWS": home.root}), allow("s3:*"))
    own = home.iam.create_policy(PolicyName="P", PolicyDocument=document(allow("s3:CreateBucket")))["Policy"]["Arn"]
    narrowed = home.assume(ann, role, PolicyArns=[{"arn": READ_ONLY}, {"arn": own}]).client("s3")
    narrowed.list_buckets()
    narrowed.create_bucket(Bucket="photos")
    assert refused(narrowed.delete_bucket, Bucket="photos")[0] == "AccessDenied"


def test_managed_session_policies_must_be_there_in_the_roles_account(home, away, ann, refused):
    role = away.role("Role", trust({"AWS": home.root}))
    own = home.iam.create_policy(PolicyName="P", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    assume = ann.client("sts").assume_role
    assert refused(assume, RoleArn=role, RoleSessionName="s1", PolicyArns=[{"arn": own}])[0] == "ValidationError"
    many = [{"arn": READ_ONLY}] * 11
    assert refused(assume, RoleArn=role, RoleSessionName="s1", PolicyArns=many)[0] == "ValidationError"


@pytest.mark.parametrize("policy", ["{", "[]", document({"Effect": "Allow"}), document(allow("s3"))])
def test_what_is_no_policy_is_malformed(home, ann, refused, policy):
    role = home.role("Role", trust({"AWS": home.root}))
    assert refused(ann.client("sts").assume_role, RoleArn=role, RoleSessionName="s1", Policy=policy)[:2] == (
        "MalformedPolicyDocument",
        400,
    )


@pytest.mark.spec("STS-111")
def test_policies_and_tags_must_fit(home, ann, refused):
    role = home.role("Role", trust({"AWS": home.root}, TAGGING))

    def assume(**more):
        return ann.client("sts").assume_role(RoleArn=role, RoleSessionName="s1", **more)

    long = document(allow("s3:GetObject", [f"arn:aws:s3:::bucket-number-{n:04}/*" for n in range(60)]))
    assert len(long) > 2_048
    assert refused(assume, Policy=long)[:2] == ("PackedPolicyTooLarge", 400)
    nine = tags(**{f"T{n}": "a" * 250 for n in range(1, 10)})
    assert refused(assume, Tags=nine) == (
        "PackedPolicyTooLarge",
        400,
        "Packed size of session tags consumes 498% of allotted space.",
    )
    small = assume(Policy=document(allow("s3:*")), Tags=tags(team="red"))["PackedPolicySize"]
    larger = assume(Policy=document(allow("s3:*")), Tags=tags(team="red" * 20))["PackedPolicySize"]
    assert 0 < small < larger <= 100


@pytest.mark.spec("PB-007")
def test_session_policy_boundary_and_role_must_all_allow(home, ann, refused):
    role = home.role("Role", trust({"AWS": home.root}), allow(["s3:*", "sqs:*"]))
    bounds = home.iam.create_policy(
        PolicyName="B", PolicyDocument=document(allow(["s3:ListAllMyBuckets", "s3:CreateBucket", "sns:*"]))
    )["Policy"]["Arn"]
    home.iam.put_role_permissions_boundary(RoleName="Role", PermissionsBoundary=bounds)
    session = home.assume(ann, role, Policy=document(allow(["s3:ListAllMyBuckets", "sqs:*"])))
    session.client("s3").list_buckets()
    assert "no session policy allows" in refused(session.client("s3").create_bucket, Bucket="photos")[2]
    assert "no permissions boundary allows" in refused(session.client("sqs").list_queues)[2]


@pytest.mark.spec("STS-104")
def test_tags_of_a_session_are_the_principals_and_cover_those_of_the_role(home, ann, refused):
    condition = {"StringEquals": {"aws:PrincipalTag/Team": "red", "aws:PrincipalTag/Site": "north"}}
    role = home.role(
        "Role",
        trust({"AWS": home.root}, TAGGING),
        allow("sqs:ListQueues", Condition=condition),
        Tags=tags(team="blue", Site="north"),
    )
    assert refused(home.assume(ann, role).client("sqs").list_queues)[0].startswith("AccessDenied")
    home.assume(ann, role, Tags=tags(Team="red")).client("sqs").list_queues()
    covered = home.assume(ann, role, Tags=tags(Team="red", SITE="south"))
    assert refused(covered.client("sqs").list_queues)[0].startswith("AccessDenied")
    home.iam.tag_role(RoleName="Role", Tags=tags(team="red"))
    home.assume(ann, role).client("sqs").list_queues()


@pytest.mark.spec("STS-104")
def test_passing_tags_takes_a_permission_of_its_own(home, ann, refused):
    role = home.role("Role", trust({"AWS": home.root}))
    assume = ann.client("sts").assume_role
    code, status, message = refused(assume, RoleArn=role, RoleSessionName="s1", Tags=tags(a="b"))
    assert (code, status) == ("AccessDenied", 403)
    assert f"not authorized to perform: sts:TagSession on resource: {role}" in message
    condition = {
        "StringEquals": {"aws:RequestTag/team": ["red", "blue"]},
        "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["team"], "aws:TagKeys": ["team", "site"]},
    }
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": home.root}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": home.root}, "Action": "sts:TagSession", "Condition": condition},
    ]
    home.iam.update_assume_role_policy(RoleName="Role", PolicyDocument=document(*statements))
    home.assume(ann, role, Tags=tags(team="red", site="x"), TransitiveTagKeys=["team"])
    for wrong, going_on in (
        ({"team": "green"}, []),
        ({"team": "red", "x": "y"}, []),
        ({"team": "red", "site": "x"}, ["site"]),
    ):
        given = {"Tags": tags(**wrong), "TransitiveTagKeys": going_on}
        assert refused(assume, RoleArn=role, RoleSessionName="s1", **given)[0] == "AccessDenied"


@pytest.mark.spec("STS-104")
def test_transitive_tags_survive_a_chain_and_others_do_not(home, ann, refused):
    first = home.role("First", trust({"AWS": home.root}, TAGGING), allow("sts:*"))
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    second = home.role("Second", trust({"AWS": first}, TAGGING), allow("sqs:ListQueues", Condition=condition))
    third = home.role("Third", trust({"AWS": first}))
    given = {"Tags": tags(team="red", site="north")}
    dropped = home.assume(home.assume(ann, first, **given), second)
    assert refused(dropped.client("sqs").list_queues)[0].startswith("AccessDenied")
    session = home.assume(ann, first, **given, TransitiveTagKeys=["Team"])
    home.assume(session, second).client("sqs").list_queues()
    assume = session.client("sts").assume_role
    assert refused(assume, RoleArn=second, RoleSessionName="s1", Tags=tags(TEAM="blue")) == (
        "InvalidParameterValue",
        400,
        CONFLICT,
    )
    assert "sts:TagSession" in refused(assume, RoleArn=third, RoleSessionName="s1")[2]


def test_tags_are_held_to_their_rules(home, ann, refused):
    role = home.role("Role", trust({"AWS": home.root}, TAGGING))
    assume = ann.client("sts").assume_role
    for wrong in (
        {"Tags": tags(a="b", A="c")},
        {"Tags": tags(**{"aws:x": "y"})},
        {"Tags": tags(a="b"), "TransitiveTagKeys": ["b"]},
    ):
        assert refused(assume, RoleArn=role, RoleSessionName="s1", **wrong)[:2] == ("InvalidParameterValue", 400)
    many = tags(**{f"k{n}": "" for n in range(51)})
    assert refused(assume, RoleArn=role, RoleSessionName="s1", Tags=many)[:2] == ("ValidationError", 400)


def test_a_source_identity_is_set_once_and_kept_along_the_chain(home, ann, refused):
    first = home.role("First", trust({"AWS": home.root}, TAGGING), allow("sts:*"))
    condition = {"StringEquals": {"aws:SourceIdentity": "ann"}}
    second = home.role("Second", trust({"AWS": first}, TAGGING), allow("sqs:ListQueues", Condition=condition))
    plain = home.role("Plain", trust({"AWS": home.root}))
    answer = ann.client("sts").assume_role(RoleArn=first, RoleSessionName="s1", SourceIdentity="ann")
    assert answer["SourceIdentity"] == "ann"
    session = home.keys(answer["Credentials"])
    home.assume(session, second).client("sqs").list_queues()
    assert refused(home.assume(home.assume(ann, first), second).client("sqs").list_queues)[0].startswith("Access")
    again = session.client("sts").assume_role
    assert refused(again, RoleArn=second, RoleSessionName="s1", SourceIdentity="bob")[:2] == ("AccessDenied", 403)
    message = refused(ann.client("sts").assume_role, RoleArn=plain, RoleSessionName="s1", SourceIdentity="ann")[2]
    assert "sts:SetSourceIdentity" in message


def test_a_trust_policy_can_ask_for_a_source_identity(home, ann, refused):
    condition = {"StringLike": {"sts:SourceIdentity": "ann*"}}
    role = home.role("Role", trust({"AWS": home.root}, TAGGING, Condition=condition))
    home.assume(ann, role, SourceIdentity="anna")
    assert refused(ann.client("sts").assume_role, RoleArn=role, RoleSessionName="s1")[0] == "AccessDenied"


def test_tags_of_a_renamed_user_go_with_it_and_those_of_a_deleted_one_are_gone(home, refused):
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    ann = home.user("ann", allow("sts:*"), Tags=tags(team="red"))
    home.iam.put_user_policy(
        UserName="ann", PolicyName="own", PolicyDocument=document(allow("sqs:ListQueues", Condition=condition))
    )
    session = home.keys(ann.client("sts").get_session_token()["Credentials"]).client("sqs")
    session.list_queues()
    home.iam.update_user(UserName="ann", NewUserName="anna")
    home.iam.create_user(UserName="ann", Tags=tags(team="blue"))
    session.list_queues()
    home.iam.tag_user(UserName="anna", Tags=tags(team="blue"))
    assert refused(session.list_queues)[0].startswith("AccessDenied")


def test_a_member_without_effect_is_named(home, ann):
    role = home.role("Role", trust({"AWS": home.root}))
    contexts = [{"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "xxxx"}]
    answer = ann.client("sts").assume_role(RoleArn=role, RoleSessionName="s1", ProvidedContexts=contexts)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-skyglobe-ignored"] == "ProvidedContexts"
