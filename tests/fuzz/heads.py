"""What can be wrong with a request before its body begins: method, path, query, headers."""

# ruff: noqa: E501 - tables of values read better wide than long

from __future__ import annotations

import random

from tests.fuzz import odd
from tests.fuzz.drafts import Draft

HEADERS = {
    "content-type": [
        "application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json", "application/cbor", "text/xml", "",
        "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data; boundary=x", "é",
        "application/vnd.amazon.eventstream",
    ],
    "content-encoding": ["gzip", "aws-chunked", "aws-chunked,gzip", "gzip,gzip,gzip", "br", "identity", ""],
    "content-length": odd.NUMBERS,
    "transfer-encoding": ["chunked", "gzip, chunked", "identity", "chunked, chunked"],
    "expect": ["100-continue", "200-ok"],
    "host": ["", "a", "s3.localhost", "..s3.localhost", "-.s3.localhost", "[::1]:4566", "é.s3.localhost", "a" * 300, "b.s3.localhost:99999"],
    "authorization": [
        "", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=;;, Signature=x",
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=é", "AWS a:b", "AWS :",
        "AWS4-ECDSA-P256-SHA256 Credential=test/20260101/s3/aws4_request, SignedHeaders=host, Signature=00", "Bearer x", "Basic é",
        "AWS4-HMAC-SHA256 Credential=" + "/" * 5000,
    ],
    "x-amz-date": odd.INSTANTS,
    "date": odd.INSTANTS,
    "x-amz-security-token": odd.TEXTS,
    "x-amz-target": ["", ".", "AmazonSQS.", ".SendMessage", "AmazonSQS.Nothing", "AmazonSQS.SendMessage.More", "DynamoDB_20120810.GetItem", "é.é"],
    "x-amz-query-mode": ["true", "é"],
    "smithy-protocol": ["rpc-v2-cbor", "é"],
    "x-amz-content-sha256": [
        "", "UNSIGNED-PAYLOAD", "0" * 64, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-", "é",
    ],
    "x-amz-decoded-content-length": odd.NUMBERS,
    "x-amz-trailer": ["x-amz-checksum-sha256", "host", "", ",,,", "é", "x-amz-checksum-crc32,x-amz-checksum-crc32c"],
    "content-md5": odd.BASE64,
    "x-amz-sdk-checksum-algorithm": ["CRC32", "NONE", "", "é", "sha256"],
    "x-amz-checksum-algorithm": ["CRC32", "CRC64NVME", "NONE", "é"],
    "x-amz-checksum-type": ["COMPOSITE", "FULL_OBJECT", "é"],
    "x-amz-checksum-mode": ["ENABLED", "é"],
    "x-amz-checksum-crc32": odd.BASE64,
    "x-amz-checksum-sha256": odd.BASE64,
    "x-amz-checksum-crc64nvme": odd.BASE64,
    "range": ["bytes=", "bytes=-", "bytes=5-1", "bytes=-0", "bytes=0-,1-", "bytes=99999999999999999999-", "items=0-1", "é", "bytes=a-b", "bytes=-" + "9" * 400],
    "x-amz-copy-source": ["", "/", "//", "b", "/recorded-bucket/k?versionId=", "recorded-bucket/%zz", "recorded-bucket/%ff", "é/é", "arn:aws:s3:::x/y", "recorded-bucket/" + "a" * 2000],
    "x-amz-copy-source-range": ["bytes=0-99999999999", "bytes=5-1", "é"],
    "x-amz-metadata-directive": ["COPY", "REPLACE", "é"],
    "x-amz-tagging": ["a", "=", "&&&", "a=b&a=b", "%zz=1", "&".join(f"k{n}=v" for n in range(60)), "é=é", "%00=%00"],
    "x-amz-tagging-directive": ["REPLACE", "é"],
    "x-amz-acl": ["public-read", "nobody", "é"],
    "x-amz-grant-read": ['id="x"', "é", "uri=", "emailAddress=a@b"],
    "x-amz-storage-class": ["STANDARD", "GLACIER", "é", ""],
    "x-amz-server-side-encryption": ["AES256", "aws:kms", "é"],
    "x-amz-server-side-encryption-customer-key": odd.BASE64,
    "x-amz-server-side-encryption-customer-algorithm": ["AES256", "é"],
    "x-amz-object-lock-mode": ["GOVERNANCE", "é"],
    "x-amz-object-lock-retain-until-date": odd.INSTANTS,
    "x-amz-website-redirect-location": odd.TEXTS[:20],
    "x-amz-expected-bucket-owner": ["000000000000", "1", "é"],
    "x-amz-request-payer": ["requester", "é"],
    "x-amz-mp-object-size": odd.NUMBERS,
    "x-amz-write-offset-bytes": odd.NUMBERS,
    "x-amz-meta-é": ["é"],
    "x-amz-meta-big": ["x" * 3000],
    "x-amz-meta-": [""],
    "if-match": ["*", '"', '""', "é", "," * 500],
    "if-none-match": ["*", '"', 'W/"x"', "é"],
    "if-modified-since": odd.INSTANTS,
    "if-unmodified-since": odd.INSTANTS,
    "expires": odd.INSTANTS,
    "cache-control": odd.TEXTS[:12],
    "content-disposition": ["é", "=?UTF-8?B?w6k=?=", "=?UTF-8?B?", "=?x?y?z?="],
    "content-language": ["é", "=?UTF-8?Q?=C3?="],
    "origin": ["http://a", "é"],
}  # fmt: skip
QUERY_NAMES = [
    "acl", "attributes", "cors", "delete", "delimiter", "encoding-type", "continuation-token", "list-type", "location", "marker", "max-keys",
    "max-uploads", "max-parts", "part-number-marker", "key-marker", "upload-id-marker", "partNumber", "policy", "prefix", "start-after", "tagging",
    "uploadId", "uploads", "versionId", "versioning", "versions", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
    "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Security-Token", "AWSAccessKeyId", "Signature", "Expires", "Action", "Version", "x-id",
    "response-content-type", "response-expires", "response-cache-control", "fetch-owner", "bucket-region", "max-buckets", "select", "é", "", "%",
]  # fmt: skip
METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "A", "X" * 60]


def drop_a_header(draft: Draft, rng: random.Random) -> None:
    if draft.headers:
        draft.drop(rng.choice(draft.headers)[0])


def repeat_a_header(draft: Draft, rng: random.Random) -> None:
    if draft.headers:
        name, value = rng.choice(draft.headers)
        draft.headers.append((name, rng.choice([value, odd.text(rng)])))


def spoil_a_header(draft: Draft, rng: random.Random) -> None:
    if draft.headers:
        name, value = rng.choice(draft.headers)
        draft.put(
            name,
            rng.choice(
                [
                    odd.text(rng),
                    odd.number(rng),
                    value[:-1],
                    value + "x",
                    value.swapcase(),
                    "x" * 9000,
                    "",
                    f"{value},{value}",
                ]
            ),
        )


def add_a_header(draft: Draft, rng: random.Random) -> None:
    name = rng.choice(list(HEADERS))
    draft.put(name, rng.choice(HEADERS[name]))


def add_many_headers(draft: Draft, rng: random.Random) -> None:
    draft.headers += [(f"x-amz-meta-{n}", "v" * rng.choice([1, 40])) for n in range(200)]


def spoil_the_authorization(draft: Draft, rng: random.Random) -> None:
    value = draft.get("authorization")
    if not value:
        draft.query = draft.query.replace("X-Amz-", rng.choice(["x-amz-", "X-Amz", "X-Amz-X-Amz-"]), rng.choice([1, 9]))
        return
    parts = value.replace(",", " ").replace("/", " / ").replace("=", " = ").split(" ")
    at = rng.randrange(len(parts))
    parts[at] = rng.choice(["", odd.text(rng), parts[at] * 2, parts[at].upper()])
    draft.put("authorization", "".join(f"{part} " if part.startswith("AWS") else part for part in parts))


def lie_about_the_length(draft: Draft, rng: random.Random) -> None:
    draft.put("content-length", rng.choice([str(len(draft.body) + 1), str(max(0, len(draft.body) - 1)), *odd.NUMBERS]))


def change_the_method(draft: Draft, rng: random.Random) -> None:
    draft.method = rng.choice(METHODS)


def spoil_the_path(draft: Draft, rng: random.Random) -> None:
    segments = draft.path.split("/")
    at = rng.randrange(len(segments))
    match rng.randrange(4):
        case 0:
            segments[at] = rng.choice(odd.SEGMENTS)
        case 1:
            segments.insert(at, rng.choice(odd.SEGMENTS))
        case 2:
            segments[at] += rng.choice(odd.SEGMENTS)
        case 3:
            del segments[at]
    path = "/".join(segments)
    draft.path = path if path.startswith("/") or rng.random() < 0.2 else f"/{path}"


def spoil_the_query(draft: Draft, rng: random.Random) -> None:
    parts = draft.query.split("&") if draft.query else []
    text = rng.choice([odd.number(rng), *rng.sample(odd.SEGMENTS, 3), rng.choice(odd.INSTANTS), rng.choice(odd.BASE64)])
    match rng.randrange(5):
        case 0:
            parts.append(f"{rng.choice(QUERY_NAMES)}={text}")
        case 1:
            parts.append(rng.choice(QUERY_NAMES))
        case 2 if parts:
            at = rng.randrange(len(parts))
            parts[at] = f"{parts[at].partition('=')[0]}={text}"
        case 3 if parts:
            parts.append(rng.choice(parts))
        case 4 if parts:
            del parts[rng.randrange(len(parts))]
    draft.query = "&".join(parts)


def explode_the_query(draft: Draft, rng: random.Random) -> None:
    name = rng.choice(["a", "prefix", "Attribute", "tag-key", "X-Amz-SignedHeaders"])
    draft.query += "".join(f"&{name}{n if rng.random() < 0.5 else ''}={n}" for n in range(2000))


MUTATORS = [
    drop_a_header, repeat_a_header, spoil_a_header, add_a_header, add_a_header, add_many_headers, spoil_the_authorization,
    lie_about_the_length, change_the_method, spoil_the_path, spoil_the_query, explode_the_query,
]  # fmt: skip
