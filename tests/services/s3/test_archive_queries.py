"""SQL over archived objects, whose answers are written into a bucket: Glacier Select."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from skyglobe.services.s3 import archive_queries
from skyglobe.testing import TestCloud
from tests.services.s3.conftest import OWNER, document, statement

pytest.importorskip("duckdb")

PEOPLE = "name,age,town\nAnn,31,Ghent\nBob,29,Riga\nCyd,45,\n"
COLD = "arn:aws:s3:::yard/*"
OUT = "arn:aws:s3:::answers/*"

Refused = Callable[..., Any]


def query(sql: str, tier: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a restore request that is a query of CSV with a header line."""
    asked: dict[str, Any] = {
        "Type": "SELECT",
        "SelectParameters": {
            "Expression": sql,
            "ExpressionType": "SQL",
            "InputSerialization": {"CSV": {"FileHeaderInfo": "USE"}},
            "OutputSerialization": {"CSV": {}},
        },
        "OutputLocation": {"S3": {"BucketName": "answers", "Prefix": "monday"}},
    }
    if tier is not None:
        asked["Tier"] = tier
    return {**asked, **more}


@pytest.fixture
def s3(owner: Any, yard: str) -> Any:
    """The client of the owner of ``yard``, with an archived object ``people``, and of the bucket ``answers``."""
    client = owner.client("s3")
    client.create_bucket(Bucket="answers")
    client.put_object(Bucket=yard, Key="people", Body=PEOPLE, StorageClass="GLACIER")
    return client


@pytest.fixture
def answers(s3: Any) -> Callable[[], dict[str, str]]:
    """Return a function that reads all there is in ``answers``, by what follows the job's path."""

    def read() -> dict[str, str]:
        found = s3.list_objects_v2(Bucket="answers").get("Contents", [])
        bodies = {each["Key"]: s3.get_object(Bucket="answers", Key=each["Key"])["Body"].read() for each in found}
        return {key.split("/", 2)[2]: body.decode() for key, body in bodies.items()}

    return read


def put_at(answers: dict[str, str], folder: str, manifest: str, path: str) -> str:
    """Return what the one object of a folder says, which is the one its manifest names."""
    (name,) = [name for name in answers if name.startswith(f"{folder}/")]
    assert answers[manifest] == f"s3://answers/{path}{name}\n"
    return answers[name]


@pytest.mark.spec("S3SEL-005")
@pytest.mark.parametrize(("tier", "not_yet", "ready"), [("Expedited", 1, 300), (None, 3 * 3600, 5 * 3600)])
def test_an_archive_is_queried_where_it_lies(
    s3: Any, cloud: TestCloud, answers: Any, refused: Refused, tier: str | None, not_yet: int, ready: int
) -> None:
    asked = query("SELECT s.name, s.town FROM object s WHERE CAST(s.age AS INT) > 30", tier, Description="old ones")
    answer = s3.restore_object(Bucket="yard", Key="people", RestoreRequest=asked)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    path = answer["RestoreOutputPath"]
    assert path.startswith("monday/")
    assert path.endswith("/")
    job = json.loads(answers()["job.txt"])
    assert path == f"monday/{job['JobId']}/"
    assert (job["StatusCode"], job["Tier"], job["JobDescription"]) == ("InProgress", tier or "Standard", "old ones")
    cloud.turn(not_yet)
    assert list(answers()) == ["job.txt"]
    cloud.turn(ready - not_yet)
    assert put_at(answers(), "results", "result_manifest.txt", path) == "Ann,Ghent\nCyd,\n"
    assert "error_manifest.txt" not in answers()
    assert "Restore" not in s3.head_object(Bucket="yard", Key="people")
    with refused("InvalidObjectState", 403):
        s3.get_object(Bucket="yard", Key="people")


def test_answers_are_put_as_the_location_says(owner: Any, s3: Any, cloud: TestCloud) -> None:
    key = owner.client("kms").create_key()["KeyMetadata"]["Arn"]
    location = {
        "BucketName": "answers",
        "Prefix": "a/b/",
        "StorageClass": "STANDARD_IA",
        "Encryption": {"EncryptionType": "aws:kms", "KMSKeyId": key},
        "UserMetadata": [{"Name": "sort", "Value": "old"}],
        "Tagging": {"TagSet": [{"Key": "team", "Value": "x y"}]},
        "CannedACL": "bucket-owner-full-control",
    }
    asked = query("SELECT * FROM S3Object", "Expedited", OutputLocation={"S3": location})
    path = s3.restore_object(Bucket="yard", Key="people", RestoreRequest=asked)["RestoreOutputPath"]
    cloud.turn(minutes=5)
    (result,) = s3.list_objects_v2(Bucket="answers", Prefix=f"{path}results/")["Contents"]
    assert path.startswith("a/b/")
    named = {"Bucket": "answers", "Key": result["Key"]}
    got = s3.get_object(**named)
    assert got["Body"].read().decode() == PEOPLE.partition("\n")[2]
    assert (got["StorageClass"], got["SSEKMSKeyId"], got["Metadata"]) == ("STANDARD_IA", key, {"sort": "old"})
    assert s3.get_object_tagging(**named)["TagSet"] == [{"Key": "team", "Value": "x y"}]


def test_what_goes_wrong_later_is_written_down(s3: Any, cloud: TestCloud, answers: Any) -> None:
    asked = query("SELECT CAST(s.name AS INT) FROM archive s", "Expedited")
    path = s3.restore_object(Bucket="yard", Key="people", RestoreRequest=asked)["RestoreOutputPath"]
    cloud.turn(minutes=5)
    assert put_at(answers(), "errors", "error_manifest.txt", path).startswith("CastFailed: ")
    assert "result_manifest.txt" not in answers()


def test_an_answer_that_is_written_again_replaces_itself(
    s3: Any, cloud: TestCloud, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, failures = archive_queries._Writer.end, [OSError("the power is gone")]

    async def interrupted(*given: Any) -> None:
        if failures:
            raise failures.pop()
        await end(*given)

    monkeypatch.setattr(archive_queries._Writer, "end", interrupted)
    asked = query("SELECT s.name FROM object s", "Expedited")
    path = s3.restore_object(Bucket="yard", Key="people", RestoreRequest=asked)["RestoreOutputPath"]
    cloud.turn(minutes=5)
    cloud.turn(seconds=5)
    assert not failures
    assert put_at(answers(), "results", "result_manifest.txt", path) == "Ann\nBob\nCyd\n"
    assert len(answers()) == 3


def test_an_object_that_was_replaced_meanwhile_is_not_read(s3: Any, cloud: TestCloud, answers: Any) -> None:
    s3.restore_object(Bucket="yard", Key="people", RestoreRequest=query("SELECT * FROM object", "Expedited"))
    s3.put_object(Bucket="yard", Key="people", Body="name\nEve\n", StorageClass="GLACIER")
    cloud.turn(minutes=5)
    assert any(text.startswith("NoSuchKey: ") for text in answers().values())


def test_requests_that_are_no_queries_are_refused(s3: Any, answers: Any, refused: Refused) -> None:
    s3.create_bucket(Bucket="abroad", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def location(bucket: str, prefix: str) -> dict[str, Any]:
        return {"OutputLocation": {"S3": {"BucketName": bucket, "Prefix": prefix}}}

    wrong: list[tuple[str, int, dict[str, Any]]] = [
        ("MalformedXML", 400, {"Days": 1}),
        ("MalformedXML", 400, {"GlacierJobParameters": {"Tier": "Bulk"}}),
        ("MalformedXML", 400, {"Tier": "Slow"}),
        ("MalformedXML", 400, {"Type": "EVERYTHING"}),
        ("MalformedXML", 400, {"OutputLocation": {}}),
        ("InvalidArgument", 400, location("answers", "x" * 505)),
        ("InvalidArgument", 400, location("abroad", "x")),
        ("NoSuchBucket", 404, location("nowhere-at-all", "x")),
    ]
    for code, status, more in wrong:
        with refused(code, status):
            s3.restore_object(Bucket="yard", Key="people", RestoreRequest=query("SELECT * FROM object", **more))
    for sql, code in (
        ("SELECT FROM object", "ParseUnexpectedToken"),
        ("SELECT COUNT(*) FROM object", "UnsupportedFunction"),
        ("SELECT * FROM object LIMIT 1", "UnsupportedSyntax"),
        ("SELECT * FROM other", "UnsupportedSyntax"),
        ("SELECT " + "1," * 70_000 + "1 FROM object", "ExpressionTooLong"),
    ):
        with refused(code):
            s3.restore_object(Bucket="yard", Key="people", RestoreRequest=query(sql))
    assert answers() == {}


def test_only_plain_csv_in_the_archive_is_queried(s3: Any, refused: Refused, answers: Any) -> None:
    asked = query("SELECT * FROM object")
    for change in (
        {"InputSerialization": {"JSON": {"Type": "LINES"}}},
        {"InputSerialization": {"CSV": {}, "CompressionType": "GZIP"}},
        {"OutputSerialization": {"JSON": {}}},
    ):
        with refused("InvalidRequestParameter"):
            wrong = {**asked, "SelectParameters": {**asked["SelectParameters"], **change}}
            s3.restore_object(Bucket="yard", Key="people", RestoreRequest=wrong)
    for storage_class in ("STANDARD", "DEEP_ARCHIVE"):
        s3.put_object(Bucket="yard", Key="other", Body=PEOPLE, StorageClass=storage_class)
        with refused("InvalidObjectState", 403):
            s3.restore_object(Bucket="yard", Key="other", RestoreRequest=asked)
    assert answers() == {}


def test_who_asks_needs_to_read_there_and_to_write_here(
    s3: Any, cloud: TestCloud, user: Any, answers: Any, refused: Refused
) -> None:
    asked = query("SELECT s.name FROM object s", "Expedited")
    restorer = user("restorer", ("s3:RestoreObject", COLD), ("s3:PutObject", OUT))
    reader = user("reader", (["s3:RestoreObject", "s3:GetObject"], COLD))
    for client, missing in ((restorer, "s3:GetObject"), (reader, "s3:PutObject")):
        with refused("AccessDenied", 403) as answer:
            client.restore_object(Bucket="yard", Key="people", RestoreRequest=asked)
        assert missing in answer["Error"]["Message"]
    assert answers() == {}
    asker = user("asker", (["s3:RestoreObject", "s3:GetObject"], COLD), ("s3:PutObject", OUT))
    path = asker.restore_object(Bucket="yard", Key="people", RestoreRequest=asked)["RestoreOutputPath"]
    denied = statement("s3:GetObject", COLD, {"AWS": f"arn:aws:iam::{OWNER}:user/asker"}, Effect="Deny")
    s3.put_bucket_policy(Bucket="yard", Policy=document(denied))
    cloud.turn(minutes=5)
    found = s3.list_objects_v2(Bucket="answers", Prefix=f"{path}errors/")["Contents"]
    assert s3.get_object(Bucket="answers", Key=found[0]["Key"])["Body"].read().startswith(b"AccessDenied: ")
