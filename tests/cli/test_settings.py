"""Options, their variables, and LocalStack's behind them."""

import re
from pathlib import Path

import pytest

from skyglobe.cli.settings import BadSetting, settings_from

HOME = Path("/home/somebody/cloud")


def settings(environ=None, **options):
    return settings_from(options, environ or {}, HOME)


def test_without_anything_said_it_is_a_laptop():
    made = settings()
    assert (made.hosts, made.port, made.tls, made.debug) == (("127.0.0.1",), 4566, True, False)
    assert made.config.folder == HOME
    assert made.config.endpoint == "http://localhost:4566"
    assert made.config.lenient_auth
    assert made.config.services is None


@pytest.mark.parametrize(
    ("options", "variables", "read", "value"),
    [
        ({"port": "5000"}, {"SKYGLOBE_PORT": "5000"}, lambda made: made.port, 5000),
        ({"host": ["0.0.0.0", "::1"]}, {"SKYGLOBE_HOST": "0.0.0.0, ::1"}, lambda made: made.hosts, ("0.0.0.0", "::1")),
        ({"folder": "/data"}, {"SKYGLOBE_FOLDER": "/data"}, lambda made: made.config.folder, Path("/data")),
        ({"memory": True}, {"SKYGLOBE_MEMORY": "1"}, lambda made: made.config.folder, None),
        ({"durability": "power"}, {"SKYGLOBE_DURABILITY": "power"}, lambda made: made.config.durability, "power"),
        ({"strict": True}, {"SKYGLOBE_STRICT": "yes"}, lambda made: made.config.strict, True),
        ({"strict_auth": True}, {"SKYGLOBE_STRICT_AUTH": "on"}, lambda made: made.config.lenient_auth, False),
        ({"services": "s3,sqs"}, {"SKYGLOBE_SERVICES": "s3, sqs,"}, lambda made: made.config.services, {"s3", "sqs"}),
        ({"region": "eu-west-1"}, {"SKYGLOBE_REGION": "eu-west-1"}, lambda made: made.config.region, "eu-west-1"),
        ({"store": "dsn"}, {"SKYGLOBE_STORE": "dsn"}, lambda made: made.config.store, "dsn"),
        ({"pace": "realistic"}, {"SKYGLOBE_PACE": "realistic"}, lambda made: made.config.pace, "realistic"),
        ({"quotas": True}, {"SKYGLOBE_QUOTAS": "true"}, lambda made: made.config.quotas, True),
        ({"seed": "7"}, {"SKYGLOBE_SEED": "7"}, lambda made: made.config.seed, 7),
        ({"tls": False}, {"SKYGLOBE_TLS": "0"}, lambda made: made.tls, False),
        ({"root_key": "AK:se:cret"}, {"SKYGLOBE_ROOT_KEY": "AK:se:cret"}, lambda made: made.config.root_key,
         ("AK", "se:cret")),
        ({"host_suffix": ["cloud.test"]}, {"SKYGLOBE_HOST_SUFFIX": "cloud.test"},
         lambda made: made.config.host_suffixes[-1], "cloud.test"),
        ({"endpoint_url": "https://cloud"}, {"SKYGLOBE_ENDPOINT_URL": "https://cloud"},
         lambda made: made.config.endpoint, "https://cloud"),
    ],
)  # fmt: skip
def test_every_option_is_also_a_variable(options, variables, read, value):
    assert read(settings(**options)) == value
    assert read(settings(variables)) == value


@pytest.mark.parametrize(
    ("variables", "read", "value"),
    [
        ({"GATEWAY_LISTEN": "0.0.0.0:4577"}, lambda made: (made.hosts, made.port), (("0.0.0.0",), 4577)),
        ({"GATEWAY_LISTEN": ":4577"}, lambda made: (made.hosts, made.port), (("0.0.0.0",), 4577)),
        ({"GATEWAY_LISTEN": "127.0.0.1:4566,0.0.0.0:4566"}, lambda made: made.hosts, ("127.0.0.1", "0.0.0.0")),
        ({"GATEWAY_LISTEN": "0.0.0.0:4577", "SKYGLOBE_PORT": "5000"}, lambda made: made.port, 5000),
        ({"GATEWAY_LISTEN": "0.0.0.0:4577", "SKYGLOBE_HOST": "::1"}, lambda made: made.hosts, ("::1",)),
        ({"PERSISTENCE": "1"}, lambda made: made.config.folder, HOME),
        ({"PERSISTENCE": "0"}, lambda made: made.config.folder, None),
        ({"PERSISTENCE": "0", "SKYGLOBE_MEMORY": "0"}, lambda made: made.config.folder, HOME),
        ({"SERVICES": "s3,sqs"}, lambda made: made.config.services, {"s3", "sqs"}),
        ({"SERVICES": "s3", "SKYGLOBE_SERVICES": "sqs"}, lambda made: made.config.services, {"sqs"}),
        ({"SERVICES": ""}, lambda made: made.config.services, None),
        ({"DEBUG": "1"}, lambda made: made.debug, True),
        ({"DEBUG": "0"}, lambda made: made.debug, False),
        ({"DEFAULT_REGION": "eu-west-1"}, lambda made: made.config.region, "eu-west-1"),
        ({"DEFAULT_REGION": "eu-west-1", "SKYGLOBE_REGION": "sa-east-1"}, lambda made: made.config.region, "sa-east-1"),
    ],
)
def test_localstacks_variables_count_where_ours_are_not_set(variables, read, value):
    assert read(settings(variables)) == value


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "::1"])
def test_those_on_the_machine_call_every_address_localhost(host):
    assert settings(host=[host]).config.endpoint == "http://localhost:4566"


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"SKYGLOBE_PORT": "many"}, "SKYGLOBE_PORT must be a whole number, not 'many'"),
        ({"SKYGLOBE_PORT": "65536"}, "between 1 and 65535, not 65536"),
        ({"SKYGLOBE_PORT": "0"}, "between 1 and 65535, not 0"),
        ({"SKYGLOBE_STRICT": "perhaps"}, "SKYGLOBE_STRICT must be 1 or 0, not 'perhaps'"),
        ({"SKYGLOBE_DURABILITY": "slow"}, "process, power, not 'slow'"),
        ({"SKYGLOBE_ROOT_KEY": "AKIA"}, "KEYID:SECRET"),
        ({"GATEWAY_LISTEN": "4566"}, "GATEWAY_LISTEN must look like 0.0.0.0:4566, not '4566'"),
        ({"PERSISTENCE": "often"}, "PERSISTENCE must be 1 or 0"),
        ({"DEBUG": "a bit"}, "DEBUG must be 1 or 0"),
    ],
)
def test_what_makes_no_sense_is_named(variables, told):
    with pytest.raises(BadSetting, match=re.escape(told)):
        settings(variables)
