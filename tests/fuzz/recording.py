"""Real requests to start from: what unmodified boto3 sends to a cloud, written down just before it is answered."""

from __future__ import annotations

import contextlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config as ClientConfig
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from skyglobe.kernel.wire import Request, Response
from skyglobe.models import load
from skyglobe.testing import TestCloud
from skyglobe.testing.interception import answer, fresh_session, intercepted
from tests.conformance.botocore_wire import send as serialize

ROOT_KEY = ("AKIAFUZZFUZZFUZZFUZZ", "the-secret-of-the-root-of-the-default-account")
BUCKET = "recorded-bucket"
KEY = "folder/some key+ä"
HOST = "localhost:4566"


@dataclass(frozen=True)
class Recorded:
    """One request as it would cross the wire."""

    name: str
    protocol: str
    """Whose error format the client understands: json, query, rest-xml or smithy-rpc-v2-cbor."""
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Recorder:
    """Drives boto3 against ``cloud`` with one key, and keeps every request."""

    def __init__(self, cloud: TestCloud, key: tuple[str, str]) -> None:
        self.cloud = cloud
        self.key = key
        self.taken: list[Recorded] = []
        self.is_withholding = False
        """Whether requests are kept from the cloud, which then answers nothing but 400."""
        self._name = ""
        self._protocol = ""

    def client(self, service: str, host: str = HOST, **s3: Any) -> Any:
        from boto3 import Session

        inner = fresh_session()
        intercepted(inner, self._send)
        session = Session(*self.key, region_name="us-east-1", botocore_session=inner)
        config = ClientConfig(retries={"total_max_attempts": 1}, s3={"addressing_style": "path", **s3})
        return session.client(service, endpoint_url=f"http://{host}", config=config)

    def call(self, name: str, protocol: str, operation: Callable[..., Any], **parameters: Any) -> Any:
        """Make one call. What the service answers is its own affair, an error too: the request is what counts."""
        self._name, self._protocol = name, protocol
        with contextlib.suppress(ClientError):
            return operation(**parameters)

    def serialized(self, service: str, operation: str, protocol: str, **parameters: Any) -> None:
        """Record a request in a protocol that boto3 does not choose for this service by itself, signed all the same."""
        model = load(service).operation(operation)
        made = serialize(model, protocol, parameters)
        signed = AWSRequest(made.method, f"http://{HOST}{made.path}", dict(made.headers), made.body)
        SigV4Auth(Credentials(*self.key), model.service.signing_name, "us-east-1").add_auth(signed)
        self._name, self._protocol = f"{service} {operation} by {protocol}", protocol
        answer(signed.prepare(), self._send)

    def presigned(self, s3: Any, operation: str, **parameters: Any) -> None:
        url = s3.generate_presigned_url(operation, Params={"Bucket": BUCKET, "Key": KEY, **parameters})
        method, body = ("PUT", b"by URL") if operation == "put_object" else ("GET", b"")
        self._name, self._protocol = f"s3 {operation} presigned", "rest-xml"
        answer(AWSRequest(method, url, {}, body).prepare(), self._send)

    def _send(self, request: Request) -> Response:
        headers = tuple((name, value) for name, value in request.headers.items())
        self.taken.append(
            Recorded(self._name, self._protocol, request.method, request.path, request.query, headers, request.body)
        )
        return Response(400) if self.is_withholding else self.cloud.send(request)


def record(cloud: TestCloud, key: tuple[str, str]) -> list[Recorded]:
    """Make the bucket and the queue that the requests speak of, and return every request that was sent with ``key``."""
    recorder = Recorder(cloud, key)
    _record_sts(recorder)
    _record_sqs(recorder)
    _record_sns(recorder)
    _record_s3(recorder)
    _record_s3_uploads(recorder)
    recorder.serialized(
        "cloudwatch", "PutMetricData", "smithy-rpc-v2-cbor",
        Namespace="n", MetricData=[{"MetricName": "m", "Value": 1.5, "Dimensions": [{"Name": "a", "Value": "b"}]}],
    )  # fmt: skip
    return [*recorder.taken, *_framed(recorder.taken)]


def _record_sts(recorder: Recorder) -> None:
    sts = recorder.client("sts")
    recorder.call("sts GetCallerIdentity", "query", sts.get_caller_identity)
    recorder.call("sts GetSessionToken", "query", sts.get_session_token, DurationSeconds=900)
    recorder.call("sts GetAccessKeyInfo", "query", sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")
    recorder.call(
        "sts AssumeRole", "query", sts.assume_role,
        RoleArn="arn:aws:iam::000000000000:role/r", RoleSessionName="session",
        Policy='{"Version":"2012-10-17","Statement":[]}', Tags=[{"Key": "a", "Value": "b"}],
    )  # fmt: skip


def _record_sns(recorder: Recorder) -> None:
    sns = recorder.client("sns")
    topic, queue = "arn:aws:sns:us-east-1:000000000000:recorded", "arn:aws:sqs:us-east-1:000000000000:recorded"

    def call(operation: str, **parameters: Any) -> None:
        recorder.call(f"sns {operation}", "query", getattr(sns, operation), **parameters)

    call("create_topic", Name="recorded", Attributes={"DisplayName": "d"}, Tags=[{"Key": "a", "Value": "b"}])
    call("create_topic", Name="recorded.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})
    filtering = {"FilterPolicy": '{"a": [{"prefix": "v"}], "b": [{"numeric": [">", 1]}]}'}
    call("subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=filtering)
    call("subscribe", TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    message = {"Message": "hello", "MessageAttributes": {"a": {"DataType": "String", "StringValue": "v"}}}
    call("publish", TopicArn=topic, Subject="s", **message)
    call("publish", TopicArn=topic, Message='{"default": "x"}', MessageStructure="json")
    call("publish", TopicArn=f"{topic}.fifo", Message="x", MessageGroupId="g", MessageDeduplicationId="d")
    call("publish_batch", TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", **message}, {"Id": "2", **message}])
    policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"*"}]}'
    call("set_topic_attributes", TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    delivery = '{"http":{"defaultHealthyRetryPolicy":{"numRetries":5,"minDelayTarget":1,"maxDelayTarget":9}}}'
    call("set_topic_attributes", TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=delivery)
    call("confirm_subscription", TopicArn=topic, Token="f" * 288)
    call("list_subscriptions_by_topic", TopicArn=topic)
    call("add_permission", TopicArn=topic, Label="l", AWSAccountId=["111122223333"], ActionName=["Publish"])
    protection = (
        '{"Name":"p","Version":"2021-06-01","Statement":[{"DataDirection":"Inbound","Principal":["*"],'
        '"DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],"Operation":{"Deny":{}}}]}'
    )
    call("put_data_protection_policy", ResourceArn=topic, DataProtectionPolicy=protection)
    application = {"Name": "app", "Platform": "GCM", "Attributes": {"PlatformCredential": "k"}}
    call("create_platform_application", **application)
    arn = "arn:aws:sns:us-east-1:000000000000:app/GCM/app"
    call("create_platform_endpoint", PlatformApplicationArn=arn, Token="t", CustomUserData="d")
    call("set_sms_attributes", attributes={"DefaultSenderID": "Shop"})
    call("create_sms_sandbox_phone_number", PhoneNumber="+15555550100")


def _record_sqs(recorder: Recorder) -> None:
    sqs = recorder.client("sqs")
    attributes = {"VisibilityTimeout": "30", "MaximumMessageSize": "4096"}
    url = f"http://{HOST}/000000000000/recorded"
    fifo = f"{url}.fifo"
    recorder.call("sqs CreateQueue", "json", sqs.create_queue, QueueName="recorded", Attributes=attributes)
    recorder.call(
        "sqs CreateQueue fifo", "json", sqs.create_queue, QueueName="recorded.fifo", Attributes={"FifoQueue": "true"}
    )
    with_attribute = {
        "a": {"DataType": "String", "StringValue": "v"},
        "b": {"DataType": "Binary", "BinaryValue": b"\0\1\2"},
        "c": {"DataType": "Number.int", "StringValue": "12"},
    }
    send = {"QueueUrl": url, "MessageBody": "hello", "DelaySeconds": 0, "MessageAttributes": with_attribute}
    recorder.call("sqs SendMessage", "json", sqs.send_message, **send)
    recorder.call(
        "sqs SendMessage fifo", "json", sqs.send_message,
        QueueUrl=fifo, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d",
    )  # fmt: skip
    entries = [{"Id": str(n), "MessageBody": f"body {n}", "MessageAttributes": with_attribute} for n in range(3)]
    recorder.call("sqs SendMessageBatch", "json", sqs.send_message_batch, QueueUrl=url, Entries=entries)
    receive = {
        "QueueUrl": url,
        "MaxNumberOfMessages": 2,
        "MessageSystemAttributeNames": ["All"],
        "VisibilityTimeout": 5,
    }
    received = recorder.call("sqs ReceiveMessage", "json", sqs.receive_message, **receive) or {}
    handles = [message["ReceiptHandle"] for message in received.get("Messages", [])] or ["handle"]
    for operation in ("delete_message", "change_message_visibility"):
        more = {"VisibilityTimeout": 10} if operation.startswith("change") else {}
        recorder.call(
            f"sqs {operation}", "json", getattr(sqs, operation), QueueUrl=url, ReceiptHandle=handles[0], **more
        )
    recorder.call(
        "sqs DeleteMessageBatch", "json", sqs.delete_message_batch,
        QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": handles[-1]}],
    )  # fmt: skip
    recorder.call("sqs GetQueueAttributes", "json", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
    recorder.call("sqs SetQueueAttributes", "json", sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes)
    recorder.call("sqs ListQueues", "json", sqs.list_queues, MaxResults=10, QueueNamePrefix="re")
    recorder.call("sqs TagQueue", "json", sqs.tag_queue, QueueUrl=url, Tags={"a": "b"})
    recorder.call(
        "sqs AddPermission",
        "json",
        sqs.add_permission,
        QueueUrl=url,
        Label="l",
        AWSAccountIds=["1" * 12],
        Actions=["*"],
    )
    for name, parameters in {
        "SendMessage": send,
        "SendMessageBatch": {"QueueUrl": url, "Entries": entries},
        "ReceiveMessage": receive,
        "CreateQueue": {"QueueName": "recorded", "Attributes": attributes},
        "GetQueueAttributes": {"QueueUrl": url, "AttributeNames": ["All"]},
    }.items():
        recorder.serialized("sqs", name, "query", **parameters)


def _record_s3(recorder: Recorder) -> None:
    s3 = recorder.client("s3")

    def call(name: str, operation: Callable[..., Any], **parameters: Any) -> Any:
        return recorder.call(f"s3 {name}", "rest-xml", operation, Bucket=BUCKET, **parameters)

    call("CreateBucket", s3.create_bucket)
    call(
        "PutObject", s3.put_object, Key=KEY, Body=b"hello", Metadata={"a": "b"}, Tagging="c=d", ContentType="text/plain"
    )
    call("PutObject SHA256", s3.put_object, Key="k", Body=b"x" * 3000, ChecksumAlgorithm="SHA256")
    call("GetObject", s3.get_object, Key=KEY, Range="bytes=1-3", ResponseContentType="text/x")
    call("HeadObject", s3.head_object, Key=KEY, IfNoneMatch='"0"')
    call(
        "CopyObject", s3.copy_object, Key="copy", CopySource={"Bucket": BUCKET, "Key": KEY}, MetadataDirective="REPLACE"
    )
    call("ListObjectsV2", s3.list_objects_v2, Prefix="f", Delimiter="/", MaxKeys=1, EncodingType="url")
    call("ListObjects", s3.list_objects, Marker="a")
    call("ListObjectVersions", s3.list_object_versions)
    call("PutObjectTagging", s3.put_object_tagging, Key=KEY, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    call("GetObjectTagging", s3.get_object_tagging, Key=KEY)
    call("GetObjectAttributes", s3.get_object_attributes, Key=KEY, ObjectAttributes=["ETag", "ObjectSize"])
    call("DeleteObjects", s3.delete_objects, Delete={"Objects": [{"Key": "gone"}, {"Key": "also <gone> & past"}]})
    call("DeleteObject", s3.delete_object, Key="gone")
    call("GetBucketLocation", s3.get_bucket_location)
    call("PutBucketTagging", s3.put_bucket_tagging, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    recorder.call("s3 ListBuckets", "rest-xml", s3.list_buckets, MaxBuckets=5)
    recorder.presigned(s3, "get_object", ResponseContentDisposition="attachment")
    recorder.presigned(s3, "put_object")
    virtual = recorder.client("s3", f"s3.{HOST}", addressing_style="virtual")
    recorder.call("s3 PutObject virtual", "rest-xml", virtual.put_object, Bucket=BUCKET, Key="v", Body=b"v")


def _record_s3_uploads(recorder: Recorder) -> None:
    s3 = recorder.client("s3", payload_signing_enabled=True)
    where = {"Bucket": BUCKET, "Key": "upload"}
    made = recorder.call("s3 CreateMultipartUpload", "rest-xml", s3.create_multipart_upload, **where) or {}
    upload = {**where, "UploadId": made.get("UploadId", "none")}
    part = recorder.call("s3 UploadPart", "rest-xml", s3.upload_part, **upload, PartNumber=1, Body=b"p" * 2000) or {}
    copy = {**upload, "PartNumber": 2, "CopySource": f"{BUCKET}/k"}
    recorder.call("s3 UploadPartCopy", "rest-xml", s3.upload_part_copy, **copy)
    recorder.call("s3 ListParts", "rest-xml", s3.list_parts, **upload)
    recorder.call("s3 ListMultipartUploads", "rest-xml", s3.list_multipart_uploads, Bucket=BUCKET)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part.get("ETag", "none")}]}
    recorder.is_withholding = True  # the upload is to be there still when the mutants come
    recorder.call(
        "s3 CompleteMultipartUpload", "rest-xml", s3.complete_multipart_upload, **upload, MultipartUpload=parts
    )
    recorder.call("s3 AbortMultipartUpload", "rest-xml", s3.abort_multipart_upload, **upload)
    recorder.is_withholding = False


def _framed(taken: list[Recorded]) -> Iterator[Recorded]:
    """Yield uploads in each chunk framing S3 knows. (boto3 chooses it over TLS and for streams only; signatures of
    chunks are made up here, which a key taken on trust does not mind, and a verified one refuses.)"""
    upload = next(recorded for recorded in taken if recorded.name == "s3 PutObject")
    data = b"x" * 100
    signature = b";chunk-signature=" + b"0" * 64
    trailer = b"x-amz-checksum-crc32:%s\r\n" % b64encode(crc32(data).to_bytes(4, "big"))
    signed_trailer = trailer + b"x-amz-trailer-signature:" + b"0" * 64 + b"\r\n"
    for kind, extension, end in (
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", signature, b""),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", signature, signed_trailer),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", b"", trailer),
    ):
        body = b"%x%s\r\n%s\r\n0%s\r\n%s\r\n" % (len(data), extension, data, extension, end)
        changed = {
            "x-amz-content-sha256": kind,
            "content-encoding": "aws-chunked",
            "x-amz-decoded-content-length": str(len(data)),
            "content-length": str(len(body)),
        }
        if end:
            changed["x-amz-trailer"] = "x-amz-checksum-crc32"
        dropped = {"content-md5", "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm"}
        kept = {name: value for name, value in upload.headers if name not in dropped}
        yield replace(upload, name=f"s3 PutObject {kind}", headers=tuple({**kept, **changed}.items()), body=body)
