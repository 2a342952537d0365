"""Groups and streams: their names, lists, classes, protection against deletion, tags."""

import json

import pytest

DAY = 86_400_000


@pytest.mark.spec("CWL-001")
def test_groups_have_free_names_that_are_unique(logs, refused):
    for name in ("/my/app", "a", "A.b_c-d#e/f", "x" * 512):
        logs.create_log_group(logGroupName=name)
    code, status, text = refused(logs.create_log_group, logGroupName="my app")
    assert (code, status) == ("InvalidParameterException", 400)
    assert "failed to satisfy constraint: Member must satisfy regular expression pattern" in text
    code, _, text = refused(logs.create_log_group, logGroupName="/my/app")
    assert (code, text) == ("ResourceAlreadyExistsException", "The specified log group already exists")
    assert refused(logs.create_log_group, logGroupName="aws/mine")[0] == "InvalidParameterException"


def test_a_group_is_described_with_both_of_its_arns(logs, cloud):
    before = cloud.now
    logs.create_log_group(logGroupName="/my/app")
    (found,) = logs.describe_log_groups()["logGroups"]
    assert found == {
        "logGroupName": "/my/app",
        "creationTime": found["creationTime"],
        "arn": "arn:aws:logs:us-east-1:000000000000:log-group:/my/app:*",
        "logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:/my/app",
        "logGroupClass": "STANDARD",
        "metricFilterCount": 0,
        "storedBytes": 0,
        "deletionProtectionEnabled": False,
    }
    assert before <= found["creationTime"] <= cloud.now


@pytest.mark.spec("CWL-029")
def test_groups_are_listed_page_by_page(logs, refused):
    for number in range(7):
        logs.create_log_group(logGroupName=f"/app/{number}")
    logs.create_log_group(logGroupName="/other")
    pages = list(logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["logGroups"]) for page in pages] == [3, 3, 2]
    named = logs.describe_log_groups(logGroupNamePrefix="/app/", limit=2)
    assert [one["logGroupName"] for one in named["logGroups"]] == ["/app/0", "/app/1"]
    following = logs.describe_log_groups(logGroupNamePrefix="/app/", limit=50, nextToken=named["nextToken"])
    assert len(following["logGroups"]) == 5
    assert refused(logs.describe_log_groups, nextToken=named["nextToken"])[0] == "InvalidParameterException"
    (found,) = logs.describe_log_groups(logGroupNamePattern="the")["logGroups"]
    assert set(found) >= {"logGroupName", "arn", "creationTime"}
    assert "storedBytes" not in found
    both = {"logGroupNamePattern": "a", "logGroupNamePrefix": "a"}
    assert refused(logs.describe_log_groups, **both)[0] == "InvalidParameterException"


def test_groups_are_listed_by_patterns_class_and_tags(logs):
    logs.create_log_group(logGroupName="/aws/lambda/one", tags={"team": "red"})
    logs.create_log_group(logGroupName="/aws/lambda/two", tags={"team": "blue"}, logGroupClass="INFREQUENT_ACCESS")
    logs.create_log_group(logGroupName="/mine/aws/lambda")

    def names(**more):
        return [one["logGroupName"] for one in logs.list_log_groups(**more)["logGroups"]]

    assert names(logGroupNamePattern="^/aws/lambda") == ["/aws/lambda/one", "/aws/lambda/two"]
    assert names(logGroupNamePattern="lambda/two|^/mine") == ["/aws/lambda/two", "/mine/aws/lambda"]
    assert names(logGroupClass="INFREQUENT_ACCESS") == ["/aws/lambda/two"]
    assert names(logGroupTags=[{"key": "team", "values": ["r*"]}]) == ["/aws/lambda/one"]
    assert names(logGroupTags=[{"key": "team", "values": ["!red"]}]) == ["/aws/lambda/two"]


@pytest.mark.spec("CWL-002")
def test_streams_are_listed_by_name_or_last_event(group, cloud, refused):
    for name in ("a", "b", "c"):
        group.make_stream(name)
    group.put("1", stream="c")
    group.put("2", stream="b", at=cloud.now + 5)
    assert [stream["logStreamName"] for stream in group.streams()] == ["a", "b", "c", "s"]
    latest = group.streams(orderBy="LastEventTime", descending=True)
    assert [stream["logStreamName"] for stream in latest][:2] == ["b", "c"]
    assert len(latest) == 4
    assert [stream["logStreamName"] for stream in group.streams(logStreamNamePrefix="b")] == ["b"]
    code = refused(group.streams, orderBy="LastEventTime", logStreamNamePrefix="b")[0]
    assert code == "InvalidParameterException"
    assert refused(group.make_stream, "a")[0] == "ResourceAlreadyExistsException"
    assert refused(group.make_stream, "a:b")[0] == "InvalidParameterException"


@pytest.mark.parametrize(
    "more", [{}, {"descending": True}, {"orderBy": "LastEventTime"}, {"logStreamNamePrefix": "s-"}]
)
def test_streams_are_listed_page_by_page(group, more):
    for number in range(5):
        group.make_stream(f"s-{number}")
        group.put("x", stream=f"s-{number}")
    whole = [stream["logStreamName"] for stream in group.streams(**more)]
    seen, token = [], {}
    while True:
        page = group.client.describe_log_streams(logGroupName=group.name, limit=2, **more, **token)
        seen += [stream["logStreamName"] for stream in page["logStreams"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert seen == whole


def test_a_stream_tells_of_its_events(group, cloud):
    (before,) = group.streams()
    assert "lastEventTimestamp" not in before
    now = cloud.now
    group.put("one", "two", at=now - 5000, every=1000)
    (stream,) = group.streams()
    assert stream["firstEventTimestamp"] == now - 5000
    assert stream["lastEventTimestamp"] == now - 4000
    assert stream["lastIngestionTime"] >= now
    assert stream["storedBytes"] == 0
    assert stream["arn"].endswith(":log-group:/my/app:log-stream:s")
    assert group.described["storedBytes"] == 2 * (3 + 26)


@pytest.mark.spec("CWL-029")
def test_what_does_not_exist_is_told(logs, group, refused):
    for call in (logs.delete_log_group, logs.describe_log_streams):
        code, status, text = refused(call, logGroupName="nothing")
        assert (code, status) == ("ResourceNotFoundException", 400)
        assert text == "The specified log group does not exist."
    code, _, text = refused(group.get, stream="nothing")
    assert (code, text) == ("ResourceNotFoundException", "The specified log stream does not exist.")
    assert refused(group.put, "x", stream="nothing")[0] == "ResourceNotFoundException"


def test_what_is_deleted_is_gone_for_good(group, cloud, make_group):
    group.put("old")
    group.client.delete_log_stream(logGroupName=group.name, logStreamName="s")
    group.make_stream("s")
    assert group.messages() == []
    assert group.find() == []
    cloud.turn(1)
    assert group.described["storedBytes"] == 0
    group.put("older")
    group.client.delete_log_group(logGroupName=group.name)
    assert make_group().messages() == []
    cloud.turn(1)

    def rows(scope):
        from skyglobe.services.logs.records import chunks, fresh, slots

        return [*chunks.scan(scope), *fresh.scan(scope), *slots.scan(scope)]

    left = cloud.run(cloud.kernel.transact(rows, "000000000000", "us-east-1"))
    assert left == []


@pytest.mark.spec("CWL-026")
def test_a_protected_group_and_its_streams_cannot_be_deleted(make_group, logs, refused):
    group = make_group(deletionProtectionEnabled=True)
    assert group.described["deletionProtectionEnabled"]
    assert refused(logs.delete_log_group, logGroupName=group.name)[0] == "ValidationException"
    code = refused(logs.delete_log_stream, logGroupName=group.name, logStreamName="s")[0]
    assert code == "ValidationException"
    logs.put_log_group_deletion_protection(logGroupIdentifier=group.arn, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=group.name)


@pytest.mark.spec("CWL-026")
def test_infrequent_access_is_without_filters_and_live_tail(make_group, logs, refused):
    group = make_group(logGroupClass="INFREQUENT_ACCESS")
    assert group.described["logGroupClass"] == "INFREQUENT_ACCESS"
    group.put("kept all the same")
    assert group.messages() == ["kept all the same"]
    code = refused(
        logs.put_subscription_filter,
        logGroupName=group.name,
        filterName="f",
        filterPattern="",
        destinationArn="arn:aws:lambda:us-east-1:000000000000:function:f",
    )[0]
    assert code == "InvalidParameterException"
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    asked = {"logGroupName": group.name, "filterName": "f", "filterPattern": "", "metricTransformations": [metric]}
    assert refused(logs.put_metric_filter, **asked)[0] == "InvalidParameterException"
    assert refused(logs.start_live_tail, logGroupIdentifiers=[group.arn])[0] == "InvalidParameterException"


@pytest.mark.spec("CWL-030")
def test_tags_are_put_on_the_arn_without_the_asterisk(make_group, logs, refused):
    group = make_group(tags={"a": "1"})
    logs.tag_resource(resourceArn=group.arn, tags={"b": "2", "a": "3"})
    assert logs.list_tags_for_resource(resourceArn=group.arn)["tags"] == {"a": "3", "b": "2"}
    logs.untag_resource(resourceArn=group.arn, tagKeys=["a", "z"])
    assert logs.list_tags_log_group(logGroupName=group.name)["tags"] == {"b": "2"}
    logs.tag_log_group(logGroupName=group.name, tags={"c": "4"})
    logs.untag_log_group(logGroupName=group.name, tags=["b"])
    assert logs.list_tags_log_group(logGroupName=group.name)["tags"] == {"c": "4"}
    many = {f"k{number}": "" for number in range(50)}
    assert refused(logs.tag_resource, resourceArn=group.arn, tags=many)[0] == "TooManyTagsException"
    none = "arn:aws:logs:us-east-1:000000000000:log-group:none"
    assert refused(logs.tag_resource, resourceArn=none, tags={"a": ""})[0] == "ResourceNotFoundException"


def test_a_group_is_as_readable_as_the_key_it_is_under(aws, cloud, logs, refused):
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    asked = {"logGroupName": "g", "kmsKeyId": key}
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:g"
    text = f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
    assert refused(logs.create_log_group, **asked) == ("InvalidParameterException", 400, text)
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    service = {"Service": "logs.us-east-1.amazonaws.com"}
    bound = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}}
    allow = {"Effect": "Allow", "Principal": service, "Action": "kms:*", "Resource": "*", "Condition": bound}
    policy["Statement"].append(allow)
    kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
    logs.create_log_group(**asked)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    logs.create_log_group(logGroupName="h")
    assert refused(logs.associate_kms_key, **{**asked, "logGroupName": "h"})[0] == "InvalidParameterException"
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    event = {"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": cloud.now, "message": "m"}]}
    logs.put_log_events(**event)
    kms.disable_key(KeyId=key)
    cloud.turn(minutes=6)
    assert refused(logs.put_log_events, **event)[0] == "AccessDeniedException"
    assert refused(logs.filter_log_events, logGroupName="g")[0] == "AccessDeniedException"
    logs.disassociate_kms_key(logGroupName="g")
    assert [one["message"] for one in logs.filter_log_events(logGroupName="g")["events"]] == ["m"]
