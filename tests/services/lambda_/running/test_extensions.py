"""Extensions: registered, told of invocations and of the end, sent telemetry."""

from __future__ import annotations

import pytest

from tests.services.lambda_.running.conftest import Function, Machine, until

EXTENSION = """#!/usr/bin/python3 -S
import http.server, json, os, sys, threading, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, where, body=None, **headers):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(api + where, data=data, method=method,
                                     headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        return urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        return error
name = os.path.basename(__file__)
mode = os.environ.get("EXTENSION_MODE", "")
if mode == "crash":
    sys.exit(7)
refused = call("GET", "/2020-01-01/extension/event/next", Lambda_Extension_Identifier="nobody")
print("refused", refused.status, json.loads(refused.read())["errorType"], flush=True)
answer = call("POST", "/2020-01-01/extension/register", {"events": ["INVOKE", "SHUTDOWN"]}, Lambda_Extension_Name=name,
              Lambda_Extension_Accept_Feature="accountId")
me = answer.headers["Lambda-Extension-Identifier"]
print("registered", json.loads(answer.read()), flush=True)
if mode == "telemetry":
    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            for event in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
                print("heard", event["type"], json.dumps(event["record"])[:80], flush=True)
            self.send_response(200)
            self.end_headers()
        def log_message(self, *_): pass
    server = http.server.HTTPServer(("sandbox.localdomain", 4243), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wrong = call("PUT", "/2022-07-01/telemetry", {"types": ["platform"], "destination": {"protocol": "HTTP",
                 "URI": "http://example.com"}}, Lambda_Extension_Identifier=me)
    right = call("PUT", "/2022-07-01/telemetry", {"schemaVersion": "2022-12-13", "types": ["platform", "function"],
                 "buffering": {"timeoutMs": 25}, "destination": {"protocol": "HTTP",
                 "URI": "http://sandbox.localdomain:4243"}}, Lambda_Extension_Identifier=me)
    print("subscribed", wrong.status, right.status, flush=True)
while True:
    event = json.loads(call("GET", "/2020-01-01/extension/event/next", Lambda_Extension_Identifier=me).read())
    print("event", event["eventType"], event.get("requestId") or event.get("shutdownReason"), flush=True)
    if event["eventType"] == "SHUTDOWN":
        sys.exit(0)
"""


def extended(machine: Machine, mode: str = "", **changes: object) -> Function:
    layer = machine.layer({"extensions/watcher*": EXTENSION})
    return machine.function(
        "print('loading')\ndef handler(event, context):\n    print('handling')\n    return 'fine'",
        layers=(layer,),
        environment={"EXTENSION_MODE": mode},
        **changes,
    )


@pytest.mark.spec("LAM-040")
def test_an_external_extension_registers_and_hears_of_invocations_and_the_end(machine: Machine) -> None:
    function = extended(machine)
    assert function.returns(request_id="id-1") == "fine"
    log = function.log()
    name = function.specification.name
    described = {
        "functionName": name,
        "functionVersion": "$LATEST",
        "handler": "app.handler",
        "accountId": "123456789012",
    }
    assert f"registered {described}" in log
    assert "refused 403 Extension.UnknownExtensionIdentifier" in log
    assert "EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n" in log
    # Extensions are there before the function is loaded.
    assert log.index("registered") < log.index("loading")
    assert "event INVOKE id-1\n" in log
    function.returns()
    (environment,) = function.living
    stream = environment.log.stream
    function.retire()
    until(lambda: "event SHUTDOWN spindown" in _text(machine, stream), "the extension does not hear of the end")


def _text(machine: Machine, stream: str) -> str:
    return "".join(text for _, text in machine.logs.get(stream, []))


@pytest.mark.spec("LAM-040")
def test_telemetry_is_delivered_to_subscribers(machine: Machine) -> None:
    function = extended(machine, "telemetry")
    assert function.returns(request_id="id-1") == "fine"
    assert "subscribed 400 200" in function.log()
    wanted = ["platform.initStart", "platform.initReport", "platform.start", "platform.runtimeDone", "platform.report"]
    wanted.append('function "handling\\n"')
    until(lambda: all(f"heard {kind}" in function.log() for kind in wanted), "not all telemetry arrives")
    log = function.log()
    assert 'heard platform.start {"requestId": "id-1", "version": "$LATEST"}' in log
    assert 'heard function "registered' not in log  # what an extension prints is the extension's
    assert "TELEMETRY\tName: watcher\tState: Subscribed\tTypes: [function, platform]\n" in log


def test_an_extension_that_crashes_fails_the_function(machine: Machine) -> None:
    error = extended(machine, "crash").fails(request_id="id-1")
    assert error == {"errorType": "Extension.Crash", "errorMessage": "RequestId: id-1 Error: exit status 7"}


def test_an_internal_extension_may_register_from_the_function(machine: Machine) -> None:
    function = machine.function(
        """
        import json, os, threading, urllib.request
        api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension/"
        request = urllib.request.Request(api + "register", data=b'{"events": ["INVOKE"]}',
                                         headers={"Lambda-Extension-Name": "inner"})
        me = urllib.request.urlopen(request).headers["Lambda-Extension-Identifier"]
        heard = []
        def listen():
            while True:
                asked = urllib.request.Request(api + "event/next", headers={"Lambda-Extension-Identifier": me})
                heard.append(json.loads(urllib.request.urlopen(asked).read())["requestId"])
        threading.Thread(target=listen, daemon=True).start()
        def handler(event, context):
            while context.aws_request_id not in heard:
                pass
            return len(heard)
        """
    )
    assert function.returns() == 1
    assert function.returns() == 2
