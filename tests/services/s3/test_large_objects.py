"""Objects beyond what one request carries are made of parts; SDKs see to it by themselves from 8 MiB on."""

import io
from urllib.parse import urlsplit

import pytest

from skyglobe.kernel.wire import Request
from tests.services.s3.test_objects import Endless

MIB, GIB = 1 << 20, 1 << 30
PIECE = 64 * MIB


@pytest.mark.spec("S3PRF-009")
def test_more_than_five_gibibytes_come_in_parts_only(cloud, s3, bucket):
    for size, parts in ((8 * MIB - 1, 0), (8 * MIB, 1)):
        s3.upload_fileobj(io.BytesIO(bytes(size)), bucket, "switched")
        etag = s3.head_object(Bucket=bucket, Key="switched")["ETag"].strip('"')
        assert etag.partition("-")[2] == (str(parts) if parts else "")

    url = urlsplit(s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "whole"}))
    headers = {"host": url.netloc, "content-length": str(5 * GIB + 1)}
    answer = cloud.send(Request("PUT", url.path, url.query, headers, stream=Endless(5 * GIB + 1)))
    assert (answer.status, b"<Code>EntityTooLarge</Code>" in answer.body) == (400, True)

    s3.put_object(Bucket=bucket, Key="piece", Body=bytes(PIECE))
    s3.put_object(Bucket=bucket, Key="last", Body=b"!")
    named = {"Bucket": bucket, "Key": "whole"}
    upload = s3.create_multipart_upload(**named)["UploadId"]
    sources = ["piece"] * (5 * GIB // PIECE) + ["last"]
    listed = []
    for number, source in enumerate(sources, 1):
        copied = s3.upload_part_copy(**named, UploadId=upload, PartNumber=number, CopySource=f"{bucket}/{source}")
        listed.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": listed})
    assert s3.head_object(**named)["ContentLength"] == 5 * GIB + 1
    assert s3.get_object(**named, Range="bytes=-2")["Body"].read() == b"\x00!"
