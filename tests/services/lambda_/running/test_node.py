"""Functions in JavaScript: all kinds of handlers, streamed responses, console, errors."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.services.lambda_.running.conftest import Function, Machine

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


def node(machine: Machine, source: str, file: str = "index.mjs", **changes: object) -> Function:
    return machine.function({file: source}, runtime="nodejs20.x", handler="index.handler", **changes)


def test_async_handlers_return_and_keep_state(machine: Machine) -> None:
    function = node(
        machine,
        """
        let calls = 0;
        export const handler = async (event, context) => ({
          calls: ++calls, event, name: context.functionName, memory: context.memoryLimitInMB,
          left: context.getRemainingTimeInMillis() > 0, region: process.env.AWS_REGION, here: process.cwd(),
        });
        """,
    )
    function.returns()
    found = function.returns({"a": "é"})
    assert found == {
        "calls": 2,
        "event": {"a": "é"},
        "name": function.specification.name,
        "memory": "128",
        "left": True,
        "region": "eu-west-1",
        "here": "/var/task",
    }


def test_callbacks_wait_for_the_event_loop_unless_told_not_to(machine: Machine) -> None:
    function = node(
        machine,
        """
        exports.handler = (event, context, callback) => {
          context.callbackWaitsForEmptyEventLoop = event.waits;
          setTimeout(() => console.log("later"), 200);
          callback(null, "called back");
        };
        """,
        "index.js",
    )
    waited = function.invoke({"waits": True})
    assert json.loads(waited.payload) == "called back"
    assert b"later" in waited.log_tail
    assert waited.duration_ms >= 200
    assert b"later" not in function.invoke({"waits": False}).log_tail


def test_a_handler_that_never_answers_has_null_for_an_answer(machine: Machine) -> None:
    assert node(machine, "exports.handler = () => { };", "index.js").returns() is None


def test_errors_have_type_message_and_trace(machine: Machine) -> None:
    outcome = node(machine, "export const handler = async () => { throw new RangeError('too far'); };").invoke()
    error = json.loads(outcome.payload)
    assert (error["errorType"], error["errorMessage"]) == ("RangeError", "too far")
    assert error["trace"][0] == "RangeError: too far"
    assert "ERROR\tInvoke Error\t" in outcome.log_tail.decode()


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import 'missing-package'; export const handler = async () => 1;", "Runtime.ImportModuleError"),
        ("export const handler = async ( => 1;", "Runtime.UserCodeSyntaxError"),
        ("export const other = 1;", "Runtime.HandlerNotFound"),
        ("throw new TypeError('at once');", "TypeError"),
    ],
)
def test_code_that_cannot_be_loaded_answers_why(machine: Machine, source: str, kind: str) -> None:
    assert node(machine, source).fails()["errorType"] == kind


def test_a_process_that_exits_or_rejects_unheard_fails(machine: Machine) -> None:
    function = node(
        machine,
        """
        export const handler = async (event) => {
          if (event === "exit") process.exit(4);
          Promise.reject(new Error("nobody hears"));
          await new Promise((resolve) => setTimeout(resolve, 1000));
        };
        """,
    )
    assert "exit status 4" in function.fails("exit")["errorMessage"]
    assert function.fails("reject")["errorType"] == "Runtime.UnhandledPromiseRejection"


def test_console_writes_one_event_a_call_in_text_and_in_json(machine: Machine) -> None:
    source = """
        export const handler = async () => { console.info("two\\nlines", {a: 1}); console.debug("detail"); };
        """
    text = node(machine, source).invoke(request_id="r-1").log_tail.decode()
    assert "\tr-1\tINFO\ttwo\nlines { a: 1 }\n" in text
    assert "\tr-1\tDEBUG\tdetail\n" in text
    lines = node(machine, source, log_format="JSON").invoke(request_id="r-2").log_tail.decode().splitlines()
    mine = [line for line in map(json.loads, lines) if "level" in line]
    assert [(line["level"], line["requestId"]) for line in mine] == [("INFO", "r-2")]


def test_modules_come_from_the_package_and_from_layers(machine: Machine) -> None:
    layer = machine.layer({"nodejs/node_modules/fromlayer/index.js": "module.exports = 'layer';"})
    files: dict[str, str | bytes] = {
        "index.js": "exports.handler = async () => [require('fromlayer'), require('own')];",
        "node_modules/own/index.js": "module.exports = 'own';",
    }
    function = machine.function(files, runtime="nodejs20.x", handler="index.handler", layers=(layer,))
    assert function.returns() == ["layer", "own"]


STREAMS = """
export const handler = awslambda.streamifyResponse(async (event, out, context) => {
  if (event === "prelude") {
    out = awslambda.HttpResponseStream.from(out, { statusCode: 201, headers: { "x-a": "b" } });
  } else {
    out.setContentType("text/plain");
  }
  for (let i = 0; i < 3; i++) {
    out.write(`piece ${i};`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (event === "break" && i === 1) throw new Error("broke off");
    if (event === "exit" && i === 1) process.exit(3);
  }
  out.end();
});
"""


def test_streamed_responses_come_in_pieces(machine: Machine) -> None:
    function = node(machine, STREAMS)
    pieces, outcome = function.stream()
    assert b"".join(pieces) == b"piece 0;piece 1;piece 2;"
    assert len(pieces) >= 2
    assert outcome.content_type == "text/plain"
    assert outcome.function_error is None
    assert outcome.duration_ms >= 60
    assert b"REPORT" in outcome.log_tail
    assert function.invoke().payload == b"piece 0;piece 1;piece 2;"


def test_streamed_responses_may_begin_with_a_prelude(machine: Machine) -> None:
    pieces, outcome = node(machine, STREAMS).stream("prelude")
    prelude, _, body = b"".join(pieces).partition(bytes(8))
    assert outcome.content_type == "application/vnd.awslambda.http-integration-response"
    assert json.loads(prelude) == {"statusCode": 201, "headers": {"x-a": "b"}}
    assert body == b"piece 0;piece 1;piece 2;"


def test_streams_that_break_off_say_so_at_their_end(machine: Machine) -> None:
    function = node(machine, STREAMS)
    pieces, outcome = function.stream("break")
    assert b"".join(pieces) == b"piece 0;piece 1;"
    assert (outcome.function_error, outcome.error_type) == ("Unhandled", "Error")
    assert json.loads(outcome.payload)["errorMessage"] == "broke off"
    pieces, outcome = function.stream("exit")
    assert pieces
    assert pieces[0] == b"piece 0;"
    assert (outcome.function_error, outcome.error_type) == ("Unhandled", "Runtime.ExitError")
    assert function.invoke().payload == b"piece 0;piece 1;piece 2;"
