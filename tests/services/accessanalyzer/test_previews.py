"""What a policy would let in from outside, before anybody puts it on a resource."""

import json

import pytest

from tests.services.accessanalyzer.conftest import ACCOUNT, QUEUE


def policy(*accounts, action="sqs:SendMessage"):
    allow = {"Effect": "Allow", "Principal": {"AWS": list(accounts)}, "Action": action, "Resource": QUEUE}
    return json.dumps({"Version": "2012-10-17", "Statement": allow})


@pytest.fixture
def preview(analyzer):
    """Return a function that previews a configuration and returns what it finds, by principal."""
    client, arn = analyzer

    def preview(configuration, resource=QUEUE):
        id_ = client.create_access_preview(analyzerArn=arn, configurations={resource: configuration})["id"]
        found = client.list_access_preview_findings(analyzerArn=arn, accessPreviewId=id_)["findings"]
        return {one["principal"]["AWS"]: (one["changeType"], one["status"]) for one in found}

    return preview


def test_a_preview_tells_what_would_change(root, analyzer, preview):
    client, arn = analyzer
    sqs = root.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy("222222222222", "333333333333")})
    client.create_archive_rule(analyzerName="outside", ruleName="r", filter={"principal.AWS": {"eq": ["444444444444"]}})
    wanted = {"sqsQueue": {"queuePolicy": policy("333333333333", "444444444444", "555555555555")}}
    assert preview(wanted) == {
        "222222222222": ("CHANGED", "RESOLVED"),
        "333333333333": ("UNCHANGED", "ACTIVE"),
        "444444444444": ("NEW", "ARCHIVED"),
        "555555555555": ("NEW", "ACTIVE"),
    }
    assert preview({"sqsQueue": {}}).keys() == {"222222222222", "333333333333"}
    active = client.list_findings(analyzerArn=arn)["findings"]
    assert {one["principal"]["AWS"] for one in active} == {"222222222222", "333333333333"}
    assert preview(wanted)["222222222222"] == ("CHANGED", "RESOLVED")
    assert len(client.list_access_previews(analyzerArn=arn)["accessPreviews"]) == 3


def test_what_does_not_exist_yet_can_be_looked_at(analyzer, preview):
    trust = {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    found = preview({"iamRole": {"trustPolicy": document}}, f"arn:aws:iam::{ACCOUNT}:role/new")
    assert found == {"222222222222": ("NEW", "ACTIVE")}
    secret = {"secretsManagerSecret": {"secretPolicy": policy("*", action="secretsmanager:GetSecretValue")}}
    assert preview(secret, f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x-1") == {"*": ("NEW", "ACTIVE")}


def test_a_malformed_policy_fails_the_preview(analyzer, refused):
    client, arn = analyzer
    wrong = {QUEUE: {"sqsQueue": {"queuePolicy": "{"}}}
    id_ = client.create_access_preview(analyzerArn=arn, configurations=wrong)["id"]
    told = client.get_access_preview(analyzerArn=arn, accessPreviewId=id_)["accessPreview"]
    assert (told["status"], told["statusReason"]) == ("FAILED", {"code": "INVALID_CONFIGURATION"})
    assert told["configurations"] == wrong
    ask = {"analyzerArn": arn, "accessPreviewId": id_}
    assert refused(client.list_access_preview_findings, **ask)[:2] == ("ConflictException", 409)
    two = {QUEUE: {"sqsQueue": {}}, QUEUE + "2": {"sqsQueue": {}}}
    assert refused(client.create_access_preview, analyzerArn=arn, configurations=two)[0] == "ValidationException"
    acl = {f"arn:aws:s3:::b-{ACCOUNT}": {"s3Bucket": {"bucketAclGrants": []}}}
    assert refused(client.create_access_preview, analyzerArn=arn, configurations=acl)[1] == 501
    missing = {"analyzerArn": arn, "accessPreviewId": "00000000-0000-0000-0000-000000000000"}
    assert refused(client.get_access_preview, **missing)[0] == "ResourceNotFoundException"
