"""A provider asks to be let do something in a customer's account; the customer looks, agrees, and sees it end."""

import json

import pytest

from skyglobe.kernel.trade_ins import trade_ins

PROVIDER, CUSTOMER = "333333333333", "111111111111"
TOPIC = f"arn:aws:sns:us-east-1:{PROVIDER}:delegations"


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


TEMPLATE = document(
    allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:@{account}:@{queue}"),
    allow("s3:GetObject", ["arn:aws:s3:::@{stores}/*", "arn:aws:s3:::public/*"]),
)
PARAMETERS = [
    {"Name": "account", "Values": [CUSTOMER], "Type": "string"},
    {"Name": "queue", "Values": ["orders"], "Type": "string"},
    {"Name": "stores", "Values": ["orders", "past"], "Type": "stringList"},
]


class Provider:
    """The account that asks, its template, and the queue that hears what its topic is told."""

    def __init__(self, cloud):
        self.cloud = cloud
        session = cloud.session(account=PROVIDER)
        self.iam, self.sts = session.client("iam"), session.client("sts")
        self._sqs, sns = session.client("sqs"), session.client("sns")
        made = self.iam.create_policy(PolicyName="template", PolicyDocument=TEMPLATE)
        self.template = made["Policy"]["Arn"]
        sns.create_topic(Name="delegations")
        publish = {"Effect": "Allow", "Principal": {"Service": "iam.amazonaws.com"}, "Action": "SNS:Publish"}
        told = document({**publish, "Resource": TOPIC})
        sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=told)
        self._inbox = self._sqs.create_queue(QueueName="inbox")["QueueUrl"]
        heard = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        arn = f"arn:aws:sqs:us-east-1:{PROVIDER}:inbox"
        self._sqs.set_queue_attributes(
            QueueUrl=self._inbox, Attributes={"Policy": document({**heard, "Resource": arn})}
        )
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn, Attributes=raw)

    def ask(self, workflow="workflow-1", **more):
        return self.iam.create_delegation_request(
            Description="Set up the order pipeline",
            Permissions={"PolicyTemplateArn": self.template, "Parameters": PARAMETERS},
            RequestorWorkflowId=workflow,
            NotificationChannel=TOPIC,
            SessionDuration=3600,
            **more,
        )["DelegationRequestId"]

    def told(self):
        """Return what the topic was told since the last time."""
        self.cloud.settle()
        answer = self._sqs.receive_message(QueueUrl=self._inbox, MaxNumberOfMessages=10)
        found = [json.loads(one["Body"]) for one in answer.get("Messages", [])]
        for one in answer.get("Messages", []):
            self._sqs.delete_message(QueueUrl=self._inbox, ReceiptHandle=one["ReceiptHandle"])
        return sorted(found, key=lambda one: one["UpdatedTime"])


@pytest.fixture
def provider(cloud):
    return Provider(cloud)


@pytest.fixture
def customer(cloud):
    """Return a function that makes a user of the customer's account, with a key."""
    root = cloud.session(account=CUSTOMER).client("iam")

    def make(name, *statements):
        root.create_user(UserName=name)
        root.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return cloud.session_with(root.create_access_key(UserName=name)["AccessKey"])

    return make


@pytest.fixture
def store(cloud):
    """The customer's bucket and queue."""
    session = cloud.session(account=CUSTOMER)
    session.client("s3").create_bucket(Bucket="orders")
    session.client("s3").put_object(Bucket="orders", Key="one", Body=b"1")
    return session.client("sqs").create_queue(QueueName="orders")["QueueUrl"]


DECIDING = allow(["iam:AssociateDelegationRequest", "iam:AcceptDelegationRequest", "iam:SendDelegationToken"])


def test_what_is_agreed_to_is_lent_until_its_time_is_over(cloud, provider, customer, store, refused):
    request = provider.ask()
    ann = customer("ann", DECIDING, allow("s3:*"), {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"})
    iam = ann.client("iam")
    iam.associate_delegation_request(DelegationRequestId=request)
    shown = iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]
    assert (shown["State"], shown["OwnerAccountId"]) == ("ASSIGNED", CUSTOMER)
    assert (shown["OwnerId"], shown["RequestorId"]) == (f"arn:aws:iam::{CUSTOMER}:user/ann", PROVIDER)
    assert json.loads(shown["PermissionPolicy"])["Statement"][0]["Resource"].endswith(f":{CUSTOMER}:orders")
    iam.accept_delegation_request(DelegationRequestId=request)
    iam.send_delegation_token(DelegationRequestId=request)
    *before, last = provider.told()
    assert [one["State"] for one in before] == ["ASSIGNED", "ACCEPTED"]
    assert (last["State"], last["RequestorWorkflowId"]) == ("FINALIZED", "workflow-1")
    cloud.turn(minutes=20)
    answer = provider.sts.get_delegated_access_token(TradeInToken=last["ExchangeToken"])
    assert answer["AssumedPrincipal"] == f"arn:aws:iam::{CUSTOMER}:user/ann"
    lent = cloud.session_with(answer["Credentials"])
    assert lent.client("s3").get_object(Bucket="orders", Key="one")["Body"].read() == b"1"
    # More than was asked for, and more than who agreed may: neither is lent.
    assert refused(lent.client("s3").put_object, Bucket="orders", Key="two", Body=b"2")[0] == "AccessDenied"
    assert "identity-based" in refused(lent.client("sqs").send_message, QueueUrl=store, MessageBody="hi")[2]
    stranger = cloud.session(account="444444444444").client("sts")
    assert refused(stranger.get_delegated_access_token, TradeInToken=last["ExchangeToken"])[0] == "AccessDenied"
    cloud.turn(minutes=40)
    assert refused(lent.client("s3").get_object, Bucket="orders", Key="one")[0] == "ExpiredToken"
    code = refused(provider.sts.get_delegated_access_token, TradeInToken=last["ExchangeToken"])[0]
    assert code == "ExpiredTradeInTokenException"
    cloud.turn(days=15)
    assert cloud.run(cloud.kernel.transact(lambda scope: list(trade_ins.scan(scope)))) == []


def test_an_owner_who_may_not_agree_puts_it_before_somebody_who_may(provider, customer, store, refused):
    request = provider.ask(OwnerAccountId=CUSTOMER, OnlySendByOwner=True)
    ann = customer("ann", allow(["iam:AssociateDelegationRequest", "iam:SendDelegationToken"])).client("iam")
    boss = customer("boss", allow("*")).client("iam")
    check = {"DelegationRequestId": request, "DelegationPermissionCheck": True}
    ann.associate_delegation_request(DelegationRequestId=request)
    assert ann.get_delegation_request(**check)["PermissionCheckResult"] == "DENIED"
    assert refused(ann.accept_delegation_request, DelegationRequestId=request)[0] == "AccessDenied"
    ann.update_delegation_request(DelegationRequestId=request, Notes="please")
    assert boss.get_delegation_request(**check)["PermissionCheckResult"] == "ALLOWED"
    listed = boss.list_delegation_requests()["DelegationRequests"]
    assert [(one["State"], one["Notes"]) for one in listed] == [("PENDING_APPROVAL", "please")]
    assert boss.list_delegation_requests(OwnerId=f"arn:aws:iam::{CUSTOMER}:user/boss")["DelegationRequests"] == []
    boss.accept_delegation_request(DelegationRequestId=request)
    assert refused(boss.send_delegation_token, DelegationRequestId=request)[0] == "InvalidInput"
    ann.send_delegation_token(DelegationRequestId=request)
    token = provider.told()[-1]["ExchangeToken"]
    answer = provider.sts.get_delegated_access_token(TradeInToken=token)
    assert answer["AssumedPrincipal"] == f"arn:aws:iam::{CUSTOMER}:user/boss"


def test_what_is_rejected_or_left_alone_comes_to_nothing(cloud, provider, customer, refused):
    boss = customer("boss", allow("*")).client("iam")
    request = provider.ask()
    for call in (boss.accept_delegation_request, boss.reject_delegation_request, boss.send_delegation_token):
        assert refused(call, DelegationRequestId=request)[0] == "InvalidInput"
    boss.associate_delegation_request(DelegationRequestId=request)
    boss.accept_delegation_request(DelegationRequestId=request)
    boss.reject_delegation_request(DelegationRequestId=request, Notes="not now")
    shown = boss.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]
    assert (shown["State"], shown["RejectionReason"]) == ("REJECTED", "not now")
    assert refused(boss.send_delegation_token, DelegationRequestId=request)[0] == "InvalidInput"
    left = provider.ask("workflow-2")
    cloud.turn(days=1)
    assert boss.get_delegation_request(DelegationRequestId=left)["DelegationRequest"]["State"] == "EXPIRED"
    assert refused(boss.associate_delegation_request, DelegationRequestId=left)[0] == "InvalidInput"
    cloud.turn(days=7)
    assert refused(boss.get_delegation_request, DelegationRequestId=left)[0] == "NoSuchEntity"
    assert boss.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]["State"] == "EXPIRED"


def test_a_request_belongs_to_the_account_it_was_made_for(cloud, provider, customer, refused):
    boss = customer("boss", allow("*")).client("iam")
    stranger = cloud.session(account="444444444444").client("iam")
    request = provider.ask(OwnerAccountId=CUSTOMER)
    assert refused(stranger.associate_delegation_request, DelegationRequestId=request)[0] == "AccessDenied"
    assert refused(stranger.get_delegation_request, DelegationRequestId=request)[0] == "AccessDenied"
    assert boss.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]["State"] == "UNASSIGNED"
    assert boss.list_delegation_requests()["DelegationRequests"] == []
    anybodys = provider.ask("workflow-2")
    stranger.get_delegation_request(DelegationRequestId=anybodys)
    boss.associate_delegation_request(DelegationRequestId=anybodys)
    assert refused(stranger.get_delegation_request, DelegationRequestId=anybodys)[0] == "AccessDenied"


def test_templates_must_be_there_and_be_filled_in(provider, refused):
    provider.ask()
    assert refused(provider.ask)[:2] == ("EntityAlreadyExists", 409)
    good = {
        "Description": "d",
        "RequestorWorkflowId": "workflow-3",
        "NotificationChannel": TOPIC,
        "SessionDuration": 300,
    }
    ask = provider.iam.create_delegation_request
    missing = {"PolicyTemplateArn": f"arn:aws:iam::{PROVIDER}:policy/none"}
    assert refused(ask, **good, Permissions=missing)[0] == "NoSuchEntity"
    unfilled = {"PolicyTemplateArn": provider.template, "Parameters": PARAMETERS[:2]}
    assert "stores of the policy template is missing" in refused(ask, **good, Permissions=unfilled)[2]
    extra = {"PolicyTemplateArn": provider.template, "Parameters": [*PARAMETERS, {**PARAMETERS[0], "Name": "other"}]}
    assert refused(ask, **good, Permissions=extra)[0] == "InvalidInput"
    queue = {**good, "NotificationChannel": f"arn:aws:sqs:us-east-1:{PROVIDER}:q"}
    assert refused(ask, **queue, Permissions=missing)[0] == "InvalidInput"


def test_a_summary_reads_out_what_is_asked_for(provider, customer):
    request = provider.ask()
    boss = customer("boss", allow("*")).client("iam")
    arn = f"arn:aws:iam::{CUSTOMER}:delegation-request/{request}"
    told = boss.get_human_readable_summary(EntityArn=arn, Locale="en")
    assert told["SummaryState"] == "AVAILABLE"
    assert told["SummaryContent"].splitlines() == [
        f"Account {PROVIDER} asks for temporary access for 1 hour. It could at most:",
        f"- do sqs:SendMessage on arn:aws:sqs:us-east-1:{CUSTOMER}:orders.",
        "- do s3:GetObject on arn:aws:s3:::orders/*, arn:aws:s3:::past/*, arn:aws:s3:::public/*.",
    ]
    other = boss.get_human_readable_summary(EntityArn=arn, Locale="de-DE")
    assert (other["SummaryState"], other.get("SummaryContent")) == ("NOT_SUPPORTED", None)
