"""The compact copies of the models: the same models, quickly, and never a reason to fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from skyglobe.models import caching, loading
from skyglobe.models.loading import load, pack, service_names


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SKYGLOBE_CACHE", str(tmp_path))
    return tmp_path


def cold(name: str) -> loading.ServiceModel:
    return load.__wrapped__(name)


def test_the_second_reading_comes_from_the_copy_and_is_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    first = cold("sqs")
    monkeypatch.setattr(loading, "read_model", None)
    second = cold("sqs")
    assert dict(second.raw["shapes"]) == dict(first.raw["shapes"])
    assert dict(second.raw["operations"]) == dict(first.raw["operations"])
    assert second.metadata == first.metadata


def test_a_model_keeps_every_trait_but_its_prose() -> None:
    original = loading.read_model("s3", "2006-03-01")
    model = cold("s3")
    assert set(model.raw["shapes"]) == set(original["shapes"])
    for name, shape in original["shapes"].items():
        kept = model.raw_shape(name)
        assert set(shape) - set(kept) <= loading._PROSE
        assert list(kept.get("members", {})) == list(shape.get("members", {}))


def test_a_member_called_documentation_is_kept() -> None:
    members = list(cold("apigateway").shape("DocumentationPartIds").members)
    raw = loading.without_prose(
        {
            "metadata": {},
            "operations": {},
            "shapes": {"A": {"type": "structure", "members": {"documentation": {"shape": "B"}}}},
        }
    )
    assert raw["shapes"]["A"]["members"] == {"documentation": {"shape": "B"}}
    assert members == ["ids", "warnings"]


@pytest.mark.parametrize("damage", [b"", b"\0\0\0\0", b"garbage that is no msgpack", None])
def test_a_damaged_copy_is_ignored_and_replaced(damage: bytes | None) -> None:
    pack("sqs")
    folder = caching.cache_folder()
    assert folder is not None
    file = folder / "sqs.msgpack"
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]) if damage is None else damage)
    assert cold("sqs").operation("SendMessage").name == "SendMessage"
    assert file.read_bytes() == good


def test_a_checked_file_of_another_layout_is_ignored() -> None:
    caching.write("sqs.msgpack", b"\x93\x01\x02\x03")
    assert cold("sqs").operation("SendMessage").name == "SendMessage"


def test_a_copy_made_with_another_overlay_is_ignored() -> None:
    pack("sqs", checksum=1)
    assert loading._read_packed("sqs", 1) is not None
    assert cold("sqs").shape("QueueAttributeMap").key.query_name == "Name"
    assert loading._read_packed("sqs", 1) is None


def test_an_unwritable_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("SKYGLOBE_CACHE", str(tmp_path / "file"))
    assert cold("sqs").api_version == "2012-11-05"


@pytest.mark.parametrize("name", ["nosuchservice", "../data/sqs", "sqs/2012-11-05", ""])
def test_an_unknown_service_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        load(name)


def test_a_service_is_loaded_once() -> None:
    assert load("sts") is load("sts")


def test_the_newest_of_several_versions_is_loaded() -> None:
    assert loading.versions("ec2")[0] == "2014-09-01"
    assert load("ec2").api_version == "2016-11-15"


def test_all_services_are_named() -> None:
    assert len(service_names()) > 400
    assert {"sqs", "s3", "ec2", "dynamodb"} <= set(service_names())


def test_loading_imports_no_botocore() -> None:
    program = "import sys; from skyglobe.models import load; load('s3'); sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_equal_references_resolve_to_one_shape() -> None:
    model = load("dynamodb")
    value = model.shape("AttributeValue")
    assert value.members["L"].element is value


def test_sqs_speaks_query_with_its_documented_names() -> None:
    model = load("sqs")
    send = model.operation("SendMessage").input
    assert model.protocols == ("json", "query")
    assert send is not None
    assert send.members["MessageAttributes"].query_name == "MessageAttribute"
    assert send.members["MessageAttributes"].location_name is None
    batch = model.operation("SendMessageBatch").input
    assert batch is not None
    assert batch.members["Entries"].element.query_name == "SendMessageBatchRequestEntry"
    assert model.shape("TagMap").key.query_name == "Key"


def test_an_overlay_names_only_what_the_model_has() -> None:
    for file in loading.OVERLAYS.glob("*.json"):
        model = loading.read_model(file.stem, loading.versions(file.stem)[-1])
        patch = loading.msgspec.json.decode(file.read_bytes())
        assert set(patch.get("operations", {})) <= set(model["operations"])
        for name, shape in patch.get("shapes", {}).items():
            assert name in model["shapes"]
            assert set(shape.get("members", {})) <= set(model["shapes"][name].get("members", {})), name
