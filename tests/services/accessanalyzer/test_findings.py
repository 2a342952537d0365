"""What the policies of resources let in from outside the account."""

import json

import pytest

from tests.services.accessanalyzer.conftest import ACCOUNT, QUEUE


@pytest.fixture
def share(root):
    """Return a function that gives the queue these statements."""
    sqs = root.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]

    def share(*statements):
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}) if statements else ""
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    return share


def allow(principal, **more):
    return {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": QUEUE, **more}


def test_another_account_is_found_and_resolved_when_it_is_shut_out(analyzer, share):
    client, arn = analyzer
    share(allow({"AWS": ["222222222222", ACCOUNT]}), allow({"Service": "s3.amazonaws.com"}))
    (finding,) = client.list_findings(analyzerArn=arn)["findings"]
    assert finding["principal"] == {"AWS": "222222222222"}
    assert finding["resource"] == QUEUE
    assert finding["resourceType"] == "AWS::SQS::Queue"
    assert finding["action"] == ["sqs:SendMessage"]
    assert (finding["isPublic"], finding["status"]) == (False, "ACTIVE")
    assert client.get_finding(analyzerArn=arn, id=finding["id"])["finding"]["id"] == finding["id"]
    details = client.get_finding_v2(analyzerArn=arn, id=finding["id"])["findingDetails"]
    assert details[0]["externalAccessDetails"]["principal"] == {"AWS": "222222222222"}

    share()
    assert client.list_findings(analyzerArn=arn)["findings"][0]["status"] == "RESOLVED"
    active = client.list_findings_v2(analyzerArn=arn, filter={"status": {"eq": ["ACTIVE"]}})
    assert active["findings"] == []


def test_everyone_is_public_unless_a_condition_keeps_to_some(analyzer, share):
    client, arn = analyzer
    share(allow("*"))
    (finding,) = client.list_findings(analyzerArn=arn)["findings"]
    assert (finding["principal"], finding["isPublic"]) == ({"AWS": "*"}, True)
    resource = client.get_analyzed_resource(analyzerArn=arn, resourceArn=QUEUE)["resource"]
    assert (resource["isPublic"], resource["actions"]) == (True, ["sqs:SendMessage"])

    share(allow("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-example"}}))
    found = client.list_findings(analyzerArn=arn, filter={"status": {"eq": ["ACTIVE"]}})["findings"]
    assert [(one["condition"], one["isPublic"]) for one in found] == [({"aws:PrincipalOrgID": "o-example"}, False)]

    share(allow("*", Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}))
    assert client.list_findings(analyzerArn=arn, filter={"status": {"eq": ["ACTIVE"]}})["findings"] == []


def test_trust_policies_of_roles_are_looked_at(root, analyzer):
    client, arn = analyzer
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "222222222222"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "x"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = root.client("iam").create_role(RoleName="guest", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    (finding,) = client.list_findings(analyzerArn=arn, filter={"resourceType": {"eq": ["AWS::IAM::Role"]}})["findings"]
    assert (finding["resource"], finding["principal"]) == (role, {"AWS": "222222222222"})
    assert [one["resourceArn"] for one in client.list_analyzed_resources(analyzerArn=arn)["analyzedResources"]] == [
        role
    ]


def test_archive_rules_archive_what_is_expected(analyzer, share):
    client, arn = analyzer
    client.create_archive_rule(
        analyzerName="outside", ruleName="partner", filter={"principal.AWS": {"contains": ["2222"]}}
    )
    share(allow({"AWS": "222222222222"}), allow({"AWS": "333333333333"}))
    statuses = {one["principal"]["AWS"]: one["status"] for one in client.list_findings(analyzerArn=arn)["findings"]}
    assert statuses == {"222222222222": "ARCHIVED", "333333333333": "ACTIVE"}
    client.update_findings(analyzerArn=arn, status="ARCHIVED", resourceArn=QUEUE)
    archived = client.list_findings(analyzerArn=arn, filter={"status": {"eq": ["ARCHIVED"]}})["findings"]
    assert len(archived) == 2
    assert client.get_archive_rule(analyzerName="outside", ruleName="partner")["archiveRule"]["filter"] == {
        "principal.AWS": {"contains": ["2222"]}
    }
    client.delete_archive_rule(analyzerName="outside", ruleName="partner")
    assert client.list_archive_rules(analyzerName="outside")["archiveRules"] == []


def test_analyzers_come_and_go(root, analyzer, refused):
    client, arn = analyzer
    assert client.get_analyzer(analyzerName="outside")["analyzer"]["arn"] == arn
    assert refused(client.create_analyzer, analyzerName="outside", type="ACCOUNT")[:2] == ("ConflictException", 409)
    code = "ServiceQuotaExceededException"
    assert refused(client.create_analyzer, analyzerName="other", type="ACCOUNT")[:2] == (code, 402)
    assert refused(client.create_analyzer, analyzerName="org", type="ORGANIZATION")[1] == 501
    client.tag_resource(resourceArn=arn, tags={"team": "blue"})
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "blue"}
    client.delete_analyzer(analyzerName="outside")
    assert client.list_analyzers()["analyzers"] == []
    assert refused(client.list_findings, analyzerArn=arn)[:2] == ("ResourceNotFoundException", 404)
