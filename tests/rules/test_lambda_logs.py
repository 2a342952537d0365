"""Laws of how functions' output becomes log events, and how Lambda words its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.lambda_.running.failures import exit_reason
from skyglobe.services.lambda_.running.lines import level_of, text_line
from skyglobe.services.lambda_.running.log import MAX_LINE_BYTES, Frames, Lines

pieces = st.lists(st.binary(max_size=40), max_size=20)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """Return the data in pieces."""
    ends = sorted({min(end, len(data)) for end in at})
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


@given(st.text(), st.lists(st.integers(0, 200)))
def test_lines_are_the_same_however_they_arrive(text: str, at: list[int]) -> None:
    taken: list[str] = []
    lines = Lines(taken.append)
    for piece in cut(text.encode(), at):
        lines.feed(piece)
    lines.end()
    assert "".join(taken) == text
    assert all(line.find("\n") in (-1, len(line) - 1) for line in taken)


@given(pieces)
def test_bytes_that_are_no_text_are_replaced_and_never_lost(pieces: list[bytes]) -> None:
    taken: list[str] = []
    lines = Lines(taken.append)
    for piece in pieces:
        lines.feed(piece)
    lines.end()
    assert "".join(taken) == b"".join(pieces).decode("utf-8", "replace")


def test_endless_lines_are_cut() -> None:
    taken: list[str] = []
    lines = Lines(taken.append)
    for _ in range(5):
        lines.feed(b"x" * MAX_LINE_BYTES)
    lines.end()
    assert len(taken) == 5
    assert max(map(len, taken)) == MAX_LINE_BYTES


def framed(text: str) -> bytes:
    data = text.encode()
    return (0xA55A0003).to_bytes(4, "big") + len(data).to_bytes(4, "big") + bytes(8) + data


@given(st.lists(st.text(min_size=1, max_size=60), max_size=10), st.lists(st.integers(0, 400)))
def test_framed_messages_stay_whole(texts: list[str], at: list[int]) -> None:
    taken: list[str] = []
    frames = Frames(taken.append)
    for piece in cut(b"".join(map(framed, texts)), at):
        frames.feed(piece)
    assert taken == texts


@given(pieces)
def test_frames_survive_anything(pieces: list[bytes]) -> None:
    frames = Frames(lambda _: None)
    for piece in pieces:
        frames.feed(piece)


def test_ends_of_processes_are_worded_as_aws_does() -> None:
    assert exit_reason(0) == "Runtime exited without providing a reason"
    assert exit_reason(3 << 8) == "Runtime exited with error: exit status 3"
    assert exit_reason(9) == "Runtime exited with error: signal: killed"
    assert exit_reason(11 | 0x80) == "Runtime exited with error: signal: segmentation fault (core dumped)"


def test_reports_are_worded_as_aws_does() -> None:
    metrics = {
        "durationMs": 12.345,
        "billedDurationMs": 113,
        "memorySizeMB": 128,
        "maxMemoryUsedMB": 34,
        "initDurationMs": 100.0,
    }
    record = {"requestId": "r", "status": "error", "errorType": "Runtime.ExitError", "metrics": metrics}
    assert text_line("platform.report", record, 0) == (
        "END RequestId: r\n"
        "REPORT RequestId: r\tDuration: 12.35 ms\tBilled Duration: 113 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 34 MB\tInit Duration: 100.00 ms\tStatus: error\tError Type: Runtime.ExitError\t\n"
    )


def test_levels_of_platform_events_are_those_of_the_documentation() -> None:
    assert level_of("platform.start", {}) == "INFO"
    assert level_of("platform.runtimeDone", {"status": "success"}) == "DEBUG"
    assert level_of("platform.runtimeDone", {"status": "timeout"}) == "WARN"
    assert level_of("platform.report", {"status": "success"}) == "INFO"
    assert level_of("platform.report", {"status": "error"}) == "WARN"
    assert level_of("platform.initStart", {"runtimeVersion": "python:3.11.v1"}) == "INFO"
    assert level_of("platform.initStart", {}) == "DEBUG"
    assert level_of("platform.initReport", {"status": "success", "initializationType": "on-demand"}) == "DEBUG"
    assert level_of("platform.initReport", {"status": "success", "initializationType": "snap-start"}) == "INFO"
