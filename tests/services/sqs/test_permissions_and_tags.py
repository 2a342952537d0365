"""Who may use a queue, and what it is labelled with."""

import json

import pytest

from skyglobe.services.sqs.access import resource_policy


def test_a_permission_becomes_a_statement_of_the_policy(sqs, queue):
    sqs.add_permission(
        QueueUrl=queue.url, Label="senders", AWSAccountIds=["111122223333", "444455556666"], Actions=["SendMessage"]
    )
    sqs.add_permission(QueueUrl=queue.url, Label="all", AWSAccountIds=["111122223333"], Actions=["*"])
    assert json.loads(queue.attribute("Policy")) == {
        "Version": "2008-10-17",
        "Id": f"{queue.arn}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "senders",
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]},
                "Action": "SQS:SendMessage",
                "Resource": queue.arn,
            },
            {
                "Sid": "all",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "SQS:*",
                "Resource": queue.arn,
            },
        ],
    }
    sqs.remove_permission(QueueUrl=queue.url, Label="senders")
    assert [statement["Sid"] for statement in json.loads(queue.attribute("Policy"))["Statement"]] == ["all"]
    sqs.remove_permission(QueueUrl=queue.url, Label="all")
    assert "Policy" not in queue.attributes()


def test_wrong_permissions_are_refused(sqs, queue, refused):
    def add(label="x", accounts=("111122223333",), actions=("SendMessage",)):
        return refused(
            sqs.add_permission, QueueUrl=queue.url, Label=label, AWSAccountIds=list(accounts), Actions=list(actions)
        )

    sqs.add_permission(QueueUrl=queue.url, Label="x", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
    assert add() == ("InvalidParameterValue", 400, "Value x for parameter Label is invalid. Reason: Already exists.")
    assert add(label="a b")[0] == "InvalidParameterValue"
    assert add("y", accounts=["*"]) == (
        "InvalidParameterValue",
        400,
        "Value [*] for parameter PrincipalId is invalid. Reason: Unable to verify.",
    )
    assert add("y", actions=["Send"])[0] == "InvalidParameterValue"
    assert "Only the queue owner" in add("y", actions=["DeleteQueue"])[2]
    assert add("y", actions=["SendMessage"] * 8)[0] == "OverLimit"
    assert add("y", accounts=[])[0] == "MissingParameter"
    assert refused(sqs.remove_permission, QueueUrl=queue.url, Label="unknown") == (
        "InvalidParameterValue",
        400,
        "Value unknown for parameter Label is invalid. Reason: can't find label on existing policy.",
    )


def test_a_queue_carries_tags(sqs, refused):
    url = sqs.create_queue(QueueName="tagged", tags={"team": "blue"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"team": "red", "stage": "test"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "red", "stage": "test"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["team", "unknown"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"stage": "test"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["stage"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
    for wrong in ({"": "x"}, {"k" * 129: "x"}, {"k": "v" * 257}, {"aws:k": "x"}, {str(n): "" for n in range(51)}):
        assert refused(sqs.tag_queue, QueueUrl=url, Tags=wrong)[:2] == ("InvalidParameterValue", 400)


@pytest.mark.parametrize(
    "call", ["tag_queue", "untag_queue", "list_queue_tags", "add_permission", "remove_permission", "delete_queue"]
)
def test_other_accounts_cannot_administer_a_queue(cloud, queue, refused, call):
    members = {
        "tag_queue": {"Tags": {"a": "b"}},
        "untag_queue": {"TagKeys": ["a"]},
        "add_permission": {"Label": "x", "AWSAccountIds": ["111122223333"], "Actions": ["*"]},
        "remove_permission": {"Label": "x"},
    }
    stranger = cloud.session(account="111122223333").client("sqs")
    assert refused(getattr(stranger, call), QueueUrl=queue.url, **members.get(call, {}))[:2] == ("AccessDenied", 403)


def test_the_policy_engine_finds_a_queues_policy_from_anywhere(cloud, sqs, queue):
    def look(scope):
        return resource_policy(scope, queue_arn), resource_policy(scope, queue_arn + "x"), resource_policy(scope, "x")

    queue_arn = queue.arn
    assert cloud.run(cloud.kernel.transact(look, "111122223333", "eu-west-1")) == (None, None, None)
    sqs.add_permission(QueueUrl=queue.url, Label="x", AWSAccountIds=["111122223333"], Actions=["*"])
    found = cloud.run(cloud.kernel.transact(look, "111122223333", "eu-west-1"))
    assert found == (queue.attribute("Policy"), None, None)
