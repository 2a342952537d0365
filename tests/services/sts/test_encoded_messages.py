"""EC2 tells in code why it denies, and who may decode it reads the whole story."""

import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyglobe.kernel.sealing import AUTHORIZATION_MESSAGE, decrypted, encrypted
from skyglobe.kernel.service import Service
from tests.services.sts.conftest import allow, deny

HEAD = "Encoded authorization failure message: "


@pytest.fixture
def ec2(cloud):
    """A cloud whose EC2 can be asked for regions, and no more."""
    service = Service("ec2")

    @service.operation(unused=("RegionNames", "DryRun", "Filters", "AllRegions"))
    def describe_regions(call):
        return {"Regions": []}

    cloud.kernel.services.add(service)


def message_of(refused, session):
    code, status, text = refused(session.client("ec2").describe_regions)
    assert (code, status) == ("UnauthorizedOperation", 403)
    assert text.startswith("You are not authorized to perform this operation. User: ")
    return text.partition(HEAD)[2]


@pytest.mark.spec("STS-110")
def test_a_denial_is_decoded_by_whom_is_allowed_to(ec2, home, refused):
    ann = home.user("ann", allow("sts:DecodeAuthorizationMessage"))
    bob = home.user("bob", {**deny("ec2:*"), "Sid": "Never"})
    encoded = message_of(refused, bob)
    decode = ann.client("sts").decode_authorization_message
    told = json.loads(decode(EncodedMessage=encoded)["DecodedMessage"])
    assert (told["allowed"], told["explicitDeny"]) == (False, True)
    (statement,) = told["matchedStatements"]["items"]
    assert (statement["statementId"], statement["effect"]) == ("Never", "DENY")
    assert statement["actions"] == {"items": [{"value": "ec2:*"}]}
    context = told["context"]
    assert context["principal"]["arn"] == f"arn:aws:iam::{home.number}:user/bob"
    assert context["principal"]["id"].startswith("AIDA")
    assert (context["action"], context["resource"]) == ("ec2:DescribeRegions", "*")
    conditions = {item["key"]: item["values"]["items"] for item in context["conditions"]["items"]}
    assert conditions["aws:requestedregion"] == [{"value": "us-east-1"}]
    assert refused(bob.client("sts").decode_authorization_message, EncodedMessage=encoded)[0] == "AccessDenied"


@pytest.mark.spec("STS-110")
def test_a_denial_for_want_of_permission_matched_nothing(ec2, home, refused):
    ann = home.user("ann", allow("sts:*"))
    encoded = message_of(refused, ann)
    told = json.loads(ann.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert (told["allowed"], told["explicitDeny"], told["matchedStatements"]) == (False, False, {"items": []})


@pytest.mark.spec("STS-110")
@pytest.mark.parametrize(
    "garble", [lambda text: "x", lambda text: text[:-4], lambda text: text + "\n", lambda text: "é"]
)
def test_garbage_is_no_message(ec2, home, refused, garble):
    ann = home.user("ann", allow("sts:*"))
    garbled = garble(message_of(refused, ann))
    decode = ann.client("sts").decode_authorization_message
    assert refused(decode, EncodedMessage=garbled)[:2] == ("InvalidAuthorizationMessageException", 400)


ALPHABET = string.ascii_letters + string.digits + "-_"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(text=st.text(), data=st.data())
def test_what_is_sealed_is_opened_for_its_purpose_and_unaltered_only(cloud, text, data):
    sealed = encrypted(cloud.kernel, AUTHORIZATION_MESSAGE, text)
    assert decrypted(cloud.kernel, AUTHORIZATION_MESSAGE, sealed) == text
    assert decrypted(cloud.kernel, "another purpose", sealed) is None
    at = data.draw(st.integers(0, len(sealed) - 2))  # of the last character some bits are padding
    other = data.draw(st.sampled_from(ALPHABET).filter(lambda one: one != sealed[at]))
    assert decrypted(cloud.kernel, AUTHORIZATION_MESSAGE, sealed[:at] + other + sealed[at + 1 :]) is None
