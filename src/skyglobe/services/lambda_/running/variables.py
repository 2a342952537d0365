"""The environment variables of functions: "Working with Lambda environment variables", defined runtime variables."""

from __future__ import annotations

from urllib.parse import urlsplit

from skyglobe.services.lambda_.running.interface import Credentials, Specification
from skyglobe.services.lambda_.running.layout import Places

_XRAY_DAEMON = "169.254.79.129:2000"


def variables(
    specification: Specification, credentials: Credentials, places: Places, *, api: str, stream: str, endpoint: str
) -> dict[str, str]:
    """Return what a function's processes find in their environment.

    A function's own variables win over those that AWS lets them change, and lose to the reserved ones. Its SDK talks
    to this cloud by ``AWS_ENDPOINT_URL``, unless it says otherwise.
    """
    found = _changeable(specification, places, endpoint)
    found.update(specification.environment)
    found.update(_reserved(specification, credentials, places, api, stream))
    return found


def _changeable(specification: Specification, places: Places, endpoint: str) -> dict[str, str]:
    opt, task, runtime = places.opt, places.task, places.runtime
    found = {
        "AWS_ENDPOINT_URL": _by_number(endpoint),
        # Else SDKs would look for ROUTE.localhost to answer S3 Object Lambda: a name few machines know.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": f"/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:{opt}/bin",
        "LD_LIBRARY_PATH": f"/var/lang/lib:/lib64:/usr/lib64:{runtime}:{runtime}/lib:{task}:{task}/lib:{opt}/lib",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": _XRAY_DAEMON,
        "_AWS_XRAY_DAEMON_ADDRESS": _XRAY_DAEMON.partition(":")[0],
        "_AWS_XRAY_DAEMON_PORT": _XRAY_DAEMON.partition(":")[2],
    }
    if places.tmp != "/tmp":  # noqa: S108 - that is where AWS has it
        found["TMPDIR"] = places.tmp
    if specification.runtime.startswith("nodejs"):
        major = specification.runtime.removeprefix("nodejs").partition(".")[0]
        found["NODE_PATH"] = (
            ":".join(
                [
                    f"{opt}/nodejs/node{major}/node_modules",
                    f"{opt}/nodejs/node_modules",
                    f"{runtime}/node_modules",
                    runtime,
                ]
            )
            + f":{task}"
        )
    elif specification.runtime.startswith("python"):
        found["PYTHONPATH"] = runtime
    return found


def _by_number(endpoint: str) -> str:
    """Return the endpoint with an address for ``localhost``: SDKs put buckets' names before names, not addresses."""
    url = urlsplit(endpoint)
    if url.hostname != "localhost":
        return endpoint
    return url._replace(netloc=f"127.0.0.1:{url.port}" if url.port else "127.0.0.1").geturl()


def _reserved(
    specification: Specification, credentials: Credentials, places: Places, api: str, stream: str
) -> dict[str, str]:
    found = {
        "_HANDLER": specification.handler,
        "AWS_REGION": specification.region,
        "AWS_DEFAULT_REGION": specification.region,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_LAMBDA_FUNCTION_NAME": specification.name,
        "AWS_LAMBDA_FUNCTION_VERSION": specification.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(specification.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": specification.initialization,
        "AWS_LAMBDA_LOG_GROUP_NAME": specification.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_RUNTIME_API": api,
        "LAMBDA_TASK_ROOT": places.task,
        "LAMBDA_RUNTIME_DIR": places.runtime,
        "AWS_LAMBDA_LOG_FORMAT": specification.log_format,
    }
    if specification.log_format == "JSON":
        found["AWS_LAMBDA_LOG_LEVEL"] = specification.application_level
    if not specification.runtime.startswith("provided"):
        found["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{specification.runtime}"
    return found
