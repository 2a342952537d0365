"""What happens to events besides being kept: metrics are made of them, subscribers are sent them, live views show them.

What is to be done is posted in the transaction that keeps the events. A group without filters costs two looks at keys.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs.packing import Event, events_of_batch
from skyglobe.services.logs.records import (
    Fresh,
    LogGroup,
    LogStream,
    MetricFilter,
    SubscriptionFilter,
    account_policies,
    taps,
)
from skyglobe.services.logs.rules.deliveries import Told, documents
from skyglobe.services.logs.rules.embedded import MARK, embedded_data
from skyglobe.services.logs.rules.metrics import data_of
from skyglobe.services.logs.rules.patterns import Subject, compile_pattern

SUBSCRIPTION_KIND = "SUBSCRIPTION_FILTER_POLICY"
MAX_DATA = 1000  # of one PutMetricData; CloudWatch's API reference


def tail_topic(scope: Scope, group: LogGroup) -> tuple[str, ...]:
    """Return what live views of a group listen to."""
    return ("logs", scope.account, scope.region, str(group.number))


def tap(scope: Scope, group: LogGroup, stream: LogStream, batch: Fresh) -> None:
    """Show a batch that was just written to whoever is interested."""
    tapped = _Tapped(scope, group, stream, batch)
    found = taps.find(scope, group.number)
    if found is not None:
        for metric in found.metrics:
            tapped.measure(metric)
        for subscription in found.subscriptions:
            tapped.pass_on(subscription)
    account = account_policies.find(scope, SUBSCRIPTION_KIND)
    if account is not None and account.subscription is not None and _is_meant(group, account.excluded):
        tapped.pass_on(account.subscription, is_account_level=True)
    if group.kind == "STANDARD":
        tapped.measure_embedded()
    topic = tail_topic(scope, group)
    if scope.kernel.broadcasts.is_heard(topic):
        tapped.show(topic)


def _is_meant(group: LogGroup, excluded: list[str]) -> bool:
    return group.kind == "STANDARD" and group.id not in excluded


class _Tapped:
    """A batch, masked and looked into once for all filters."""

    def __init__(self, scope: Scope, group: LogGroup, stream: LogStream, batch: Fresh) -> None:
        self._scope = scope
        self._group = group
        self._stream = stream
        self._batch = batch

    @cached_property
    def _events(self) -> list[Event]:
        return events_of_batch(self._batch)

    @cached_property
    def _subjects(self) -> list[tuple[int, Subject]]:
        return [(event.at, Subject(event.masked)) for event in self._events]

    def measure(self, metric: MetricFilter) -> None:
        """Have CloudWatch take the metric's data. Without that service there is nobody to take them."""
        if self._is_measured:
            data = data_of(compile_pattern(metric.pattern), metric.transformation, self._subjects)
            self._put(metric.transformation["metricNamespace"], data)

    def measure_embedded(self) -> None:
        """Have CloudWatch take the metrics that events carry themselves."""
        if not self._is_measured or not any(MARK in text for text in self._batch.texts):
            return
        by_namespace: dict[str, list[dict[str, Any]]] = {}
        for _, subject in self._subjects:
            for namespace, datum in embedded_data(subject):
                by_namespace.setdefault(namespace, []).append(datum)
        for namespace, data in by_namespace.items():
            self._put(namespace, data)

    @property
    def _is_measured(self) -> bool:
        return self._scope.kernel.services.find("cloudwatch") is not None

    def _put(self, namespace: str, data: list[dict[str, Any]]) -> None:
        for start in range(0, len(data), MAX_DATA):
            request = {"Namespace": namespace, "MetricData": data[start : start + MAX_DATA]}
            post(self._scope, "logs", "measure", request)

    def pass_on(self, subscription: SubscriptionFilter, *, is_account_level: bool = False) -> None:
        """Post what the filter lets through for its destination."""
        matches = compile_pattern(subscription.pattern).matches
        chosen: list[Told] = [
            (event.at, event.order, subject.text)
            for event, (_, subject) in zip(self._events, self._subjects, strict=True)
            if matches(subject)
        ]
        scope, group, stream = self._scope, self._group, self._stream
        for document in documents(
            group.owner, group.id, stream.id, subscription.name, chosen, is_account_level=is_account_level
        ):
            payload = {
                "destination": subscription.destination,
                "role": subscription.role,
                "source": f"{group.arn}:*",
                "key": stream.id if subscription.distribution == "ByLogStream" else scope.kernel.ids.hex("", 32),
                "document": document,
                "began_at": scope.now,
                "attempts": 0,
            }
            post(scope, "logs", "deliver", payload, lane=f"{group.number}:{subscription.name}")

    def show(self, topic: tuple[str, ...]) -> None:
        """Tell live views once the events are kept."""
        scope, group, stream = self._scope, self._group, self._stream
        news = [(group.arn, stream.id, at, scope.now, subject) for at, subject in self._subjects]

        def tell() -> None:
            for one in news:
                scope.kernel.broadcasts.tell(topic, one)

        scope.after_commit(tell)
