"""A policy is written from what a user did, and is enough for it."""

import json

ACCOUNT = "111111111111"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"


def document(action):
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})


def test_what_was_used_is_allowed_and_nothing_else(cloud, refused):
    root = cloud.session(account=ACCOUNT)
    iam, analyzer = root.client("iam"), root.client("accessanalyzer")
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document("*"))
    ann = cloud.session_with(iam.create_access_key(UserName="ann")["AccessKey"])
    url = ann.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    ann.client("sns").list_topics()
    ann.client("s3").list_buckets()
    cloud.turn(days=91)
    ann.client("sqs").send_message(QueueUrl=url, MessageBody="one")
    ann.client("s3").list_buckets()

    job = analyzer.start_policy_generation(policyGenerationDetails={"principalArn": ANN}, clientToken="once")["jobId"]
    again = analyzer.start_policy_generation(policyGenerationDetails={"principalArn": ANN}, clientToken="once")
    assert again["jobId"] == job
    other = {"principalArn": f"arn:aws:iam::{ACCOUNT}:user/bob"}
    assert refused(analyzer.start_policy_generation, policyGenerationDetails=other, clientToken="once")[0] == (
        "ConflictException"
    )
    cloud.turn(seconds=1)
    shown = analyzer.get_generated_policy(jobId=job)
    assert shown["jobDetails"]["status"] == "SUCCEEDED"
    assert shown["generatedPolicyResult"]["properties"] == {"principalArn": ANN, "isComplete": False}
    (policy,) = shown["generatedPolicyResult"]["generatedPolicies"]
    assert json.loads(policy["policy"])["Statement"] == [
        {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}
    ]
    whole = analyzer.get_generated_policy(
        jobId=job, includeResourcePlaceholders=True, includeServiceLevelTemplate=True
    )["generatedPolicyResult"]["generatedPolicies"]
    placed, template = (json.loads(one["policy"])["Statement"] for one in whole)
    assert placed[0]["Resource"] == "arn:aws:sqs:${Region}:${Account}:${QueueName}"
    assert template[0]["Action"] == ["s3:*"]

    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=policy["policy"])
    ann.client("sqs").send_message(QueueUrl=url, MessageBody="two")
    assert refused(ann.client("sqs").receive_message, QueueUrl=url)[0].startswith("AccessDenied")


def test_generations_are_listed_for_a_week(cloud, aws, refused):
    analyzer = aws.client("accessanalyzer")
    nobody = "arn:aws:iam::000000000000:role/nobody"
    job = analyzer.start_policy_generation(policyGenerationDetails={"principalArn": nobody})["jobId"]
    cloud.turn(seconds=1)
    failed = analyzer.get_generated_policy(jobId=job)["jobDetails"]
    assert (failed["status"], failed["jobError"]["code"]) == ("FAILED", "RESOURCE_NOT_FOUND_ERROR")
    assert refused(analyzer.cancel_policy_generation, jobId=job)[0] == "ValidationException"
    assert [one["jobId"] for one in analyzer.list_policy_generations(principalArn=nobody)["policyGenerations"]] == [job]
    assert analyzer.list_policy_generations(principalArn=nobody[:-1])["policyGenerations"] == []
    cloud.turn(days=7)
    assert analyzer.list_policy_generations()["policyGenerations"] == []
    assert refused(analyzer.get_generated_policy, jobId=job)[0] == "ValidationException"


def test_trails_are_not_there_to_be_read(aws, refused):
    trails = {
        "trails": [{"cloudTrailArn": "arn:aws:cloudtrail:us-east-1:000000000000:trail/all"}],
        "accessRole": "arn:aws:iam::000000000000:role/reader",
        "startTime": 0,
    }
    code, status, message = refused(
        aws.client("accessanalyzer").start_policy_generation,
        policyGenerationDetails={"principalArn": ANN},
        cloudTrailDetails=trails,
    )
    assert (code, status) == ("NotImplemented", 501)
    assert "CloudTrail" in message
