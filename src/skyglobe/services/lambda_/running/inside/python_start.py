"""Runs a Python function by AWS's own runtime client, in a fork of an interpreter that has it loaded, or by itself.

What the fork was spared of loading must not show: the function's own copies of the same packages come first.
"""

import gc
import importlib.util
import os
import site
import sys
import time
from types import ModuleType
from typing import Any, cast


def start(process: dict[str, Any]) -> None:
    """Be the function, for good. ``process`` has its environment, and in ``details`` handler, API and folders."""
    os.environ.clear()
    os.environ.update(process["environment"])
    time.tzset()
    details = process["details"]
    _set_paths(details)
    run(details["handler"], details["api"])


def run(handler: str, api: str) -> None:
    """Serve invocations until the environment ends."""
    site.setquit()
    site.setcopyright()
    site.sethelper()
    from awslambdaric import bootstrap, lambda_runtime_client

    if lambda_runtime_client.runtime_client is None:
        del sys.modules["runtime_client"]
        import runtime_client

        runtime_client.initialize_client(lambda_runtime_client._user_agent())
        lambda_runtime_client.runtime_client = runtime_client

    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        # It looks at the format when it is loaded.
        bootstrap = importlib.reload(bootstrap)
    sys.argv = ["/var/runtime/bootstrap"]
    gc.enable()
    bootstrap.run(handler, lambda_runtime_client.LambdaRuntimeClient(api))


def _set_paths(details: dict[str, str]) -> None:
    task, opt, runtime = details["task"], details["opt"], details["runtime"]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    standard = [path for path in sys.path if path != runtime]
    asked = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path and path != runtime]
    own = [task, f"{opt}/python/lib/{version}/site-packages", f"{opt}/python", *asked]
    sys.path[:] = [*own, *standard, runtime]
    sys.path_importer_cache.clear()
    _forget_shadowed([path for path in own if os.path.isdir(path)], runtime)


def _forget_shadowed(folders: list[str], runtime: str) -> None:
    """Forget the preloaded packages of which the function brings its own.

    Looks at no more modules than it must: each one that is looked at is a page of memory to copy.
    """
    there: set[str] = set()
    for folder in folders:
        there.update(name.partition(".")[0] for name in os.listdir(folder))
    for name in there:
        loaded = sys.modules.get(name)
        if loaded is not None and str(getattr(loaded, "__file__", None)).startswith(runtime + "/"):
            for each in [each for each in sys.modules if each.partition(".")[0] == name]:
                del sys.modules[each]


if __name__ != "__main__":
    # The launcher has loaded all it needs, and functions are not to see it.
    for _name in [name for name in sys.modules if name.partition(".")[0] in ("skyglobe", "skyglobe_start")]:
        del sys.modules[_name]
    # The native client takes the API's address when it is loaded: not before there is one.
    sys.modules["runtime_client"] = cast(ModuleType, None)
else:
    # By way of AWS_LAMBDA_EXEC_WRAPPER: everything else is in the environment.
    root = os.environ["LAMBDA_TASK_ROOT"]
    _set_paths({"task": root, "opt": os.environ["SKYGLOBE_OPT"], "runtime": os.environ["LAMBDA_RUNTIME_DIR"]})
    run(os.environ["_HANDLER"], os.environ["AWS_LAMBDA_RUNTIME_API"])
