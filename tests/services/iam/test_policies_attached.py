"""What hangs on users, groups and roles: managed policies, inline policies, boundaries."""

import json

import pytest

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [READ]})
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
KINDS = ("user", "group", "role")
AWS_POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
SIZES = {"user": 2_048, "group": 5_120, "role": 10_240}


@pytest.fixture(params=KINDS)
def holder(request, iam):
    """One user, group or role called Holder, and a way to call what is done to it."""
    kind = request.param
    if kind == "role":
        iam.create_role(RoleName="Holder", AssumeRolePolicyDocument=TRUST)
    else:
        getattr(iam, f"create_{kind}")(**{f"{kind.capitalize()}Name": "Holder"})
    return Held(iam, kind)


class Held:
    def __init__(self, iam, kind):
        self.iam, self.kind = iam, kind

    def call(self, form, **more):
        return getattr(self.iam, form.format(self.kind))(**{f"{self.kind.capitalize()}Name": "holder"}, **more)


def make_policy(iam, number):
    return iam.create_policy(PolicyName=f"Policy{number}", PolicyDocument=DOCUMENT)["Policy"]["Arn"]


@pytest.mark.spec("IAM-102")
def test_ten_managed_policies_are_attached_at_most(iam, holder, refused):
    arns = [AWS_POLICY, *(make_policy(iam, number) for number in range(9))]
    for arn in arns:
        holder.call("attach_{}_policy", PolicyArn=arn)
        holder.call("attach_{}_policy", PolicyArn=arn)
    eleventh = make_policy(iam, 9)
    assert refused(holder.call, "attach_{}_policy", PolicyArn=eleventh) == (
        "LimitExceeded",
        409,
        f"Cannot exceed quota for PoliciesPer{holder.kind.capitalize()}: 10",
    )
    listed = holder.call("list_attached_{}_policies")["AttachedPolicies"]
    assert sorted(one["PolicyArn"] for one in listed) == sorted(arns)
    assert iam.get_policy(PolicyArn=arns[1])["Policy"]["AttachmentCount"] == 1
    holder.call("detach_{}_policy", PolicyArn=arns[1])
    holder.call("attach_{}_policy", PolicyArn=eleventh)
    assert refused(holder.call, "detach_{}_policy", PolicyArn=arns[1])[:2] == ("NoSuchEntity", 404)


@pytest.mark.spec("IAM-102")
def test_policies_that_are_not_there_are_not_attached(holder, refused):
    for arn in ("arn:aws:iam::aws:policy/NoSuchPolicy", "arn:aws:iam::000000000000:policy/None"):
        assert refused(holder.call, "attach_{}_policy", PolicyArn=arn) == (
            "NoSuchEntity",
            404,
            f"Policy {arn} does not exist or is not attachable.",
        )
    assert refused(holder.call, "attach_{}_policy", PolicyArn="x" * 20)[:2] == ("InvalidInput", 400)
    services = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"
    assert refused(holder.call, "attach_{}_policy", PolicyArn=services) == (
        "PolicyNotAttachable",
        400,
        "Cannot attach a Service Role Policy to a Customer Role.",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_attached_to_who_is_not_there(iam, kind, refused):
    held = Held(iam, kind)
    wanted = ("NoSuchEntity", 404, f"The {kind} with name holder cannot be found.")
    assert refused(held.call, "attach_{}_policy", PolicyArn=AWS_POLICY) == wanted
    assert refused(held.call, "put_{}_policy", PolicyName="p", PolicyDocument=DOCUMENT) == wanted


def test_inline_policies_go_round(holder, refused):
    holder.call("put_{}_policy", PolicyName="One", PolicyDocument=DOCUMENT)
    holder.call("put_{}_policy", PolicyName="two", PolicyDocument=DOCUMENT)
    assert holder.call("list_{}_policies")["PolicyNames"] == ["One", "two"]
    found = holder.call("get_{}_policy", PolicyName="One")
    assert found[f"{holder.kind.capitalize()}Name"] == "Holder"
    assert found["PolicyDocument"] == json.loads(DOCUMENT)
    first = holder.call("list_{}_policies", MaxItems=1)
    assert holder.call("list_{}_policies", Marker=first["Marker"])["PolicyNames"] == ["two"]
    holder.call("delete_{}_policy", PolicyName="One")
    assert refused(holder.call, "get_{}_policy", PolicyName="One") == (
        "NoSuchEntity",
        404,
        f"The {holder.kind} policy with name One cannot be found.",
    )


@pytest.mark.spec("IAM-103")
def test_all_inline_policies_of_a_holder_share_one_size(holder, refused):
    def filled(size):
        frame = json.dumps({"Version": "2012-10-17", "Statement": [{**READ, "Action": "s3:"}]})
        room = size - len(frame.replace(" ", ""))
        return json.dumps({"Version": "2012-10-17", "Statement": [{**READ, "Action": "s3:" + "a" * room}]}, indent=4)

    size = SIZES[holder.kind]
    holder.call("put_{}_policy", PolicyName="half", PolicyDocument=filled(size // 2))
    holder.call("put_{}_policy", PolicyName="rest", PolicyDocument=filled(size // 2))
    assert refused(holder.call, "put_{}_policy", PolicyName="rest", PolicyDocument=filled(size // 2 + 1)) == (
        "LimitExceeded",
        409,
        f"Maximum policy size of {size} bytes exceeded for {holder.kind} Holder",
    )
    holder.call("delete_{}_policy", PolicyName="half")
    holder.call("put_{}_policy", PolicyName="rest", PolicyDocument=filled(size))


@pytest.mark.spec("IAM-101")
def test_what_has_policies_is_not_deleted(holder, refused):
    holder.call("attach_{}_policy", PolicyArn=AWS_POLICY)
    wanted = ("DeleteConflict", 409, "Cannot delete entity, must detach all policies first.")
    assert refused(holder.call, "delete_{}") == wanted
    holder.call("detach_{}_policy", PolicyArn=AWS_POLICY)
    holder.call("put_{}_policy", PolicyName="p", PolicyDocument=DOCUMENT)
    wanted = ("DeleteConflict", 409, "Cannot delete entity, must delete policies first.")
    assert refused(holder.call, "delete_{}") == wanted
    holder.call("delete_{}_policy", PolicyName="p")
    holder.call("delete_{}")


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_boundary_is_put_shown_and_taken_off(iam, kind, refused):
    if kind == "user":
        iam.create_user(UserName="Holder")
    else:
        iam.create_role(RoleName="Holder", AssumeRolePolicyDocument=TRUST)
    held = Held(iam, kind)
    arn = make_policy(iam, 1)
    assert refused(held.call, "put_{}_permissions_boundary", PermissionsBoundary=arn + "x")[0] == "NoSuchEntity"
    held.call("put_{}_permissions_boundary", PermissionsBoundary=arn)
    shown = held.call("get_{}")[kind.capitalize()]["PermissionsBoundary"]
    assert shown["PermissionsBoundaryArn"] == arn
    assert iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    assert refused(iam.delete_policy, PolicyArn=arn)[0] == "DeleteConflict"
    held.call("delete_{}_permissions_boundary")
    assert "PermissionsBoundary" not in held.call("get_{}")[kind.capitalize()]
    assert refused(held.call, "delete_{}_permissions_boundary")[:2] == ("NoSuchEntity", 404)
    iam.delete_policy(PolicyArn=arn)
