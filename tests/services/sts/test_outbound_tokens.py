"""Outbound federation: tokens about callers that anybody verifies by the account's published keys."""

import datetime as dt
import json

import jwt
import pytest

from skyglobe.kernel.wire import Request
from tests.services.sts.conftest import HOME, allow, trust

OURS = "https://sts.amazonaws.com/"
AUDIENCE = {"Audience": ["https://api.example.com"]}


@pytest.fixture
def issuer(home):
    return home.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]


def read(cloud, url):
    """Read a page of the cloud, as a verifier elsewhere does."""
    path = url.removeprefix(cloud.kernel.config.endpoint)
    return cloud.send(Request("GET", path, "", {"host": "localhost"}))


def verified(cloud, answer, issuer, audience="https://api.example.com"):
    """Return the claims of a token, verified by what the issuer publishes and nothing else."""
    token = answer["WebIdentityToken"]
    configuration = json.loads(read(cloud, issuer + "/.well-known/openid-configuration").body)
    assert configuration["issuer"] == issuer
    keys = json.loads(read(cloud, configuration["jwks_uri"]).body)
    header = jwt.get_unverified_header(token)
    (key,) = [one for one in jwt.PyJWKSet.from_dict(keys).keys if one.key_id == header["kid"]]
    untimed = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(token, key, algorithms=[header["alg"]], audience=audience, issuer=issuer, options=untimed)


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_token_tells_who_calls_and_is_verified_by_the_published_keys(cloud, home, issuer, algorithm):
    tags = [{"Key": "team", "Value": "red"}]
    ann = home.user("ann", allow("sts:*WebIdentityToken"), Tags=tags).client("sts")
    asked = {**AUDIENCE, "SigningAlgorithm": algorithm, "Tags": [{"Key": "job", "Value": "7"}]}
    answer = ann.get_web_identity_token(**asked)
    claims = verified(cloud, answer, issuer)
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (f"arn:aws:iam::{HOME}:user/ann", 300)
    assert abs(claims["iat"] - cloud.now // 1000) < 60
    assert answer["Expiration"].timestamp() == claims["exp"]
    assert claims[OURS] == {
        "aws_account": HOME,
        "principal_id": claims["sub"],
        "source_region": "us-east-1",
        "principal_tags": {"team": "red"},
        "request_tags": {"job": "7"},
    }
    other = ann.get_web_identity_token(**asked)
    assert verified(cloud, other, issuer)["jti"] != claims["jti"]
    signature = answer["WebIdentityToken"].rpartition(".")[2]
    with pytest.raises(jwt.InvalidSignatureError):
        verified(cloud, {"WebIdentityToken": f"{other['WebIdentityToken'].rpartition('.')[0]}.{signature}"}, issuer)


def test_a_roles_session_speaks_of_its_role_and_no_longer_than_it_lasts(cloud, home, issuer, refused):
    ann = home.user("ann", allow("sts:AssumeRole"))
    role = home.role("Worker", trust({"AWS": home.root}), allow("sts:GetWebIdentityToken"))
    sts = home.assume(ann, role, DurationSeconds=900).client("sts")
    asked = {**AUDIENCE, "SigningAlgorithm": "ES384"}
    claims = verified(cloud, sts.get_web_identity_token(**asked, DurationSeconds=600), issuer)
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (role, 600)
    ends_at = dt.datetime.fromisoformat(claims[OURS]["original_session_exp"]).timestamp()
    assert abs(ends_at - claims["iat"] - 900) < 60
    longer = refused(sts.get_web_identity_token, **asked, DurationSeconds=901)
    assert longer[:2] == ("SessionDurationEscalationException", 403)
    cloud.turn(minutes=11)
    assert refused(sts.get_web_identity_token, **asked)[0] == "SessionDurationEscalationException"


def test_policies_say_who_gets_tokens_for_whom(home, issuer, refused):
    only = {"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": "https://api.example.com"}}
    brief = {"NumericLessThanEquals": {"sts:DurationSeconds": "300"}}
    ann = home.user("ann", allow("sts:GetWebIdentityToken", Condition=only | brief)).client("sts")
    nobody = home.user("nobody").client("sts")
    asked = {**AUDIENCE, "SigningAlgorithm": "RS256"}
    ann.get_web_identity_token(**asked)
    for wrong in (
        {"Audience": ["https://api.example.com", "https://elsewhere.example.com"]},
        {"DurationSeconds": 301},
        {"Tags": [{"Key": "job", "Value": "7"}]},
    ):
        assert refused(ann.get_web_identity_token, **{**asked, **wrong})[:2] == ("AccessDenied", 403)
    assert refused(nobody.get_web_identity_token, **asked)[:2] == ("AccessDenied", 403)


def test_it_is_enabled_and_disabled_once_and_keeps_its_issuer(cloud, home, refused):
    sts = home.session.client("sts")
    asked = {**AUDIENCE, "SigningAlgorithm": "RS256"}
    off = ("FeatureDisabled", 404)
    assert refused(home.iam.get_outbound_web_identity_federation_info)[:2] == off
    assert refused(home.iam.disable_outbound_web_identity_federation)[:2] == off
    no_token = ("OutboundWebIdentityFederationDisabledException", 403)
    assert refused(sts.get_web_identity_token, **asked)[:2] == no_token
    issuer = home.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert refused(home.iam.enable_outbound_web_identity_federation)[:2] == ("FeatureEnabled", 409)
    shown = home.iam.get_outbound_web_identity_federation_info()
    assert (shown["IssuerIdentifier"], shown["JwtVendingEnabled"]) == (issuer, True)
    answer = sts.get_web_identity_token(**asked)
    home.iam.disable_outbound_web_identity_federation()
    assert refused(sts.get_web_identity_token, **asked)[:2] == no_token
    assert verified(cloud, answer, issuer)["sub"] == home.root, "tokens that are out stay good"
    assert home.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer


def test_each_account_has_its_own_issuer_and_keys(cloud, home, away, issuer):
    theirs = away.iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert theirs != issuer
    answer = away.session.client("sts").get_web_identity_token(**AUDIENCE, SigningAlgorithm="RS256")
    assert verified(cloud, answer, theirs)[OURS]["aws_account"] == away.number
    with pytest.raises(jwt.InvalidSignatureError):
        verified(cloud, answer, issuer)
    for nowhere in (issuer + "x", issuer, issuer + "/.well-known/other"):
        assert read(cloud, nowhere).status == 404


def test_other_algorithms_are_refused(home, issuer, refused):
    sts = home.session.client("sts")
    assert refused(sts.get_web_identity_token, **AUDIENCE, SigningAlgorithm="HS256")[:2] == ("ValidationError", 400)
