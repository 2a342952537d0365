"""Functions in Java: compiled classes in the package, handlers of several shapes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.services.lambda_.running.conftest import Function, Machine

pytestmark = pytest.mark.skipif(shutil.which("javac") is None, reason="needs a JDK")

SOURCES = {
    # What aws-lambda-java-core brings: functions carry it in their packages.
    "com/amazonaws/services/lambda/runtime/Context.java": """
        package com.amazonaws.services.lambda.runtime;
        public interface Context {
            String getAwsRequestId(); String getFunctionName(); int getMemoryLimitInMB();
            LambdaLogger getLogger();
        }
    """,
    "com/amazonaws/services/lambda/runtime/LambdaLogger.java": """
        package com.amazonaws.services.lambda.runtime;
        public interface LambdaLogger { void log(String message); }
    """,
    "com/amazonaws/services/lambda/runtime/RequestHandler.java": """
        package com.amazonaws.services.lambda.runtime;
        public interface RequestHandler<I, O> { O handleRequest(I input, Context context); }
    """,
    "example/Order.java": """
        package example;
        public class Order {
            private String item; private int count;
            public String getItem() { return item; }
            public void setItem(String item) { this.item = item; }
            public int getCount() { return count; }
            public void setCount(int count) { this.count = count; }
        }
    """,
    "example/Handler.java": """
        package example;
        import com.amazonaws.services.lambda.runtime.*;
        import java.io.*;
        import java.util.*;
        public class Handler implements RequestHandler<Order, Map<String, Object>> {
            private int calls;
            public Map<String, Object> handleRequest(Order order, Context context) {
                context.getLogger().log("ordered " + order.getItem());
                return Map.of("item", order.getItem(), "double", order.getCount() * 2, "calls", ++calls,
                              "name", context.getFunctionName(), "memory", context.getMemoryLimitInMB());
            }
            public List<Object> plain(Map<String, Object> event) { return List.of(event, "é\\n\\"", true); }
            public void stream(InputStream in, OutputStream out) throws IOException { out.write(in.readAllBytes()); }
            public String fails(String event) { throw new IllegalStateException("failed on " + event); }
        }
    """,
}


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("java")
    for name, source in SOURCES.items():
        path = folder / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    sources = [str(folder / "src" / name) for name in SOURCES]
    quick = ["-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"]  # half the time for so little
    subprocess.run(["javac", *quick, "-d", str(folder / "classes"), *sources], check=True)
    return folder / "classes"


def java(machine: Machine, classes: Path, handler: str) -> Function:
    return machine.function("", runtime="java17", handler=handler, code=classes, memory_mb=512, timeout_s=30)


@pytest.mark.spec("LAM-006")
def test_a_request_handler_gets_beans_and_context(machine: Machine, classes: Path) -> None:
    function = java(machine, classes, "example.Handler")
    outcome = function.invoke({"item": "chair", "count": 3})
    assert b"ordered chair\n" in outcome.log_tail
    assert function.returns({"item": "table", "count": 4}) == {
        "item": "table",
        "double": 8,
        "calls": 2,
        "name": function.specification.name,
        "memory": 512,
    }


def test_plain_methods_streams_and_exceptions(machine: Machine, classes: Path) -> None:
    event = {"a": [1, 2.5, None, {"b": "ü"}]}
    assert java(machine, classes, "example.Handler::plain").returns(event) == [event, 'é\n"', True]
    assert java(machine, classes, "example.Handler::stream").returns(event) == event
    error = java(machine, classes, "example.Handler::fails").fails("x")
    assert (error["errorType"], error["errorMessage"]) == ("java.lang.IllegalStateException", "failed on x")
    assert error["stackTrace"][0].startswith("example.Handler.fails(")


def test_a_handler_that_is_not_there_is_named(machine: Machine, classes: Path) -> None:
    outcome = java(machine, classes, "example.Missing").invoke()
    assert outcome.error_type == "Runtime.ClassNotFound"
    assert "Error Type: Runtime.ClassNotFound" in outcome.log_tail.decode()
