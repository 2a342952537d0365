"""Versions never change; aliases stand for them."""

import pytest

from skyglobe.services.lambda_.records import Alias
from skyglobe.services.lambda_.rules.routing import choose_version
from tests.services.lambda_.conftest import ARN, zipped


@pytest.mark.spec("LAM-031")
def test_a_version_never_changes_and_unchanged_code_is_the_same_version(client, make_function, refusal):
    make_function("hello", Description="first")
    one = client.publish_version(FunctionName="hello", Description="one")
    assert (one["Version"], one["FunctionArn"], one["Description"]) == ("1", f"{ARN}:hello:1", "one")
    assert client.publish_version(FunctionName="hello")["Version"] == "1"
    client.update_function_configuration(FunctionName="hello", MemorySize=256)
    changed = client.update_function_code(FunctionName="hello", ZipFile=zipped("x = 1"), Publish=True)
    assert (changed["Version"], changed["MemorySize"]) == ("2", 256)
    assert client.get_function_configuration(FunctionName="hello", Qualifier="1")["MemorySize"] == 128
    versions = client.list_versions_by_function(FunctionName="hello")["Versions"]
    assert [one["Version"] for one in versions] == ["$LATEST", "1", "2"]
    assert [one["FunctionArn"].rpartition(":")[2] for one in versions] == ["$LATEST", "1", "2"]
    client.delete_function(FunctionName="hello", Qualifier="2")
    assert client.publish_version(FunctionName="hello")["Version"] == "3"
    code, _, text = refusal(client.publish_version, FunctionName="hello", CodeSha256="other")
    assert code == "InvalidParameterValueException"
    assert text.startswith("CodeSHA256 (other) is different from current CodeSHA256 in $LATEST")
    every = client.list_functions(FunctionVersion="ALL")["Functions"]
    assert [one["Version"] for one in every] == ["$LATEST", "1", "3"]


@pytest.mark.spec("LAM-031")
def test_an_alias_stands_for_a_version_or_for_shares_of_two(client, make_function, refusal):
    make_function("hello", Publish=True)
    client.update_function_code(FunctionName="hello", ZipFile=zipped("x = 1"), Publish=True)
    made = client.create_alias(FunctionName="hello", Name="live", FunctionVersion="1", Description="d")
    assert (made["AliasArn"], made["FunctionVersion"]) == (f"{ARN}:hello:live", "1")
    assert client.get_function(FunctionName="hello:live")["Configuration"]["FunctionArn"] == f"{ARN}:hello:live"
    assert client.get_function(FunctionName="hello", Qualifier="live")["Configuration"]["Version"] == "1"
    routing = {"AdditionalVersionWeights": {"2": 0.25}}
    shifted = client.update_alias(FunctionName="hello", Name="live", RoutingConfig=routing)
    assert (shifted["FunctionVersion"], shifted["RoutingConfig"]) == ("1", routing)
    assert refusal(client.delete_function, FunctionName="hello", Qualifier="2") == (
        "ResourceConflictException", 409,
        "Unable to delete version because the following aliases reference it: [live]",
    )  # fmt: skip
    stale = {"FunctionName": "hello", "Name": "live", "RevisionId": made["RevisionId"]}
    assert refusal(client.update_alias, **stale)[:2] == ("PreconditionFailedException", 412)
    assert "RoutingConfig" not in client.update_alias(FunctionName="hello", Name="live", RoutingConfig={})
    client.create_alias(FunctionName="hello", Name="next", FunctionVersion="2")
    listed = client.list_aliases(FunctionName="hello", FunctionVersion="2")["Aliases"]
    assert [one["Name"] for one in listed] == ["next"]
    client.delete_alias(FunctionName="hello", Name="next")
    assert refusal(client.get_alias, FunctionName="hello", Name="next") == (
        "ResourceNotFoundException", 404, f"Cannot find alias arn: {ARN}:hello:next"
    )  # fmt: skip


def test_aliases_are_held_to_what_they_may_stand_for(client, make_function, refusal):
    make_function("hello", Publish=True)
    create = {"FunctionName": "hello", "Name": "live"}
    assert refusal(client.create_alias, **create, FunctionVersion="7")[:2] == ("ResourceNotFoundException", 404)
    for version, weights in (("$LATEST", {"1": 0.5}), ("1", {"1": 0.5}), ("1", {"2": 0.5, "3": 0.1})):
        routing = {"AdditionalVersionWeights": weights}
        code, _, _ = refusal(client.create_alias, **create, FunctionVersion=version, RoutingConfig=routing)
        assert code == "InvalidParameterValueException"
    client.create_alias(**create, FunctionVersion="1")
    assert refusal(client.create_alias, **create, FunctionVersion="1")[:2] == ("ResourceConflictException", 409)
    assert refusal(client.get_function, FunctionName="hello:live", Qualifier="1")[2] == (
        "The derived qualifier from the function name does not match the specified qualifier."
    )


@pytest.mark.spec("LAM-031")
def test_weights_split_what_an_alias_is_sent():
    alias = Alias(function="f", name="live", version=1, description="", revision="", weights={"2": 0.25})
    chosen = [choose_version(alias, number / 100) for number in range(100)]
    assert chosen.count(2) == 25
    assert chosen.count(1) == 75
