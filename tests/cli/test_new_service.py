"""What the generator writes runs at once, and pretends nothing."""

import ast
import importlib
import subprocess
import sys

import pytest

import skyglobe.services
from skyglobe.admin.coverage import count_coverage
from skyglobe.cli.dev import chosen_operations, main
from skyglobe.cli.failures import Failure
from skyglobe.cli.scaffolding.families import group, plural, singular
from skyglobe.cli.scaffolding.folder import planned_files
from skyglobe.cli.scaffolding.prose import imperative
from skyglobe.cli.scaffolding.signatures import parameters
from skyglobe.kernel.service import Services
from skyglobe.models import load
from tests.services.test_signatures import faults_of, planned

COUNTS = [
    "CountClosedWorkflowExecutions",
    "CountOpenWorkflowExecutions",
    "CountPendingActivityTasks",
    "CountPendingDecisionTasks",
]


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "src" / "skyglobe" / "services").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def write(repository, monkeypatch, capfd):
    """``write("swf", "RegisterDomain")`` runs the command, and makes what it wrote part of this program for one test.

    Simple Workflow is a service that is not planned here.
    """
    before = set(sys.modules)

    def write(service, operations=None, status=0, run=run_here):
        words = ["--operations", operations] if operations else ["--yes"]
        assert run(["new-service", service, *words, "--root", str(repository)], monkeypatch) == status
        return "".join(capfd.readouterr())

    folder = str(repository / "src" / "skyglobe" / "services")
    monkeypatch.setattr(skyglobe.services, "__path__", [*skyglobe.services.__path__, folder])
    importlib.invalidate_caches()
    yield write
    for name in set(sys.modules) - before:
        if name.startswith("skyglobe.services."):
            del sys.modules[name]


def run_here(words, monkeypatch):
    """Run the command in this process, which saves loading everything again; return its exit status."""
    monkeypatch.setattr(sys, "argv", ["skyglobe-dev", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def run_in_a_shell(words, _):
    return subprocess.run([sys.executable, "-m", "skyglobe.cli.dev", *words], check=False).returncode


def test_a_new_service_is_there_and_answers_501(write, repository, cloud, aws):
    assert "planned" in write("swf", run=run_in_a_shell)
    page = (repository / "docs" / "services" / "swf.md").read_text()
    assert "RegisterDomain" in page
    story = {}
    exec((repository / "tests" / "services" / "swf" / "test_swf.py").read_text(), story)
    story["test_what_is_not_written_says_so"](story["swf"].__wrapped__(aws))


def test_what_is_not_written_is_not_counted(write):
    write("swf", "RegisterDomain,count*")
    swf = Services().find("swf")
    assert sorted(swf.unwritten) == [*COUNTS, "RegisterDomain"]
    assert swf.operations == {}
    assert count_coverage(Services(), ["swf"]).operations == 0


@pytest.mark.parametrize("service", ["swf", "ecs", "redshift", "cognito-idp", "apigateway", "route53"])
def test_planned_signatures_fit_the_model(write, service):
    write(service)
    found = Services().find(service)
    assert set(found.unwritten) == set(load(service).operation_names)
    assert [fault for operation in planned(found) for fault in faults_of(found, operation)] == []


def test_a_service_is_not_written_over(write):
    write("swf", "RegisterDomain")
    assert "exists already" in write("swf", "DeprecateDomain", status=1)


@pytest.mark.parametrize(("service", "operations"), [("nonsense", None), ("swf", "Fly")])
def test_what_aws_does_not_have_is_not_written(write, service, operations):
    assert "AWS has no service" in (text := write(service, operations, status=2)) or "no operation 'Fly'" in text


@pytest.mark.parametrize("service", ["ec2", "s3", "sagemaker", "sts", "kinesis"])
def test_everything_written_is_python(service):
    files = planned_files(service, list(load(service).operation_names))
    defined = set()
    for place, text in files.items():
        if place.suffix == ".py":
            defined |= {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    assert len(defined) > len(load(service).operation_names)


def test_operations_are_chosen_by_pattern():
    assert chosen_operations("sts", "get_*,AssumeRole")[0] == "AssumeRole"
    assert "AssumeRoleWithSAML" not in chosen_operations("sts", "get_*,AssumeRole")
    with pytest.raises(Failure):
        chosen_operations("sts", "Fly")


def test_operations_are_grouped_by_what_they_are_about():
    families = group(load("sns").operation_names)
    assert "CreateTopic" in families["topics"]
    assert "ListSubscriptionsByTopic" in families["subscriptions"] or "ListSubscriptionsByTopic" in families["topics"]
    assert set(families["tags"]) == {"TagResource", "UntagResource", "ListTagsForResource"}
    assert sorted(name for names in families.values() for name in names) == sorted(load("sns").operation_names)


def test_required_members_come_first_and_the_others_may_be_absent():
    assert parameters(load("sqs").operation("SendMessage"))[:3] == [
        "queue_url: str",
        "message_body: str",
        "delay_seconds: int | None = None",
    ]
    assert parameters(load("s3").operation("PutObject")) == ["request: dict[str, Any]"]


@pytest.mark.parametrize("noun", ["topic", "policy", "batch", "index", "key", "alias", "access", "gateway"])
def test_singular_undoes_plural(noun):
    assert noun.endswith("s") or singular(plural(noun)) == noun


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Creates a topic.", "Create a topic."),
        ("Publishes it.", "Publish it."),
        ("Copies it.", "Copy it."),
        ("This does.", "This does."),
        ("Access is given.", "Access is given."),
    ],
)
def test_summaries_say_what_to_do(said, told):
    assert imperative(said) == told
