"""Queues, topics, functions and buses are told what happens in a bucket."""

import json
from urllib.parse import unquote_plus

import pytest

from skyglobe.kernel.service import Service
from tests.services.s3.conftest import OWNER, STRANGER, document

SOURCE = "arn:aws:s3:::yard"


@pytest.fixture
def sqs(owner):
    return owner.client("sqs")


@pytest.fixture
def yard_s3(owner, yard):
    """The client of the owner of ``yard``."""
    return owner.client("s3")


def statement_for(arn, **condition):
    made = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    return {**made, "Condition": condition} if condition else made


@pytest.fixture
def queue(sqs):
    """Return a function that makes a queue S3 may send to (under conditions) and returns its ARN."""

    def make(name, *, client=None, policy=True, **condition):
        client = client or sqs
        url = client.create_queue(QueueName=name)["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        if policy:
            text = document(statement_for(arn, **condition))
            client.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})
        return arn

    return make


@pytest.fixture
def told(cloud, sqs):
    """Return a function that takes all messages out of a queue, as documents."""

    def take(arn, client=None):
        client = client or sqs
        cloud.settle()
        url = client.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        taken = []
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                taken.append(json.loads(message["Body"]))
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    return take


@pytest.fixture
def notify(yard_s3):
    """Return a function that has ``yard`` send events to a queue."""

    def put(arn, *events, rules=(), **options):
        entry = {"Id": "mine", "QueueArn": arn, "Events": list(events)}
        if rules:
            entry["Filter"] = {"Key": {"FilterRules": [{"Name": n, "Value": v} for n, v in rules]}}
        configuration = {"QueueConfigurations": [entry]}
        yard_s3.put_bucket_notification_configuration(Bucket="yard", NotificationConfiguration=configuration, **options)

    return put


def names(documents):
    return sorted(record["eventName"] for document in documents for record in document["Records"])


@pytest.mark.spec("S3EVT-002", "S3EVT-009", "S3EVT-013")
def test_a_queue_is_tried_and_then_told_what_is_put_in_the_documented_form(cloud, yard_s3, queue, told, notify):
    arn = queue("events")
    yard_s3.put_object(Bucket="yard", Key="early", Body=b"")
    assert told(arn) == []
    before = yard_s3.get_bucket_notification_configuration(Bucket="yard")
    assert "QueueConfigurations" not in before
    notify(arn, "s3:ObjectCreated:*")
    [test] = told(arn)
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", "yard")
    assert set(test) == {"Service", "Event", "Time", "Bucket", "RequestId", "HostId"}
    answer = yard_s3.put_object(Bucket="yard", Key="red fruit/ä+b.txt", Body=b"apple")
    [sent] = told(arn)
    [record] = sent["Records"]
    assert record["eventVersion"] == "2.1"
    assert (record["eventSource"], record["awsRegion"], record["eventName"]) == (
        "aws:s3",
        "us-east-1",
        "ObjectCreated:Put",
    )
    assert record["eventTime"].endswith("Z")
    assert set(record["userIdentity"]) == {"principalId"}
    assert record["requestParameters"] == {"sourceIPAddress": "127.0.0.1"}
    metadata = answer["ResponseMetadata"]
    elements = {"x-amz-request-id": metadata["RequestId"], "x-amz-id-2": metadata["HostId"]}
    assert record["responseElements"] == elements
    s3 = record["s3"]
    assert (s3["s3SchemaVersion"], s3["configurationId"]) == ("1.0", "mine")
    assert (s3["bucket"]["name"], s3["bucket"]["arn"]) == ("yard", SOURCE)
    assert s3["bucket"]["ownerIdentity"]["principalId"] == record["userIdentity"]["principalId"]
    key = s3["object"].pop("key")
    assert key == "red+fruit/%C3%A4%2Bb.txt"
    assert unquote_plus(key) == "red fruit/ä+b.txt"
    sequencer = s3["object"].pop("sequencer")
    assert int(sequencer, 16)
    assert s3["object"] == {"size": 5, "eTag": answer["ETag"].strip('"')}


@pytest.mark.spec("S3EVT-001", "S3EVT-014")
def test_every_way_to_change_an_object_has_its_event(cloud, owner, yard_s3, queue, told, notify, open_yard):
    arn = queue("events")
    notify(arn, "s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put")
    told(arn)
    s3 = yard_s3
    s3.put_object(Bucket="yard", Key="large", Body=b"x" * 300_000)
    s3.copy_object(Bucket="yard", Key="copy", CopySource="yard/a")
    upload = s3.create_multipart_upload(Bucket="yard", Key="parts")["UploadId"]
    named = {"Bucket": "yard", "Key": "parts", "UploadId": upload}
    part = s3.upload_part(**named, PartNumber=1, Body=b"part")
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    created = told(arn)
    assert names(created) == ["ObjectCreated:CompleteMultipartUpload", "ObjectCreated:Copy", "ObjectCreated:Put"]
    s3.put_object_tagging(Bucket="yard", Key="a", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object_tagging(Bucket="yard", Key="a")
    s3.put_object_acl(Bucket="yard", Key="a", ACL="public-read")
    s3.put_object_acl(Bucket="yard", Key="a", ACL="public-read")  # which changes nothing
    changed = told(arn)
    assert names(changed) == ["ObjectAcl:Put", "ObjectTagging:Delete", "ObjectTagging:Put"]
    assert {record["eventVersion"] for sent in changed for record in sent["Records"]} == {"2.3"}
    s3.delete_object(Bucket="yard", Key="a")
    s3.delete_objects(Bucket="yard", Delete={"Objects": [{"Key": "copy"}, {"Key": "parts"}]})
    removed = told(arn)
    assert names(removed) == ["ObjectRemoved:Delete"] * 3
    assert {"key", "sequencer"} == set(removed[0]["Records"][0]["s3"]["object"])


def test_a_form_is_told_as_a_post(cloud, yard_s3, queue, told, notify):
    import uuid

    from skyglobe.kernel.wire import Request

    arn = queue("events")
    notify(arn, "s3:ObjectCreated:Post")
    told(arn)
    yard_s3.put_object(Bucket="yard", Key="put", Body=b"")
    made = yard_s3.generate_presigned_post("yard", "posted")
    boundary = uuid.uuid4().hex
    fields = {**made["fields"], "file": "apple"}
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    body = ("".join(parts) + f"--{boundary}--\r\n").encode()
    headers = {"host": "localhost", "content-type": f"multipart/form-data; boundary={boundary}"}
    assert cloud.send(Request("POST", "/yard", "", headers, body)).status == 204
    assert names(told(arn)) == ["ObjectCreated:Post"]


@pytest.mark.spec("S3EVT-011")
def test_filters_choose_by_the_beginning_and_end_of_keys_and_may_not_overlap(yard_s3, queue, told, notify, refused):
    arn, other = queue("events"), queue("others")
    notify(arn, "s3:ObjectCreated:*", rules=(("prefix", "im ages/"), ("suffix", ".jpg")))
    told(arn)
    kept = yard_s3.get_bucket_notification_configuration(Bucket="yard")["QueueConfigurations"]
    rules = [{"Name": "Prefix", "Value": "im ages/"}, {"Name": "Suffix", "Value": ".jpg"}]
    assert kept == [
        {"Id": "mine", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
    ]
    for key in ("im ages/a.jpg", "im ages/a.png", "b/im ages/a.jpg"):
        yard_s3.put_object(Bucket="yard", Key=key, Body=b"")
    [sent] = told(arn)
    assert sent["Records"][0]["s3"]["object"]["key"] == "im+ages/a.jpg"

    def put(*entries):
        made = [
            {
                "QueueArn": queue_arn,
                "Events": [event],
                "Filter": {"Key": {"FilterRules": [{"Name": n, "Value": v} for n, v in rules]}},
            }
            for queue_arn, event, rules in entries
        ]
        yard_s3.put_bucket_notification_configuration(
            Bucket="yard", NotificationConfiguration={"QueueConfigurations": made}
        )

    with refused("InvalidArgument") as answer:
        put((arn, "s3:ObjectCreated:*", ()), (other, "s3:ObjectCreated:Put", ()))
    assert answer["Error"]["Message"].startswith("Configurations overlap.")
    with refused("InvalidArgument") as answer:
        put((arn, "s3:ObjectCreated:*", [("prefix", "a")]), (other, "s3:ObjectCreated:Put", [("prefix", "ab")]))
    assert answer["Error"]["Message"].startswith("Configuration is ambiguously defined.")
    for rules in ([("infix", "a")], [("prefix", "a"), ("prefix", "b")], [("suffix", "x" * 1025)]):
        with refused("InvalidArgument"):
            put((arn, "s3:ObjectCreated:*", rules))
    with refused("InvalidArgument"):
        put((arn, "s3:ObjectEaten:*", ()))
    put((arn, "s3:ObjectCreated:*", [("suffix", ".a")]), (other, "s3:ObjectCreated:*", [("suffix", ".b")]))


@pytest.mark.spec("S3EVT-010")
def test_a_queue_must_be_there_and_let_s3_in(cloud, sqs, yard_s3, queue, notify, refused, told):
    text = "Unable to validate the following destination configurations"
    for arn in (queue("closed", policy=False), f"arn:aws:sqs:us-east-1:{OWNER}:nowhere"):
        with refused("InvalidArgument") as answer:
            notify(arn, "s3:ObjectCreated:*")
        assert answer["Error"]["Message"] == text
        assert answer["Error"]["ArgumentName"] == arn
    closed = queue("closed", policy=False)
    notify(closed, "s3:ObjectCreated:*", SkipDestinationValidation=True)
    yard_s3.put_object(Bucket="yard", Key="b", Body=b"")
    assert told(closed) == []
    with refused("InvalidArgument") as answer:
        notify(queue("there", client=cloud.session(OWNER, "eu-west-1").client("sqs")), "s3:ObjectCreated:*")
    assert "region is not valid" in answer["Error"]["Message"]
    with refused("InvalidArgument"):
        notify("arn:aws:s3:::yard", "s3:ObjectCreated:*")


def test_a_queues_policy_may_ask_which_bucket_of_which_account_sends(cloud, yard_s3, queue, notify, refused, told):
    good = {"ArnLike": {"aws:SourceArn": SOURCE}, "StringEquals": {"aws:SourceAccount": OWNER}}
    for wrong in ({"ArnLike": {"aws:SourceArn": f"{SOURCE}s"}}, {"StringEquals": {"aws:SourceAccount": STRANGER}}):
        with refused("InvalidArgument"):
            notify(queue("events", **wrong), "s3:ObjectCreated:*")
    arn = queue("events", **good)
    notify(arn, "s3:ObjectCreated:*")
    elsewhere = cloud.session(STRANGER).client("sqs")
    theirs = queue("theirs", client=elsewhere, **good)
    notify(theirs, "s3:ObjectCreated:*")
    told(theirs, elsewhere)
    yard_s3.put_object(Bucket="yard", Key="b", Body=b"")
    assert names(told(theirs, elsewhere)) == ["ObjectCreated:Put"]


@pytest.mark.spec("S3EVT-012")
def test_fifo_queues_are_refused(sqs, notify, refused):
    sqs.create_queue(QueueName="events.fifo", Attributes={"FifoQueue": "true"})
    with refused("InvalidArgument"):
        notify(f"arn:aws:sqs:us-east-1:{OWNER}:events.fifo", "s3:ObjectCreated:*")


@pytest.mark.spec("S3EVT-015")
def test_each_configuration_replaces_the_one_before_and_an_empty_one_ends_it(yard_s3, queue, notify, told, refused):
    first, second = queue("first"), queue("second")
    notify(first, "s3:ObjectCreated:*")
    notify(second, "s3:ObjectCreated:*")
    told(first), told(second)
    yard_s3.put_object(Bucket="yard", Key="b", Body=b"")
    assert (len(told(first)), len(told(second))) == (0, 1)
    yard_s3.put_bucket_notification_configuration(Bucket="yard", NotificationConfiguration={})
    assert "QueueConfigurations" not in yard_s3.get_bucket_notification_configuration(Bucket="yard")
    yard_s3.put_object(Bucket="yard", Key="b", Body=b"")
    assert (told(first), told(second)) == ([], [])
    many = [
        {"QueueArn": first, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [rule]}}}
        for rule in ({"Name": "prefix", "Value": f"{number}/"} for number in range(101))
    ]
    with refused("InvalidArgument"):
        yard_s3.put_bucket_notification_configuration(
            Bucket="yard", NotificationConfiguration={"QueueConfigurations": many}
        )


@pytest.mark.spec("S3EVT-016")
def test_each_of_many_puts_is_told_and_ordered_by_its_sequencer(yard_s3, queue, notify, told):
    arn = queue("events")
    notify(arn, "s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    told(arn)
    for number in range(150):
        yard_s3.put_object(Bucket="yard", Key="same", Body=b"x" * number)
    yard_s3.delete_object(Bucket="yard", Key="same")
    objects = [sent["Records"][0]["s3"]["object"] for sent in told(arn)]
    assert len(objects) >= 151
    ordered = sorted(objects, key=lambda found: found["sequencer"])
    assert [found.get("size") for found in ordered] == [*range(150), None]


def test_destinations_of_services_that_are_not_there_are_refused_by_name(yard_s3, refused, cloud):
    arns = {"TopicConfigurations": "TopicArn", "LambdaFunctionConfigurations": "LambdaFunctionArn"}
    services = {"TopicConfigurations": "sns", "LambdaFunctionConfigurations": "lambda"}
    for member, name in arns.items():
        if cloud.kernel.services.find(services[member]) is not None:
            continue
        arn = f"arn:aws:{services[member]}:us-east-1:{OWNER}:x"
        configuration = {member: [{name: arn, "Events": ["s3:ObjectCreated:*"]}]}
        with refused("NotImplemented", 501) as answer:
            yard_s3.put_bucket_notification_configuration(Bucket="yard", NotificationConfiguration=configuration)
        assert services[member] in answer["Error"]["Message"]


def test_topics_and_functions_are_tried_and_told_by_their_own_operations(cloud, yard_s3, refused):
    heard = []

    def stand_in(name, function):
        service = Service(name, validates=False)
        service.operation(function)
        # Needs nothing but to be called: whether their policies let S3 in is theirs to tell.
        service.needs(lambda call, operation, params: [])
        cloud.kernel.services.add(service)

    def publish(call, request):
        heard.append(("sns", request["TopicArn"], json.loads(request["Message"])))
        return {"MessageId": "1"}

    def invoke(call, request):
        if request["FunctionName"].endswith("missing"):
            raise Service("lambda").error("ResourceNotFoundException", "Function not found", status=404)
        if request["InvocationType"] == "Event":
            heard.append(("lambda", request["FunctionName"], json.loads(request["Payload"])))
        return {"StatusCode": 202}

    stand_in("sns", publish)
    stand_in("lambda", invoke)
    topic, function = f"arn:aws:sns:us-east-1:{OWNER}:t", f"arn:aws:lambda:us-east-1:{OWNER}:function:f"

    def put(function):
        entries = {
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}],
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectRemoved:*"]}],
        }
        yard_s3.put_bucket_notification_configuration(Bucket="yard", NotificationConfiguration=entries)

    with refused("InvalidArgument") as answer:
        put(f"{function}-missing")
    assert answer["Error"]["ArgumentValue"] == "The destination function does not exist"
    heard.clear()
    put(function)
    assert [(kind, arn, sent["Event"]) for kind, arn, sent in heard] == [("sns", topic, "s3:TestEvent")]
    heard.clear()
    yard_s3.put_object(Bucket="yard", Key="b", Body=b"")
    yard_s3.delete_object(Bucket="yard", Key="b")
    cloud.settle()
    told = {kind: (arn, sent["Records"][0]["eventName"]) for kind, arn, sent in heard}
    assert told == {"sns": (topic, "ObjectCreated:Put"), "lambda": (function, "ObjectRemoved:Delete")}
