"""Where an SDK finds its credentials: whatever the source, the cloud knows whose they are."""

import json
import shlex
import sys

import pytest

from skyglobe.testing.interception import fresh_session
from tests.services.sts.conftest import allow, trust
from tests.services.sts.issuers import issuing


@pytest.fixture
def machine(cloud, tmp_path, monkeypatch):
    """Return a function that says who an SDK is on a machine with a config file, a credentials file and variables."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    server = cloud.listen()

    def who(config="", credentials="", **variables):
        (tmp_path / "config").write_text(config)
        (tmp_path / "credentials").write_text(credentials)
        with monkeypatch.context() as set_up:
            for name, value in {
                "AWS_ENDPOINT_URL": server,
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": str(tmp_path / "config"),
                "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
                **variables,
            }.items():
                set_up.setenv(name, str(value))
            return fresh_session().create_client("sts").get_caller_identity()["Arn"].rpartition(":")[2]

    return who


def told(key):
    """Return a key as providers of credentials tell it."""
    return {name: key[name] for name in ("AccessKeyId", "SecretAccessKey")}


def as_profile(name, key):
    return f"[{name}]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"


def as_variables(key):
    found = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    return found | ({"AWS_SESSION_TOKEN": key["SessionToken"]} if "SessionToken" in key else {})


def test_each_source_of_credentials_is_believed(cloud, home, machine, tmp_path):
    home.iam.create_user(UserName="ann")
    home.iam.put_user_policy(
        UserName="ann", PolicyName="own", PolicyDocument=json.dumps({"Statement": [allow("sts:AssumeRole")]})
    )
    key = home.iam.create_access_key(UserName="ann")["AccessKey"]
    role = home.role("Work", trust({"AWS": home.root}))
    temporary = home.keys(key).client("sts").assume_role(RoleArn=role, RoleSessionName="direct")["Credentials"]

    assert machine(**as_variables(key)) == "user/ann"
    assert machine(**as_variables(temporary)) == "assumed-role/Work/direct"
    assert machine(credentials=as_profile("default", key)) == "user/ann"
    assert machine(credentials=as_profile("work", key), AWS_PROFILE="work") == "user/ann"

    named = f"role_arn = {role}\nrole_session_name = named\n"
    chained = f"[profile work]\nsource_profile = base\n{named}"
    assert machine(chained, as_profile("base", key), AWS_PROFILE="work") == "assumed-role/Work/named"

    script = tmp_path / "vault.py"
    script.write_text(f"print({json.dumps(json.dumps({'Version': 1, **told(key)}))})")
    process = f"credential_process = {shlex.join([sys.executable, str(script)])}\n"
    assert machine(f"[default]\n{process}") == "user/ann"

    until = temporary["Expiration"].isoformat()
    with issuing() as sidecar:
        container = {**told(temporary), "Token": temporary["SessionToken"], "Expiration": until}
        sidecar.changed["/v2/credentials"] = container
        uri = f"{sidecar.url}/v2/credentials"
        assert machine(AWS_CONTAINER_CREDENTIALS_FULL_URI=uri) == "assumed-role/Work/direct"


def test_a_token_in_a_file_is_traded_in_for_a_role(cloud, home, machine, tmp_path):
    with issuing() as idp:
        given = {"Url": f"https://{idp.name}", "ClientIDList": ["app"]}
        provider = home.iam.create_open_id_connect_provider(**given)["OpenIDConnectProviderArn"]
        role = home.role("Web", trust({"Federated": provider}, "sts:AssumeRoleWithWebIdentity"))
        token = tmp_path / "token"
        token.write_text(idp.token(cloud.now))
        variables = {"AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": role, "AWS_ROLE_SESSION_NAME": "pod"}
        assert machine(**variables) == "assumed-role/Web/pod"
        config = f"[profile web]\nrole_arn = {role}\nweb_identity_token_file = {token}\nrole_session_name = file\n"
        assert machine(config, AWS_PROFILE="web") == "assumed-role/Web/file"
