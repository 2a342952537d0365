"""How often, and how long apart, HTTP deliveries are tried: ``DeliveryPolicy`` of topics and subscriptions.

After "Amazon SNS message delivery retries" in the developer guide. It names the back-off functions and draws them
without giving formulas; those of ``backoff`` here are ours, and there is no jitter, so that a run can be repeated.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

from skyglobe.services.sns.refusals import invalid

DEFAULT_RETRY: dict[str, Any] = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
"""Seconds and counts; developer guide, "Creating an HTTP/S delivery policy"."""
DEFAULT_CONTENT_TYPE = "text/plain; charset=UTF-8"
MAX_DELAY = 3_600  # seconds; same page
MAX_RETRIES = 100  # same page
MAX_TOTAL = 3_600  # seconds over all retries; same page
FUNCTIONS = ("arithmetic", "exponential", "geometric", "linear")
CONTENT_TYPES = ("application/json", "application/xml", "text/plain", "text/html", "text/csv", "text/xml")
_COUNTS = ("numRetries", "numMaxDelayRetries", "numNoDelayRetries", "numMinDelayRetries")


class DeliveryPolicy(NamedTuple):
    """What applies to one subscription."""

    retry: dict[str, Any]
    per_second: int | None
    content_type: str

    @property
    def retries(self) -> int:
        count: int = self.retry["numRetries"]
        return count

    def delay(self, number: int) -> float:
        """Return how many seconds before retry ``number``, the first being 1."""
        return delay_of(self.retry, number)


def delay_of(retry: dict[str, Any], number: int) -> float:
    """Return the delay before a retry: none, then the least, then growing, then the most."""
    low, high = retry["minDelayTarget"], retry["maxDelayTarget"]
    number -= retry["numNoDelayRetries"]
    if number <= 0:
        return 0
    number -= retry["numMinDelayRetries"]
    if number <= 0:
        return float(low)
    growing = retry["numRetries"] - retry["numNoDelayRetries"] - retry["numMinDelayRetries"]
    growing -= retry["numMaxDelayRetries"]
    if number > growing:
        return float(high)
    return float(low + (high - low) * backoff(retry["backoffFunction"], number, growing))


def backoff(function: str, number: int, count: int) -> float:
    """Return how far between the least and the most delay retry ``number`` of ``count`` lies: up to 1 for the last."""
    if function == "linear":
        return number / count
    if function == "arithmetic":
        return number * (number + 1) / (count * (count + 1))
    if function == "geometric":
        return (number / count) ** 2
    return float((2**number - 1) / (2**count - 1))


def check_topic_delivery_policy(text: str) -> None:
    """Raise InvalidParameter for a topic's ``DeliveryPolicy`` that is none."""
    policy = _parse(text)
    _only(policy, ("http", "sqs", "lambda", "application", "firehose"))
    http = _section(policy, "http")
    known = (
        "defaultHealthyRetryPolicy",
        "disableSubscriptionOverrides",
        "defaultThrottlePolicy",
        "defaultRequestPolicy",
        "defaultSicklyRetryPolicy",
    )
    _only(http, known)
    _check_retry(_section(http, "defaultHealthyRetryPolicy"), "http.defaultHealthyRetryPolicy")
    _check_throttle(_section(http, "defaultThrottlePolicy"))
    _check_request(_section(http, "defaultRequestPolicy"))
    if not isinstance(http.get("disableSubscriptionOverrides", False), bool):
        raise _refused("http.disableSubscriptionOverrides must be a boolean")


def check_subscription_delivery_policy(text: str) -> None:
    """Raise InvalidParameter for a subscription's ``DeliveryPolicy`` that is none."""
    policy = _parse(text)
    _only(policy, ("healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"))
    _check_retry(_section(policy, "healthyRetryPolicy"), "healthyRetryPolicy")
    _check_throttle(_section(policy, "throttlePolicy"))
    _check_request(_section(policy, "requestPolicy"))


def effective_topic_policy(text: str) -> str:
    """Return a topic's ``EffectiveDeliveryPolicy``."""
    http = _section(json.loads(text), "http") if text else {}
    effective: dict[str, Any] = {
        "defaultHealthyRetryPolicy": {**DEFAULT_RETRY, **_section(http, "defaultHealthyRetryPolicy")},
        "disableSubscriptionOverrides": http.get("disableSubscriptionOverrides", False),
    }
    if http.get("defaultThrottlePolicy"):
        effective["defaultThrottlePolicy"] = http["defaultThrottlePolicy"]
    effective["defaultRequestPolicy"] = {
        "headerContentType": DEFAULT_CONTENT_TYPE,
        **_section(http, "defaultRequestPolicy"),
    }
    return json.dumps({"http": effective}, separators=(",", ":"))


@lru_cache(maxsize=1_024)
def effective_policy(topic_text: str, subscription_text: str) -> DeliveryPolicy:
    """Return what applies to a subscription: its own policy over its topic's over the defaults."""
    http = json.loads(effective_topic_policy(topic_text))["http"]
    own = json.loads(subscription_text) if subscription_text else {}
    if http["disableSubscriptionOverrides"]:
        own = {}
    retry = {**http["defaultHealthyRetryPolicy"], **_section(own, "healthyRetryPolicy")}
    throttle = _section(own, "throttlePolicy") or _section(http, "defaultThrottlePolicy")
    request = {**http["defaultRequestPolicy"], **_section(own, "requestPolicy")}
    return DeliveryPolicy(retry, throttle.get("maxReceivesPerSecond"), request["headerContentType"])


def shown_policy(policy: DeliveryPolicy) -> str:
    """Return a subscription's ``EffectiveDeliveryPolicy``."""
    throttle = {"maxReceivesPerSecond": policy.per_second} if policy.per_second else None
    shown = {
        "healthyRetryPolicy": policy.retry,
        "sicklyRetryPolicy": None,
        "throttlePolicy": throttle,
        "requestPolicy": {"headerContentType": policy.content_type},
        "guaranteed": False,
    }
    return json.dumps(shown, separators=(",", ":"))


def _parse(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused("failed to parse JSON") from error
    if not isinstance(found, dict):
        raise _refused("must be a JSON object")
    return found


def _section(policy: dict[str, Any], name: str) -> dict[str, Any]:
    section = policy.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise _refused(f"{name} must be a JSON object")
    return section


def _only(policy: dict[str, Any], known: tuple[str, ...]) -> None:
    for name in policy:
        if name not in known:
            raise _refused(f"unexpected field {name}")


def _check_retry(given: dict[str, Any], where: str) -> None:
    _only(given, tuple(DEFAULT_RETRY))
    retry = {**DEFAULT_RETRY, **given}
    for name in ("minDelayTarget", "maxDelayTarget", *_COUNTS):
        if not isinstance(retry[name], int) or isinstance(retry[name], bool):
            raise _refused(f"{where}.{name} must be an integer")
    if "minDelayTarget" in given and "maxDelayTarget" not in given:
        retry["maxDelayTarget"] = max(retry["maxDelayTarget"], retry["minDelayTarget"])
    if not 1 <= retry["maxDelayTarget"] <= MAX_DELAY:
        raise _refused(f"{where}.maxDelayTarget must be between 1 and {MAX_DELAY}")
    if not 1 <= retry["minDelayTarget"] <= retry["maxDelayTarget"]:
        raise _refused(f"{where}.minDelayTarget must be between 1 and maxDelayTarget")
    if not 0 <= retry["numRetries"] <= MAX_RETRIES:
        raise _refused(f"{where}.numRetries must be between 0 and {MAX_RETRIES}")
    phases = [retry[name] for name in _COUNTS[1:]]
    if min(phases) < 0 or sum(phases) > retry["numRetries"]:
        raise _refused(f"{where}.numRetries must be greater than or equal to the sum of the phases' retries")
    if retry["backoffFunction"] not in FUNCTIONS:
        raise _refused(f"{where}.backoffFunction must be one of {', '.join(FUNCTIONS)}")
    if sum(delay_of(retry, number) for number in range(1, retry["numRetries"] + 1)) > MAX_TOTAL:
        raise _refused(f"{where}: the total policy retry time must not exceed {MAX_TOTAL} seconds")


def _check_throttle(given: dict[str, Any]) -> None:
    _only(given, ("maxReceivesPerSecond",))
    value = given.get("maxReceivesPerSecond")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise _refused("throttlePolicy.maxReceivesPerSecond must be an integer greater than or equal to 1")


def _check_request(given: dict[str, Any]) -> None:
    _only(given, ("headerContentType",))
    value = given.get("headerContentType", DEFAULT_CONTENT_TYPE)
    is_known = isinstance(value, str) and value.partition(";")[0].strip() in CONTENT_TYPES
    if not is_known or any(not 0x20 <= ord(character) < 0x7F for character in value):
        raise _refused("requestPolicy.headerContentType is not supported")


def _refused(reason: str) -> Exception:
    return invalid("DeliveryPolicy", reason)
