"""A real function changes what S3 answers, by its SDK as it is."""

from tests.services.lambda_.conftest import ACCOUNT, ARN

DOOR = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/door"
FRONT = f"arn:aws:s3-object-lambda:us-east-1:{ACCOUNT}:accesspoint/front"
CODE = """
import os, urllib.parse, urllib.request, boto3

def handler(event, context):
    asked = event["getObjectContext"]
    url = urllib.parse.urlsplit(asked["inputS3Url"])
    original = urllib.request.urlopen(os.environ["ENDPOINT"] + url.path + "?" + url.query).read()
    answer = {"RequestRoute": asked["outputRoute"], "RequestToken": asked["outputToken"]}
    s3 = boto3.client("s3", endpoint_url=os.environ["ENDPOINT"])
    s3.write_get_object_response(**answer, Body=original.upper(), Metadata={"by": context.function_name})
"""


def test_a_function_of_ones_own_answers_for_s3(cloud, aws, make_function):
    make_function("change", CODE, Environment={"Variables": {"ENDPOINT": cloud.listen()}}, Timeout=60)
    s3, control = aws.client("s3"), aws.client("s3control")
    s3.create_bucket(Bucket="yard")
    s3.put_object(Bucket="yard", Key="a", Body=b"apple")
    control.create_access_point(AccountId=ACCOUNT, Name="door", Bucket="yard")
    change = {"AwsLambda": {"FunctionArn": f"{ARN}:change"}}
    transformations = [{"Actions": ["GetObject"], "ContentTransformation": change}]
    control.create_access_point_for_object_lambda(
        AccountId=ACCOUNT,
        Name="front",
        Configuration={"SupportingAccessPoint": DOOR, "TransformationConfigurations": transformations},
    )
    got = s3.get_object(Bucket=FRONT, Key="a")
    assert (got["Body"].read(), got["Metadata"]) == (b"APPLE", {"by": "change"})
    assert s3.get_object(Bucket="yard", Key="a")["Body"].read() == b"apple"
