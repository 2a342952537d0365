"""AssumeRoleWithWebIdentity believes what a registered provider signed, and nothing else."""

import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.services.sts.conftest import allow, document, trust
from tests.services.sts.issuers import issuing

WEB = "sts:AssumeRoleWithWebIdentity"


@pytest.fixture(scope="module")
def idp():
    with issuing() as issuer:
        yield issuer


@pytest.fixture(autouse=True)
def unchanged(idp):
    yield
    idp.changed.clear()


@pytest.fixture
def nobody(cloud):
    """A client without credentials."""
    return cloud.session().client("sts", config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}))


def register(home, issuer, **more):
    given = {"ClientIDList": ["app"], **more}
    url = f"https://{issuer.name}"
    return home.iam.create_open_id_connect_provider(Url=url, **given)["OpenIDConnectProviderArn"]


@pytest.fixture
def provider(home, idp):
    return register(home, idp)


@pytest.fixture
def role(home, provider):
    return home.role(
        "Web", trust({"Federated": provider}, [WEB, "sts:TagSession", "sts:SetSourceIdentity"]), allow("sqs:*")
    )


@pytest.fixture
def assume(nobody, role):
    def assume(token, **more):
        given = {"RoleArn": role, "RoleSessionName": "web", "WebIdentityToken": token, **more}
        return nobody.assume_role_with_web_identity(**given)

    return assume


@pytest.mark.spec("STS-105")
@pytest.mark.parametrize("key", ["rsa-1", "ec-1"])
def test_a_token_opens_a_role_without_credentials(cloud, home, idp, assume, key):
    answer = assume(idp.token(cloud.now, key))
    assert answer["SubjectFromWebIdentityToken"] == "user-1"
    assert (answer["Provider"], answer["Audience"]) == (idp.url, "app")
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{home.number}:assumed-role/Web/web"
    home.keys(answer["Credentials"]).client("sqs").list_queues()


@pytest.mark.spec("STS-105")
def test_a_token_of_nobody_registered_is_refused(cloud, home, nobody, idp, refused):
    role = home.role("Web", trust("*", WEB))
    given = {"RoleArn": role, "RoleSessionName": "web", "WebIdentityToken": idp.token(cloud.now)}
    assert refused(nobody.assume_role_with_web_identity, **given) == (
        "InvalidIdentityToken",
        400,
        f"No OpenIDConnect provider found in your account for {idp.url}",
    )


@pytest.mark.spec("STS-105")
def test_a_token_for_another_audience_is_refused(cloud, home, idp, provider, assume, refused):
    for claims in ({"aud": "other"}, {"aud": ["other"]}, {"aud": None}, {"azp": "other"}):
        assert refused(assume, idp.token(cloud.now, **claims)) == (
            "InvalidIdentityToken",
            400,
            "Incorrect token audience",
        )
    home.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="other")
    assert assume(idp.token(cloud.now, aud="somebody", azp="other"))["Audience"] == "other"
    assert assume(idp.token(cloud.now, aud=["x", "other"]))["Audience"] == "other"


@pytest.mark.spec("STS-105")
def test_a_token_ends_by_the_clock(cloud, idp, assume, refused):
    token = idp.token(cloud.now)
    assume(token)
    cloud.turn(seconds=301)
    code, status, message = refused(assume, token)
    assert (code, status) == ("ExpiredTokenException", 400)
    assert message.startswith("Token expired: current date/time ")
    assert refused(assume, idp.token(cloud.now, nbf=cloud.now // 1000 + 1_000))[0] == "InvalidIdentityToken"


@pytest.mark.spec("STS-105")
def test_a_token_that_somebody_else_signed_is_refused(cloud, idp, assume, refused):
    other = rsa.generate_private_key(65_537, 2_048)
    header, body, signature = idp.token(cloud.now).split(".")
    _, other_body, _ = idp.token(cloud.now, sub="root").split(".")
    secret = idp.answer("/jwks")["keys"][0]["n"]
    claims = {"iss": idp.url, "sub": "root", "aud": "app", "exp": cloud.now // 1000 + 300}
    for token in (
        idp.token(cloud.now, signed_by=other),
        idp.token(cloud.now, headers={"kid": "unknown"}),
        f"{header}.{other_body}.{signature}",
        f"{header}.{body}.",
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode(claims, secret, algorithm="HS256"),
    ):
        assert refused(assume, token)[:2] == ("InvalidIdentityToken", 400)


@pytest.mark.parametrize("token", ["xxxx", "a.b.c", "e30.e30.e30", "." * 10, "é" * 8])
def test_what_is_no_token_is_refused(assume, refused, token):
    assert refused(assume, token)[:2] == ("InvalidIdentityToken", 400)


@pytest.mark.parametrize("missing", ["sub", "exp", "iss"])
def test_claims_without_which_a_token_is_none(cloud, idp, assume, refused, missing):
    code, _, message = refused(assume, idp.token(cloud.now, **{missing: None}))
    assert (code, message) == ("InvalidIdentityToken", f"Missing a required claim: {missing}")


@pytest.mark.spec("STS-105")
def test_a_provider_that_does_not_answer_is_told_of(cloud, home, idp, assume, refused):
    token = idp.token(cloud.now)
    discovery = "/.well-known/openid-configuration"
    for answer in (
        [],
        {"issuer": "https://example.com", "jwks_uri": f"{idp.url}/jwks"},
        {"issuer": idp.url, "jwks_uri": "http://example.com/jwks"},
        {"issuer": idp.url},
        {"issuer": idp.url, "jwks_uri": f"{idp.url}/jwks", "more": "x" * 200_000},
    ):
        idp.changed[discovery] = answer
        assert refused(assume, token)[:2] == ("IDPCommunicationError", 400)
    idp.changed.clear()
    idp.changed["/jwks"] = {"keys": [{"kty": "?"}]}
    assert refused(assume, token)[:2] == ("InvalidIdentityToken", 400)


@pytest.mark.spec("STS-105")
def test_the_trust_policy_looks_at_what_the_token_says(cloud, home, idp, provider, assume, refused):
    condition = {
        "StringEquals": {f"{idp.name}:aud": "app"},
        "StringLike": {f"{idp.name}:sub": "repo:me/*"},
        "ForAnyValue:StringEquals": {f"{idp.name}:amr": "authenticated"},
    }
    home.iam.update_assume_role_policy(
        RoleName="Web", PolicyDocument=trust({"Federated": provider}, WEB, Condition=condition)
    )
    assume(idp.token(cloud.now, sub="repo:me/code", amr=["authenticated", "x"]))
    for claims in ({"sub": "repo:you/code", "amr": ["authenticated"]}, {"sub": "repo:me/code"}):
        assert refused(assume, idp.token(cloud.now, **claims)) == (
            "AccessDenied",
            403,
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        )


def test_other_principals_of_a_trust_policy_let_no_token_in(cloud, home, idp, provider, assume, refused):
    others = [{"AWS": home.root}, {"Federated": "accounts.google.com"}, {"Service": "ec2.amazonaws.com"}]
    for principal in others:
        home.iam.update_assume_role_policy(RoleName="Web", PolicyDocument=trust(principal, WEB))
        assert refused(assume, idp.token(cloud.now))[:2] == ("AccessDenied", 403)
    home.iam.update_assume_role_policy(RoleName="Web", PolicyDocument=trust({"Federated": provider}))
    assert refused(assume, idp.token(cloud.now))[:2] == ("AccessDenied", 403)


def test_a_role_that_is_not_there_is_not_told_from_one_that_does_not_trust(cloud, home, idp, assume, refused):
    arn = f"arn:aws:iam::{home.number}:role/none"
    assert refused(assume, idp.token(cloud.now), RoleArn=arn) == (
        "AccessDenied",
        403,
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    )


@pytest.mark.spec("STS-104")
def test_a_token_carries_tags_and_a_source_identity(cloud, home, idp, provider, assume, refused):
    condition = {
        "StringEquals": {"aws:PrincipalTag/team": "red", "aws:SourceIdentity": "ann", f"{idp.name}:sub": "user-1"},
        "ArnEquals": {"aws:FederatedProvider": provider},
    }
    home.iam.put_role_policy(
        RoleName="Web", PolicyName="own", PolicyDocument=document(allow("sqs:*", Condition=condition))
    )
    claims = {
        "https://aws.amazon.com/tags": {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": ["Team"]},
        "https://aws.amazon.com/source_identity": "ann",
    }
    answer = assume(idp.token(cloud.now, **claims))
    assert answer["SourceIdentity"] == "ann"
    assert answer["PackedPolicySize"] > 0
    home.keys(answer["Credentials"]).client("sqs").list_queues()
    plain = home.keys(assume(idp.token(cloud.now))["Credentials"])
    assert refused(plain.client("sqs").list_queues)[0].startswith("AccessDenied")
    home.iam.update_assume_role_policy(RoleName="Web", PolicyDocument=trust({"Federated": provider}, WEB))
    assert refused(assume, idp.token(cloud.now, **claims))[2] == "Not authorized to perform sts:TagSession"
    for wrong in ("x", {"principal_tags": {"a": ["b", "c"]}}, {"principal_tags": []}):
        assert (
            refused(assume, idp.token(cloud.now, **{"https://aws.amazon.com/tags": wrong}))[0] == "InvalidIdentityToken"
        )


def test_session_policies_and_durations_are_held_to(cloud, home, idp, assume, refused):
    read_only = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    token = idp.token(cloud.now)
    narrowed = home.keys(assume(token, PolicyArns=[{"arn": read_only}])["Credentials"])
    assert "no session policy allows" in refused(narrowed.client("sqs").list_queues)[2]
    assert refused(assume, token, Policy="{")[0] == "MalformedPolicyDocument"
    assert refused(assume, token, DurationSeconds=3_601)[0] == "ValidationError"
    short = home.keys(assume(token, DurationSeconds=900)["Credentials"]).client("sts")
    cloud.turn(seconds=800)
    short.get_caller_identity()
    cloud.turn(seconds=101)
    assert refused(short.get_caller_identity)[0] == "ExpiredToken"


def test_a_server_is_believed_by_the_thumbprint_of_its_certificate(cloud, home, nobody, refused):
    with issuing("/realms/one", secure=True) as idp:
        arn = register(home, idp, ThumbprintList=[idp.thumbprint])
        role = home.role("Web", trust({"Federated": arn}, WEB))
        given = {"RoleArn": role, "RoleSessionName": "web", "WebIdentityToken": idp.token(cloud.now)}
        assert nobody.assume_role_with_web_identity(**given)["Provider"] == idp.url
        home.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["0" * 40])
        assert refused(nobody.assume_role_with_web_identity, **given)[:2] == ("IDPCommunicationError", 400)


def test_access_tokens_of_other_providers_are_refused_honestly(cloud, idp, assume, refused):
    assert refused(assume, idp.token(cloud.now), ProviderId="graph.facebook.com")[:2] == ("NotImplemented", 501)
