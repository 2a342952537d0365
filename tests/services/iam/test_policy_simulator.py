"""The policy simulator: drafts and stored policies, decided by the engine that decides calls."""

import json

import pytest

BUCKET = "arn:aws:s3:::photos"
OBJECT = BUCKET + "/cat.jpg"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(effect="Allow", action="s3:GetObject", resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def outcomes(answer):
    return [(one["EvalActionName"], one["EvalDecision"]) for one in answer["EvaluationResults"]]


@pytest.mark.spec("PEV-103", "PSIM-004", "PSIM-005")
def test_a_draft_is_simulated_without_being_stored(iam, refused):
    draft = policy(statement(), statement("Deny", "s3:Delete*"))
    answer = iam.simulate_custom_policy(
        PolicyInputList=[draft], ActionNames=["s3:GetObject", "s3:DeleteObject", "s3:PutObject"]
    )
    assert outcomes(answer) == [
        ("s3:GetObject", "allowed"),
        ("s3:DeleteObject", "explicitDeny"),
        ("s3:PutObject", "implicitDeny"),
    ]
    allowed, denied, nothing = answer["EvaluationResults"]
    assert allowed["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"
    assert nothing["MatchedStatements"] == []
    span = denied["MatchedStatements"][0]
    start, end = span["StartPosition"]["Column"] - 1, span["EndPosition"]["Column"] - 1
    assert json.loads(draft[start:end])["Effect"] == "Deny"
    assert refused(iam.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["s3:GetObject"])[:2] == (
        "InvalidInput",
        400,
    )


@pytest.mark.spec("PSIM-005")
def test_statements_are_found_by_line_and_column(iam):
    draft = json.dumps(json.loads(policy(statement(action="sqs:*"), statement())), indent=2)
    (result,) = iam.simulate_custom_policy(PolicyInputList=[draft], ActionNames=["s3:GetObject"])["EvaluationResults"]
    (matched,) = result["MatchedStatements"]
    lines = draft.split("\n")
    assert lines[matched["StartPosition"]["Line"] - 1][matched["StartPosition"]["Column"] - 1] == "{"
    assert lines[matched["EndPosition"]["Line"] - 1][: matched["EndPosition"]["Column"] - 1].strip() == "}"
    assert matched["StartPosition"]["Line"] > 8


@pytest.mark.spec("PEV-103", "PSIM-007", "PSIM-008")
def test_a_draft_is_simulated_with_context_and_resource_policy(iam, refused):
    draft = policy(statement(Condition={"StringEquals": {"aws:PrincipalTag/Team": "${aws:RequestTag/Team}"}}))
    chosen = {"PolicyInputList": [draft], "ActionNames": ["s3:GetObject"], "ResourceArns": [OBJECT]}
    (result,) = iam.simulate_custom_policy(**chosen)["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MissingContextValues"] == ["aws:PrincipalTag/Team", "aws:RequestTag/Team"]
    entries = [
        {"ContextKeyName": name, "ContextKeyValues": ["a"], "ContextKeyType": "string"}
        for name in ("aws:principaltag/team", "aws:RequestTag/Team")
    ]
    (result,) = iam.simulate_custom_policy(**chosen, ContextEntries=entries)["EvaluationResults"]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])
    caller = "arn:aws:iam::111122223333:user/ann"
    of_bucket = policy(statement(resource=OBJECT, Principal={"AWS": caller}))
    crossing = {**chosen, "ResourcePolicy": of_bucket, "ResourceOwner": "arn:aws:iam::444455556666:root"}
    (result,) = iam.simulate_custom_policy(**crossing, CallerArn=caller)["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny", "both accounts must allow"
    (result,) = iam.simulate_custom_policy(**crossing, CallerArn=caller, ContextEntries=entries)["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    within = {**crossing, "ResourceOwner": "arn:aws:iam::111122223333:root"}
    (result,) = iam.simulate_custom_policy(**within, CallerArn=caller)["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"][0]["SourcePolicyType"] == "resource"
    assert refused(iam.simulate_custom_policy, **crossing)[:2] == ("InvalidInput", 400)


@pytest.mark.spec("PSIM-001", "PSIM-005")
def test_stored_policies_of_users_groups_and_roles_are_simulated(iam, refused):
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    group = iam.create_group(GroupName="Team")["Group"]["Arn"]
    iam.add_user_to_group(GroupName="Team", UserName="ann")
    iam.put_user_policy(
        UserName="ann", PolicyName="home", PolicyDocument=policy(statement(resource=BUCKET + "/${aws:username}/*"))
    )
    iam.attach_group_policy(GroupName="Team", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn,
        ActionNames=["s3:GetObject", "sqs:SendMessage"],
        ResourceArns=[BUCKET + "/ann/cat.jpg", BUCKET + "/bob/cat.jpg"],
    )
    decided = [one["EvalDecision"] for one in answer["EvaluationResults"]]
    assert decided == ["allowed", "implicitDeny", "allowed", "allowed"]
    matched = [one["MatchedStatements"] for one in answer["EvaluationResults"]]
    assert [one[0]["SourcePolicyType"] for one in matched if one] == ["user", "aws-managed", "aws-managed"]
    assert matched[0][0]["SourcePolicyId"] == "user_ann_home"
    answer = iam.simulate_principal_policy(PolicySourceArn=group, ActionNames=["sqs:SendMessage", "s3:GetObject"])
    assert [decision for _, decision in outcomes(answer)] == ["allowed", "implicitDeny"]
    trust = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}'
    role = iam.create_role(RoleName="Role", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    simulate = {"PolicySourceArn": role, "ActionNames": ["s3:GetObject"]}
    assert outcomes(iam.simulate_principal_policy(**simulate)) == [("s3:GetObject", "implicitDeny")]
    added = iam.simulate_principal_policy(**simulate, PolicyInputList=[policy(statement())])
    assert outcomes(added) == [("s3:GetObject", "allowed")]
    assert refused(iam.simulate_principal_policy, **{**simulate, "PolicySourceArn": role + "x"})[:2] == (
        "NoSuchEntity",
        404,
    )


def test_a_boundary_is_simulated_and_told_apart(iam):
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=policy(statement(action="*")))
    bounds = iam.create_policy(PolicyName="Bounds", PolicyDocument=policy(statement()))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=bounds)
    chosen = {"PolicySourceArn": arn, "ActionNames": ["s3:GetObject", "s3:PutObject"]}

    def told(**more):
        results = iam.simulate_principal_policy(**chosen, **more)["EvaluationResults"]
        return [
            (one["EvalDecision"], one["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"])
            for one in results
        ]

    assert told() == [("allowed", True), ("implicitDeny", False)]
    other = policy(statement(action="s3:Put*"))
    assert told(PermissionsBoundaryPolicyInputList=[other]) == [("implicitDeny", False), ("allowed", True)]


@pytest.mark.spec("PSIM-008")
def test_what_crosses_accounts_is_told_side_by_side(iam):
    caller = "arn:aws:iam::111122223333:user/ann"
    of_bucket = policy(statement(resource=OBJECT, Principal={"AWS": caller}))

    def told(draft, **more):
        asked = {"ActionNames": ["s3:GetObject"], "ResourceArns": [OBJECT], "ResourcePolicy": of_bucket, **more}
        chosen = {"PolicyInputList": [draft], "CallerArn": caller, **asked}
        (result,) = iam.simulate_custom_policy(**chosen)["EvaluationResults"]
        return result["EvalDecision"], result.get("EvalDecisionDetails")

    away = {"ResourceOwner": "arn:aws:iam::444455556666:root"}
    mine, nothing = policy(statement()), policy(statement(action="sqs:*"))
    both = {"IAM Policy": "allowed", "Resource Policy": "allowed"}
    assert told(mine, **away) == ("allowed", both)
    assert told(nothing, **away) == ("implicitDeny", {**both, "IAM Policy": "implicitDeny"})
    refused_by_me = policy(statement(), statement("Deny"))
    assert told(refused_by_me, **away) == ("explicitDeny", {**both, "IAM Policy": "explicitDeny"})
    of_bucket = policy(statement(resource=OBJECT, Principal={"AWS": "arn:aws:iam::444455556666:root"}))
    assert told(mine, **away) == ("implicitDeny", {**both, "Resource Policy": "implicitDeny"})
    assert told(mine) == ("allowed", {}), "nothing is crossed at home"
    (anywhere,) = iam.simulate_custom_policy(PolicyInputList=[mine], ActionNames=["s3:GetObject"])["EvaluationResults"]
    assert "EvalDecisionDetails" not in anywhere


@pytest.mark.spec("PEV-102")
def test_one_result_tells_all_that_decided_it(iam):
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    limited = statement(action="s3:*", Condition={"StringEquals": {"aws:RequestTag/Team": "red"}})
    text = policy(statement(), limited)
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=text)
    bounds = iam.create_policy(PolicyName="Bounds", PolicyDocument=policy(statement()))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=bounds)
    (read, write) = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject"])[
        "EvaluationResults"
    ]
    matched = next(one for one in read["MatchedStatements"] if one["SourcePolicyId"] == "user_ann_own")
    assert matched["SourcePolicyType"] == "user"
    start, end = matched["StartPosition"]["Column"] - 1, matched["EndPosition"]["Column"] - 1
    assert json.loads(text[start:end]) == statement()
    assert read["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    assert (write["EvalDecision"], write["MatchedStatements"]) == ("implicitDeny", [])
    assert write["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert write["MissingContextValues"] == ["aws:RequestTag/Team"]


@pytest.mark.spec("PSIM-009")
def test_results_come_page_by_page(iam, refused):
    pages = list(
        iam.get_paginator("simulate_custom_policy").paginate(
            PolicyInputList=[policy(statement())],
            ActionNames=[f"s3:Action{number}" for number in range(5)],
            PaginationConfig={"PageSize": 2},
        )
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [2, 2, 1]
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    chosen = {"PolicySourceArn": arn, "ActionNames": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]}
    pages = list(iam.get_paginator("simulate_principal_policy").paginate(**chosen, PaginationConfig={"PageSize": 2}))
    found = [one["EvalActionName"] for page in pages for one in page["EvaluationResults"]]
    assert (len(pages), found) == (2, chosen["ActionNames"])
    nobody = {**chosen, "PolicySourceArn": arn + "x"}
    assert refused(iam.simulate_principal_policy, **nobody)[:2] == ("NoSuchEntity", 404)


@pytest.mark.spec("PSIM-007")
def test_context_keys_of_policies_are_told(iam):
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    first = policy(statement(resource=BUCKET + "/${aws:username}/*"))
    second = policy(statement(Condition={"StringLike": {"s3:prefix": "${AWS:UserName, 'x'}", "aws:SourceVpc": "v"}}))
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[first, second])["ContextKeyNames"]
    assert keys == ["aws:SourceVpc", "aws:username", "s3:prefix"]
    iam.put_user_policy(UserName="ann", PolicyName="home", PolicyDocument=first)
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)["ContextKeyNames"]
    assert keys == ["aws:username"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"ActionNames": ["GetObject"]},
        {"ActionNames": ["s3:*"]},
        {"ContextEntries": [{"ContextKeyName": "aws:x", "ContextKeyValues": ["a", "b"], "ContextKeyType": "string"}]},
        {"CallerArn": "arn:aws:iam::111122223333:role/Role"},
        {"PermissionsBoundaryPolicyInputList": [policy(statement()), policy(statement())]},
        {"ResourcePolicy": policy(statement()), "CallerArn": "arn:aws:iam::111122223333:user/ann"},
    ],
)
def test_what_cannot_be_simulated_is_refused(iam, wrong, refused):
    chosen = {"PolicyInputList": [policy(statement())], "ActionNames": ["s3:GetObject"], **wrong}
    assert refused(iam.simulate_custom_policy, **chosen)[:2] == ("InvalidInput", 400)
