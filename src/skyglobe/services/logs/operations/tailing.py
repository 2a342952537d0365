"""StartLiveTail: events shown as they arrive, once a second, for up to three hours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.logs import logs
from skyglobe.services.logs.filtering import check_pattern, refuse_other_classes
from skyglobe.services.logs.finding import get_identified
from skyglobe.services.logs.refusals import invalid, over_limit
from skyglobe.services.logs.rules.patterns import Subject, compile_pattern
from skyglobe.services.logs.tapping import tail_topic

MAX_SESSIONS = 15  # at the same time, of one account in one region; user guide, "CloudWatch Logs quotas"
LASTS_FOR = 10_800_000  # milliseconds; API reference of StartLiveTail
BEAT_FOR = 1_000  # milliseconds between two updates; the same
MAX_SHOWN = 500  # events in one update; of more, a sample is shown; the same
MAX_BEHIND = 5_000  # events kept for a client that is slow; the same

News = tuple[str, str, int, int, Subject]
"""ARN of the group, name of the stream, time, time of ingestion, text."""


@logs.operation
def start_live_tail(
    call: Call,
    log_group_identifiers: list[str],
    log_stream_names: list[str] | None = None,
    log_stream_name_prefixes: list[str] | None = None,
    log_event_filter_pattern: str = "",
) -> dict[str, Any]:
    """Begin to show the events that arrive in some groups, or some streams of one group.

    Raises LimitExceededException when too many sessions are open.
    """
    if log_stream_names and log_stream_name_prefixes:
        raise invalid("Only one of logStreamNames and logStreamNamePrefixes may be specified.")
    if (log_stream_names or log_stream_name_prefixes) and len(log_group_identifiers) > 1:
        raise invalid("logStreamNames and logStreamNamePrefixes can be specified for a single log group only.")
    if not all(identifier.startswith("arn:") for identifier in log_group_identifiers):
        raise invalid("logGroupIdentifiers must be ARNs of log groups.")
    check_pattern(log_event_filter_pattern)
    sessions = ("logs", call.account, call.region, "sessions")
    if call.kernel.broadcasts.listeners(sessions) >= MAX_SESSIONS:
        raise over_limit(f"There can be at most {MAX_SESSIONS} Live Tail sessions at the same time.")
    topics: list[tuple[str, ...]] = [sessions]
    for identifier in log_group_identifiers:
        if identifier.endswith("*"):
            raise invalid("The ARN of a log group must not end with an asterisk.")
        scope, group = get_identified(call, identifier)
        refuse_other_classes(group, "Live Tail sessions")
        topics.append(tail_topic(scope, group))
    request = {
        "logGroupIdentifiers": log_group_identifiers,
        "logStreamNames": log_stream_names or [],
        "logStreamNamePrefixes": log_stream_name_prefixes or [],
        "logEventFilterPattern": log_event_filter_pattern,
    }
    return {"responseStream": _Session(call, topics, request).events()}


class _Session:
    """One live view, from its start to its end."""

    def __init__(self, call: Call, topics: list[tuple[str, ...]], request: dict[str, Any]) -> None:
        self._call = call
        self._topics = topics
        self._request = request
        self._matches = compile_pattern(request["logEventFilterPattern"]).matches
        self._names = frozenset(request["logStreamNames"])
        self._prefixes = tuple(request["logStreamNamePrefixes"])

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Yield updates until the time is over. Raises SessionTimeoutException then."""
        kernel = self._call.kernel
        ends_at = self._call.now + LASTS_FOR
        with kernel.broadcasts.listen(self._topics, MAX_BEHIND) as inbox:
            start = {"requestId": self._call.request_id, "sessionId": kernel.ids.uuid(), **self._request}
            yield {"sessionStart": start}
            while kernel.clock.now() < ends_at:
                await kernel.clock.wait_until(min(kernel.clock.now() + BEAT_FOR, ends_at))
                is_sampled = inbox.missed > 0
                chosen = [news for news in inbox.take() if self._is_wanted(news)]
                if len(chosen) > MAX_SHOWN:
                    is_sampled = True
                    chosen = [chosen[place * len(chosen) // MAX_SHOWN] for place in range(MAX_SHOWN)]
                update = {"sessionMetadata": {"sampled": is_sampled}, "sessionResults": list(map(_shown, chosen))}
                yield {"sessionUpdate": update}
        raise logs.errors.SessionTimeoutException("The session has been open for three hours.")

    def _is_wanted(self, news: News) -> bool:
        stream = news[1]
        if self._names and stream not in self._names:
            return False
        if self._prefixes and not stream.startswith(self._prefixes):
            return False
        return self._matches(news[4])


def _shown(news: News) -> dict[str, Any]:
    group, stream, at, ingested_at, subject = news
    account = group.split(":")[4]
    return {
        "logStreamName": stream,
        "logGroupIdentifier": f"{account}:{group.rpartition(':log-group:')[2]}",
        "message": subject.text,
        "timestamp": at,
        "ingestionTime": ingested_at,
    }
