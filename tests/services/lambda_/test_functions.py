"""Functions: made from archives, shown, listed, given other code, and gone."""

import base64
import hashlib
import io
import stat
import zipfile
from urllib.parse import urlsplit

import pytest

from skyglobe.kernel.wire import Request
from skyglobe.services.lambda_.rules import archives
from tests.services.lambda_.conftest import ARN, ECHO, make_role, make_user, zipped


def digest(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def download(cloud, url):
    place = urlsplit(url)
    return cloud.send(Request("GET", place.path, place.query, {"host": place.netloc}))


@pytest.mark.spec("LAM-044")
def test_the_package_of_a_function_is_downloaded_as_it_was_uploaded(cloud, client, make_function):
    made = make_function("hello", Timeout=None)
    assert made["FunctionArn"] == f"{ARN}:hello"
    assert (made["Version"], made["State"], made["LastUpdateStatus"]) == ("$LATEST", "Active", "Successful")
    assert (made["Timeout"], made["MemorySize"], made["EphemeralStorage"]) == (3, 128, {"Size": 512})
    assert made["CodeSha256"] == digest(zipped(ECHO))
    got = client.get_function(FunctionName=f"{ARN}:hello")
    answer = download(cloud, got["Code"]["Location"])
    assert digest(answer.body) == got["Configuration"]["CodeSha256"]
    cloud.turn(minutes=11)
    assert download(cloud, got["Code"]["Location"]).status == 403
    assert download(cloud, got["Code"]["Location"][:-3] + "abc").status == 403


@pytest.mark.spec("LAM-043")
def test_typical_mistakes_have_lambdas_own_errors(client, make_function, refusal, role):
    assert refusal(client.get_function, FunctionName="nobody") == (
        "ResourceNotFoundException", 404, f"Function not found: {ARN}:nobody"
    )  # fmt: skip
    made = make_function("hello")
    assert refusal(make_function, name="hello") == (
        "ResourceConflictException", 409, "Function already exist: hello"
    )  # fmt: skip
    other = {"FunctionName": "other", "Runtime": "python3.13", "Role": role, "Handler": "app.handler"}
    code, status, text = refusal(client.create_function, **other, Code={"ZipFile": b"no archive"})
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert text.startswith("Could not unzip uploaded file.")
    code, _, text = refusal(client.create_function, **other, Code={"ZipFile": zipped({})})
    assert (code, text) == ("InvalidParameterValueException", "Uploaded file must be a non-empty zip")
    stale = {"FunctionName": "hello", "Description": "x", "RevisionId": made["RevisionId"]}
    client.update_function_configuration(**stale)
    assert refusal(client.update_function_configuration, **stale)[:2] == ("PreconditionFailedException", 412)
    code, status, text = refusal(client.get_function, FunctionName=ARN.replace("us-east-1", "us-west-2") + ":hello")
    assert (code, status) == ("ResourceNotFoundException", 404)
    assert text == "Functions from 'us-west-2' are not reachable in this region ('us-east-1')"


@pytest.mark.spec("LAM-006")
def test_runtimes_there_are_none_of_are_refused(make_function, refusal):
    code, status, text = refusal(make_function, Runtime="cobol85")
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert text.startswith("Value cobol85 at 'runtime' failed to satisfy constraint")
    code, _, text = refusal(make_function, Runtime="python2.7")
    assert code == "InvalidParameterValueException"
    assert "python2.7 is no longer supported" in text


@pytest.mark.spec("LAM-038")
def test_the_role_must_let_lambda_in_and_its_bearer_be_allowed_to_pass_it(cloud, aws, client, make_function, refusal):
    stranger = make_role(aws, "ec2", service="ec2.amazonaws.com")
    for role in (stranger, "arn:aws:iam::000000000000:role/nobody"):
        assert refusal(make_function, name="x", Role=role) == (
            "InvalidParameterValueException", 400, "The role defined for the function cannot be assumed by Lambda."
        )  # fmt: skip
    key = make_user(aws, "dev", {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"})
    dev = cloud.session_with(key).client("lambda")
    params = {"FunctionName": "x", "Runtime": "python3.13", "Handler": "app.handler", "Code": {"ZipFile": zipped(ECHO)}}
    role = make_role(aws, "mine")
    code, status, text = refusal(dev.create_function, Role=role, **params)
    assert (code, status) == ("AccessDeniedException", 403)
    assert "iam:PassRole" in text
    aws.client("iam").put_user_policy(
        UserName="dev",
        PolicyName="pass",
        PolicyDocument='{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*",'
        '"Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}}',
    )
    assert dev.create_function(Role=role, **params)["Role"] == role


@pytest.mark.spec("LAM-044")
def test_functions_are_listed_in_pages_and_carry_tags(client, make_function, refusal):
    for number in range(5):
        make_function(f"f{number}", Tags={"n": str(number)})
    pages = list(client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    assert [[one["FunctionName"] for one in page["Functions"]] for page in pages] == [
        ["f0", "f1"],
        ["f2", "f3"],
        ["f4"],
    ]
    assert "State" not in pages[0]["Functions"][0]
    assert refusal(client.list_functions, Marker="made up")[0] == "InvalidParameterValueException"
    client.tag_resource(Resource=f"{ARN}:f1", Tags={"team": "blue"})
    client.untag_resource(Resource=f"{ARN}:f1", TagKeys=["n"])
    assert client.list_tags(Resource=f"{ARN}:f1")["Tags"] == {"team": "blue"}
    assert client.get_function(FunctionName="f1")["Tags"] == {"team": "blue"}
    too_many = {f"k{number}": "v" for number in range(51)}
    assert refusal(client.tag_resource, Resource=f"{ARN}:f1", Tags=too_many)[0] == "InvalidParameterValueException"


def test_code_comes_from_s3_when_the_caller_may_read_it(cloud, aws, client, make_function, role, refusal):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="one.zip", Body=zipped("def handler(e, c): return 1"))
    make_function("hello")
    changed = client.update_function_code(FunctionName="hello", S3Bucket="packages", S3Key="one.zip")
    assert changed["CodeSha256"] == digest(zipped("def handler(e, c): return 1"))
    code, _, text = refusal(client.update_function_code, FunctionName="hello", S3Bucket="packages", S3Key="two.zip")
    assert (code, text) == (
        "InvalidParameterValueException",
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
    )
    dev = cloud.session_with(make_user(aws, "dev", {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}))
    mine = dev.client("lambda").update_function_code
    code, status, text = refusal(mine, FunctionName="hello", S3Bucket="packages", S3Key="one.zip")
    assert (code, status) == ("AccessDeniedException", 403)
    assert "GetObject for packages/one.zip" in text


def test_policies_tell_what_lambda_reads_in_the_caller_s_name_from_what_the_caller_reads(
    cloud, aws, make_function, role, refusal
):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="one.zip", Body=zipped(ECHO))
    make_function("hello")
    through = {"StringEquals": {"aws:CalledViaFirst": "lambda.amazonaws.com"}, "Bool": {"aws:ViaAWSService": "true"}}
    through["ForAnyValue:StringEquals"] = {"aws:CalledVia": ["lambda.amazonaws.com"]}
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": through}
    key = make_user(aws, "dev", {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}, reads)
    dev = cloud.session_with(key)
    for _ in range(2):
        dev.client("lambda").update_function_code(FunctionName="hello", S3Bucket="packages", S3Key="one.zip")
        assert refusal(dev.client("s3").get_object, Bucket="packages", Key="one.zip")[:2] == ("AccessDenied", 403)


@pytest.mark.spec("LAM-014")
def test_an_archive_of_more_than_fifty_megabytes_must_come_from_s3(aws, client, make_function, refusal):
    make_function("hello")
    large = io.BytesIO()
    with zipfile.ZipFile(large, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("app.py", ECHO)
        archive.writestr("data", bytes(52_428_800))
    data = large.getvalue()
    code, status, _ = refusal(client.update_function_code, FunctionName="hello", ZipFile=data)
    assert (code, status) == ("RequestEntityTooLargeException", 413)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="large.zip", Body=data)
    changed = client.update_function_code(FunctionName="hello", S3Bucket="packages", S3Key="large.zip")
    assert changed["CodeSize"] == len(data)


@pytest.mark.spec("LAM-015")
def test_what_unpacks_to_more_than_250_megabytes_is_refused(client, make_function, refusal):
    make_function("hello")
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("zeros", "w") as file,
    ):
        for _ in range(250):
            file.write(bytes(1024 * 1024))
        file.write(b"0")
    code, status, text = refusal(client.update_function_code, FunctionName="hello", ZipFile=buffer.getvalue())
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert text == "Unzipped size must be smaller than 262144000 bytes"


def link(name, target):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target


@pytest.mark.parametrize(
    "entries",
    [
        [("../outside", "x")],
        [("/etc/outside", "x")],
        [("a/../../outside", "x")],
        [("..\\outside", "x")],
        [link("way", "/etc")],
        [link("way", "../..")],
        [link("here", "."), link("way", "here/..")],
        [link("way", "folder"), ("way/file", "x")],
    ],
)
def test_nothing_gets_out_of_an_archive(entries, tmp_path, client, make_function, refusal):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry in entries:
            archive.writestr(*entry)
    with pytest.raises(archives.BadArchive):
        archives.unpack(buffer, tmp_path / "unpacked")
    assert list(tmp_path.rglob("outside")) == []
    make_function("hello")
    assert refusal(client.update_function_code, FunctionName="hello", ZipFile=buffer.getvalue())[:2] == (
        "InvalidParameterValueException", 400
    )  # fmt: skip


def test_an_archive_that_lies_about_its_size_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 1000)
    data = zipped({"zeros": bytes(2000)})
    # Both headers say ten bytes.
    lying = io.BytesIO(data.replace((2000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    assert archives.check_archive(lying) == 10
    with pytest.raises(archives.BadArchive):
        archives.unpack(lying, tmp_path / "unpacked")


def test_links_within_an_archive_and_executables_are_unpacked_as_they_are(tmp_path):
    buffer = io.BytesIO()
    tool = zipfile.ZipInfo("bin/tool")
    tool.external_attr = 0o755 << 16
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(tool, "#!/bin/sh")
        archive.writestr(*link("lib/tool", "../bin/tool"))
    archives.unpack(buffer, tmp_path / "unpacked")
    assert (tmp_path / "unpacked/lib/tool").read_text() == "#!/bin/sh"
    assert (tmp_path / "unpacked/bin/tool").stat().st_mode & 0o777 == 0o755


def test_what_needs_services_that_are_not_there_says_so(make_function, client, refusal, role):
    params = {"FunctionName": "x", "Role": role, "PackageType": "Image", "Code": {"ImageUri": "1.dkr.ecr/x:1"}}
    code, status, text = refusal(client.create_function, **params)
    assert (code, status) == ("NotImplemented", 501)
    assert "ECR" in text
    assert "EC2" in refusal(make_function, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})[2]
    mount = {"Arn": f"arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-{'a' * 17}"}
    assert "EFS" in refusal(make_function, FileSystemConfigs=[{**mount, "LocalMountPath": "/mnt/x"}])[2]


def test_a_deleted_function_is_gone_with_its_package(cloud, client, make_function, refusal):
    made = make_function("hello")
    make_function("twin")
    client.delete_function(FunctionName="hello")
    assert refusal(client.get_function, FunctionName="hello")[0] == "ResourceNotFoundException"
    usage = client.get_account_settings()["AccountUsage"]
    assert usage == {"TotalCodeSize": made["CodeSize"], "FunctionCount": 1}
    location = client.get_function(FunctionName="twin")["Code"]["Location"]
    assert download(cloud, location).status == 200
    client.delete_function(FunctionName="twin")
    assert client.get_account_settings()["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 0}
    assert list(cloud.kernel.blobs.names()) == []
