"""Counting what the generated tests prove, over all workers, and printing it at the end."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.conformance.sampling import WHOLE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how much was proved: tests call ``record_property("conformance", [what, protocol, count])``."""
    counts: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            if name == "conformance" and report.when == "call":
                what, protocol, count = value
                counts[what, protocol] += count
    if counts:
        terminalreporter.section("conformance, " + ("all operations" if WHOLE else "a sample"))
    for what in sorted({what for what, _ in counts}):
        total = sum(count for (kind, _), count in counts.items() if kind == what)
        each = ", ".join(f"{protocol} {count}" for (kind, protocol), count in sorted(counts.items()) if kind == what)
        terminalreporter.write_line(f"{what} proved: {total} ({each})")
