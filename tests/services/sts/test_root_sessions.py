"""AssumeRoot does one task on a member account, for whom the management account lets."""

import pytest

from tests.services.sts.conftest import allow

TASK = "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"


@pytest.fixture
def organization(home, away):
    """The client of an organization that ``home`` manages, that ``away`` joined, and that trusts IAM."""
    organizations = home.session.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    target = {"Id": away.number, "Type": "ACCOUNT"}
    handshake = organizations.invite_account_to_organization(Target=target)["Handshake"]["Id"]
    away.session.client("organizations").accept_handshake(HandshakeId=handshake)
    organizations.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    return organizations


def denied(refused, session, target):
    return refused(session.client("sts").assume_root, TargetPrincipal=target, TaskPolicyArn={"arn": TASK})


def test_root_sessions_do_their_task_and_nothing_else(organization, home, away, refused):
    ann = home.user("ann", allow("sts:AssumeRoot", f"arn:aws:iam::{away.number}:root"))
    key = away.iam.create_access_key()["AccessKey"]
    assert denied(refused, ann, away.number)[:2] == ("AccessDenied", 403)
    assert home.iam.enable_organizations_root_sessions()["EnabledFeatures"] == ["RootSessions"]
    answer = ann.client("sts").assume_root(TargetPrincipal=away.root, TaskPolicyArn={"arn": TASK})
    root = home.keys(answer["Credentials"])
    assert root.client("sts").get_caller_identity()["Arn"] == away.root
    root.client("iam").delete_access_key(AccessKeyId=key["AccessKeyId"])
    assert "explicit deny in a session policy" in refused(root.client("iam").create_user, UserName="bob")[2]
    assert refused(root.client("sqs").list_queues)[0].startswith("AccessDenied")
    assert denied(refused, ann, home.number)[0] == "AccessDenied"
    home.iam.disable_organizations_root_sessions()
    assert denied(refused, ann, away.number)[0] == "AccessDenied"


def test_managing_credentials_takes_no_more_than_that_feature(organization, home, away, refused):
    ann = home.user("ann", allow("sts:AssumeRoot", f"arn:aws:iam::{away.number}:root"))
    enabled = home.iam.enable_organizations_root_credentials_management()
    assert enabled["EnabledFeatures"] == ["RootCredentialsManagement"]
    ann.client("sts").assume_root(TargetPrincipal=away.root, TaskPolicyArn={"arn": TASK})
    unlock = {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}
    assert refused(ann.client("sts").assume_root, TargetPrincipal=away.root, TaskPolicyArn=unlock)[0] == "AccessDenied"
    both = home.iam.enable_organizations_root_sessions()["EnabledFeatures"]
    assert both == ["RootCredentialsManagement", "RootSessions"]
    ann.client("sts").assume_root(TargetPrincipal=away.root, TaskPolicyArn=unlock)
    home.iam.disable_organizations_root_sessions()
    assert home.iam.disable_organizations_root_credentials_management()["EnabledFeatures"] == []
    assert denied(refused, ann, away.number)[0] == "AccessDenied"


def test_a_member_that_administers_iam_assumes_root_of_others(cloud, organization, home, away, refused):
    asked = organization.create_account(AccountName="dev", Email="dev@example.org")["CreateAccountStatus"]["Id"]
    cloud.settle()
    made = organization.describe_create_account_status(CreateAccountRequestId=asked)["CreateAccountStatus"]
    ann = away.user("ann", allow("sts:AssumeRoot"))
    home.iam.enable_organizations_root_sessions()
    assert denied(refused, ann, made["AccountId"])[0] == "AccessDenied"
    listing = away.iam.list_organizations_features
    assert refused(listing)[0] == "AccountNotManagementOrDelegatedAdministratorException"
    organization.register_delegated_administrator(AccountId=away.number, ServicePrincipal="iam.amazonaws.com")
    assert listing()["EnabledFeatures"] == ["RootSessions"]
    ann.client("sts").assume_root(TargetPrincipal=made["AccountId"], TaskPolicyArn={"arn": TASK})
    assert denied(refused, ann, home.number)[0] == "AccessDenied"
    assert refused(away.iam.enable_organizations_root_sessions)[0] == "CallerIsNotManagementAccountException"


def test_root_sessions_last_fifteen_minutes(cloud, organization, home, away, refused):
    ann = home.user("ann", allow("sts:*"))
    home.iam.enable_organizations_root_sessions()
    answer = ann.client("sts").assume_root(TargetPrincipal=away.number, TaskPolicyArn={"arn": TASK})
    root = home.keys(answer["Credentials"]).client("sts")
    cloud.turn(seconds=800)
    root.get_caller_identity()
    cloud.turn(seconds=101)
    assert refused(root.get_caller_identity)[0] == "ExpiredToken"


def test_the_task_is_one_of_awss_and_may_be_asked_for_by_policies(organization, home, away, refused):
    condition = {"StringEquals": {"sts:TaskPolicyArn": TASK}}
    ann = home.user("ann", allow("sts:AssumeRoot", Condition=condition))
    home.iam.enable_organizations_root_sessions()
    ann.client("sts").assume_root(TargetPrincipal=away.number, TaskPolicyArn={"arn": TASK})
    other = {"TargetPrincipal": away.number, "TaskPolicyArn": {"arn": TASK.replace("Delete", "Audit")}}
    assert refused(ann.client("sts").assume_root, **other)[0] == "AccessDenied"
    bob = home.user("bob", allow("*")).client("sts")
    admin = {"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert refused(bob.assume_root, TargetPrincipal=away.number, TaskPolicyArn=admin)[0] == "ValidationError"
    assert refused(bob.assume_root, TargetPrincipal="x" * 12, TaskPolicyArn={"arn": TASK})[0] == "ValidationError"


def test_accounts_that_manage_no_organization_assume_no_root(organization, cloud, home, away, refused):
    for account, target in ((away, home.number), (home, "333333333333")):
        ann = account.user("ann", allow("*"))
        arn = f"arn:aws:iam::{target}:root"
        code, status, message = denied(refused, ann, target)
        assert (code, status) == ("AccessDenied", 403)
        caller = f"arn:aws:iam::{account.number}:user/ann"
        assert message == f"User: {caller} is not authorized to perform: sts:AssumeRoot on resource: {arn}"


def test_features_are_enabled_by_management_accounts_that_trust_iam(organization, cloud, home, away, refused):
    from tests.services.sts.conftest import Account

    alone = Account(cloud, "333333333333").iam
    assert refused(alone.list_organizations_features)[0] == "OrganizationNotFoundException"
    assert refused(away.iam.enable_organizations_root_sessions)[0] == "CallerIsNotManagementAccountException"
    assert home.iam.list_organizations_features()["EnabledFeatures"] == []
    organization.disable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    assert refused(home.iam.enable_organizations_root_sessions)[0] == "ServiceAccessNotEnabledException"


def test_without_an_organization_nobody_assumes_root(home, away, refused):
    ann = home.user("ann", allow("*"))
    assert denied(refused, ann, away.number)[:2] == ("AccessDenied", 403)
