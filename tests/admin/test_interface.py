"""The cloud's own interface, asked in process."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from skyglobe import __version__
from skyglobe.kernel.folders import FolderError
from skyglobe.kernel.outbox import Letter, letters
from skyglobe.kernel.store import StoreFailure
from skyglobe.kernel.timers import Timer, set_timer, timers
from skyglobe.kernel.wire import Request


@pytest.fixture
def ask(cloud):
    """``ask("POST", "clock/turn", {"seconds": 1})`` returns the status and the document."""

    def ask(method, path, content=None, *, query="", **headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode() if content is not None else b""
        path = path if path.startswith("/") else f"/_skyglobe/{path}"
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        response = cloud.send(Request(method, path, query, headers, body))
        return response.status, json.loads(response.body) if response.body else None, response.headers

    return ask


def told(answer):
    status, content, _ = answer
    assert status == 200, content
    return content


def refused(answer, status):
    assert answer[0] == status, answer[1]
    return answer[1]["error"]


@pytest.mark.parametrize("path", ["/_skyglobe/health", "/_localstack/health", "/_localstack/health/"])
def test_health_names_the_services_and_which_are_in_use(ask, aws, path):
    assert told(ask("GET", path))["services"]["sts"] == "available"
    aws.client("sts").get_caller_identity()
    health = told(ask("GET", path))
    assert health["services"]["sts"] == "running"
    assert health["services"]["sqs"] == "available"
    assert health["version"] == __version__


def test_health_answers_head_and_options(ask):
    assert ask("HEAD", "/_localstack/health")[:2] == (200, None)
    status, content, headers = ask("OPTIONS", "/_localstack/health")
    assert (status, content, headers["Allow"]) == (204, None, "GET, HEAD, OPTIONS")


def test_localstacks_info_document_is_there(ask):
    info = told(ask("GET", "/_localstack/info"))
    assert info["version"] == __version__
    assert info["is_license_activated"] is False


def test_status_describes_process_and_state(ask, cloud):
    status = told(ask("GET", "status"))
    assert status["folder"] is None
    assert status["rss_bytes"] > 10_000_000
    assert status["counts"]["timers"] == 0
    cloud.run(cloud.kernel.transact(lambda scope: set_timer(scope, "sqs", "any", "key", scope.now + 1_000_000)))
    assert told(ask("GET", "status"))["counts"]["timers"] == 1


@pytest.mark.parametrize("asked", [{"seconds": 86_400}, {"duration": "1d"}])
def test_the_clock_turns(ask, asked):
    before = datetime.fromisoformat(told(ask("GET", "clock"))["now"])
    turned = told(ask("POST", "clock/turn", asked))
    assert turned["turned_s"] == 86_400
    assert datetime.fromisoformat(turned["now"]) - before >= timedelta(days=1)
    assert told(ask("GET", "clock"))["ahead_s"] == pytest.approx(86_400)


def test_the_clock_turns_to_an_instant(ask):
    turned = told(ask("POST", "clock/turn", {"until": "2099-12-31T00:00:00Z"}))
    assert datetime.fromisoformat(turned["now"]) - datetime(2099, 12, 31, tzinfo=UTC) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "Give one of"),
        ({"seconds": 1, "duration": "1d"}, "Give one of"),
        ({"seconds": -1}, "only turns forwards"),
        ({"until": "2001-01-01"}, "only turns forwards"),
        ({"until": "soon"}, "'soon' is no instant"),
        ({"until": "2999-01-01"}, "at most 100 years ahead"),
        ({"seconds": 1e300}, "at most 100 years ahead"),
        ({"duration": "1x"}, "'1x' is no duration"),
        ({"seconds": "1"}, "Expected `float | null`, got `str` - at `$.seconds`"),
        ({"second": 1}, "unknown field `second`"),
        ([], "must be a JSON object"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
    ],
)
def test_a_turn_that_makes_no_sense_is_refused(ask, asked, message):
    assert message in refused(ask("POST", "clock/turn", asked), 400)


def test_what_there_is_no_is_not_found(ask):
    assert "openapi.json" in refused(ask("GET", "nonsense"), 404)
    assert refused(ask("GET", "/_localstack/nonsense"), 404)


def test_a_wrong_method_is_told_the_right_ones(ask):
    status, content, headers = ask("DELETE", "clock")
    assert (status, headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert "does not take DELETE" in content["error"]
    assert ask("GET", "clock/turn")[2]["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "http://[::1"},
        {"sec_fetch_site": "cross-site"},
    ],
)
def test_pages_of_other_origins_may_not_change_anything(ask, headers):
    assert refused(ask("POST", "clock/turn", {"seconds": 1}, **headers), 403)
    assert refused(ask("DELETE", "snapshots/any", **headers), 403)
    assert told(ask("GET", "clock", **headers))["ahead_s"] < 1


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:80", "http://app.localhost"]
)
def test_pages_of_this_machine_may(ask, origin):
    assert told(ask("POST", "clock/turn", {"seconds": 1}, origin=origin))


def test_a_snapshot_brings_back_what_was(ask, aws):
    sqs = aws.client("sqs")
    sqs.create_queue(QueueName="kept")
    saved = told(ask("POST", "snapshots", {"name": "one"}))
    assert saved["records"] > 0
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="kept")["QueueUrl"])
    assert told(ask("POST", "snapshots/one/load"))["name"] == "one"
    assert sqs.get_queue_url(QueueName="kept")
    assert [found["name"] for found in told(ask("GET", "snapshots"))["snapshots"]] == ["one"]
    assert told(ask("DELETE", "snapshots/one")) == {"done": True}
    assert told(ask("GET", "snapshots")) == {"snapshots": []}


def test_snapshots_that_cannot_be_are_refused(ask):
    told(ask("POST", "snapshots", {"name": "one"}))
    assert "exists already" in refused(ask("POST", "snapshots", {"name": "one"}), 409)
    assert told(ask("POST", "snapshots", {"name": "one", "replace": True}))
    assert "cannot be a snapshot's name" in refused(ask("POST", "snapshots", {"name": "../one"}), 400)
    for method, path in [("POST", "two/load"), ("DELETE", "two"), ("GET", "two/export"), ("DELETE", "%2e%2e")]:
        assert "no snapshot" in refused(ask(method, f"snapshots/{path}"), 404)


def test_a_snapshot_is_exported_as_a_tar(cloud, ask):
    import io
    import tarfile

    told(ask("POST", "snapshots", {"name": "one"}))
    response = cloud.send(Request("GET", "/_skyglobe/snapshots/one/export"))
    with tarfile.open(fileobj=io.BytesIO(response.body)) as tar:
        assert {"manifest.json", "store.sqlite"} <= set(tar.getnames())


def test_a_fork_needs_an_empty_folder(ask, tmp_path):
    assert told(ask("POST", "forks", {"folder": str(tmp_path / "fork")}))["records"] > 0
    assert (tmp_path / "fork" / "store.sqlite").is_file()
    assert "not an empty folder" in refused(ask("POST", "forks", {"folder": str(tmp_path)}), 409)
    assert "absolute" in refused(ask("POST", "forks", {"folder": "fork"}), 400)


@pytest.mark.parametrize("path", ["/_skyglobe/reset", "/_localstack/state/reset"])
def test_reset_empties_the_cloud_and_sets_the_clock_back(ask, aws, path):
    sqs = aws.client("sqs")
    sqs.create_queue(QueueName="doomed")
    told(ask("POST", "clock/turn", {"duration": "1d"}))
    told(ask("POST", path))
    assert "QueueUrls" not in sqs.list_queues()
    assert told(ask("GET", "clock"))["ahead_s"] < 1


def test_the_trace_names_caller_operation_and_result(ask, aws):
    aws.client("sts").get_caller_identity()
    with pytest.raises(Exception, match="NonExistentQueue"):
        aws.client("sqs").get_queue_url(QueueName="none")
    first, second = told(ask("GET", "trace"))["requests"]
    assert (first["service"], first["operation"], first["status"], first["error"]) == (
        "sts",
        "GetCallerIdentity",
        200,
        "",
    )
    assert first["caller"] == "arn:aws:iam::000000000000:root"
    assert (second["operation"], second["status"]) == ("GetQueueUrl", 400)
    assert second["error"]
    assert told(ask("GET", "trace", query="limit=1"))["requests"] == [second]
    assert told(ask("GET", "trace", query="limit=0"))["requests"] == []


@pytest.mark.parametrize("query", ["limit=many", "limit=-1", "limit=5000", "follow=perhaps", "unknown=1"])
def test_a_malformed_query_is_refused(ask, query):
    assert refused(ask("GET", "trace", query=query), 400)


def test_coverage_counts_what_is_built(ask):
    everything = told(ask("GET", "coverage"))
    assert everything["operations"] == sum(service["operations"] for service in everything["services"])
    (sts,) = told(ask("GET", "coverage/sts"))["services"]
    assert "GetCallerIdentity" in [operation["name"] for operation in sts["built"]]
    assert sts["operations_total"] == len(sts["built"]) + len(sts["missing"])
    assert "no service nonsense" in refused(ask("GET", "coverage/nonsense"), 404)


def test_counting_does_not_count_as_use(ask):
    told(ask("GET", "coverage"))
    assert told(ask("GET", "health"))["services"]["sts"] == "available"


def test_faults_are_switched_on_and_off(ask, cloud):
    on = [{"service": "sqs", "kind": "duplicate", "value": 0.5}]
    assert told(ask("PUT", "faults/sqs/duplicate", {"value": 0.5}))["faults"] == on
    assert cloud.kernel.faults.get("sqs", "duplicate") == 0.5
    assert told(ask("GET", "faults"))["faults"] == on
    assert told(ask("PUT", "faults/sqs/duplicate", {"value": 0}))["faults"] == []
    assert "no service nonsense" in refused(ask("PUT", "faults/nonsense/duplicate"), 404)
    assert "negative" in refused(ask("PUT", "faults/sqs/duplicate", {"value": -1}), 400)


def test_dead_letters_are_listed_and_revived(ask, cloud):
    letter = Letter(
        id=7, service="sqs", kind="none", account="000000000000", region="us-east-1", lane="", payload={"a": b"b"},
        posted_at=cloud.now, next_at=None, attempts=8, error="it failed", dead=True,
    )  # fmt: skip
    cloud.run(cloud.kernel.transact(lambda scope: letters.insert(scope, letter)))
    (dead,) = told(ask("GET", "outbox/dead"))["letters"]
    assert (dead["id"], dead["error"], dead["attempts"]) == ("7", "it failed", 8)
    assert told(ask("POST", "outbox/dead/7/revive"))
    assert told(ask("GET", "outbox/dead"))["letters"] == []
    for unknown in ("7", "8", "x", "9" * 40):
        assert "no dead letter" in refused(ask("POST", f"outbox/dead/{unknown}/revive"), 404)


def test_timers_are_listed_in_the_order_they_are_due(ask, cloud):
    def work(scope):
        for key, due_in in (("later", 2_000_000), ("sooner", 1_000_000)):
            set_timer(scope.within("000000000000", "us-east-1"), "sqs", "any", key, scope.now + due_in)

    cloud.run(cloud.kernel.transact(work))
    assert [timer["key"] for timer in told(ask("GET", "timers"))["timers"]] == ["sooner", "later"]
    assert [timer["key"] for timer in told(ask("GET", "timers", query="limit=1"))["timers"]] == ["sooner"]


def test_dead_timers_are_listed_and_revived(ask, cloud):
    place = {"service": "none", "kind": "any", "account": "000000000000", "region": "us-east-1", "key": "k"}
    timer = Timer(**place, due_at=None, payload={}, attempts=8, error="it failed")
    cloud.run(cloud.kernel.transact(lambda scope: timers.insert(scope, timer)))
    (dead,) = told(ask("GET", "timers/dead"))["timers"]
    assert dead == {**place, "due_at": None, "payload": {}, "attempts": 8, "error": "it failed"}
    assert told(ask("POST", "timers/dead/revive", place))
    assert told(ask("GET", "timers/dead"))["timers"] == []
    assert refused(ask("POST", "timers/dead/revive", {**place, "key": "other"}), 404)


@pytest.mark.parametrize(
    ("failure", "status", "message"),
    [
        (OSError(28, "No space left on device", "/data"), 507, "The disk is full (/data)"),
        (StoreFailure("database or disk is full"), 507, "database or disk is full"),
        (FolderError("/data cannot be used"), 409, "/data cannot be used"),
        (OSError(5, "Input/output error"), 500, "Input/output error"),
        (RuntimeError("secret"), 500, "a defect of its own"),
    ],
)
def test_what_fails_inside_is_told_without_a_traceback(ask, cloud, monkeypatch, failure, status, message):
    async def fail(*_, **__):
        raise failure

    monkeypatch.setattr(cloud.kernel.snapshots, "save", fail)
    error = refused(ask("POST", "snapshots", {"name": "one"}), status)
    assert message in error
    assert "secret" not in error
