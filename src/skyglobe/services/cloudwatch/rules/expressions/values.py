"""What expressions are about: numbers, texts, series and lists of series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

MAX_SERIES = 500  # of one expression's result; user guide, "SEARCH expression limits" and "Metric math"

MAX_INSTANTS = 100_800  # values of one answer; API reference of GetMetricData


class MathError(ValueError):
    """An expression cannot be read, or cannot be worked out; says why."""


class Unbuilt(Exception):
    """An expression uses what is not built here."""


@dataclass(slots=True)
class Series:
    """Values by instant (milliseconds), in order of time."""

    points: dict[int, float]
    period: int = 60
    """Seconds."""
    label: str = ""
    id: str = ""

    def like(self, points: dict[int, float]) -> Series:
        """Return other points under the same name."""
        return Series(points, self.period, self.label, self.id)


@dataclass(slots=True)
class Band:
    """What is expected: a lower and an upper bound at each instant."""

    upper: Series
    lower: Series


@dataclass(slots=True)
class Text:
    """What stands in quotes."""

    text: str


@dataclass(slots=True)
class Word:
    """A name that is no id: ``REPEAT``, ``ASC``."""

    text: str


Value = float | Series | list[Series] | Band | Text | Word


@dataclass(slots=True)
class Setting:
    """What an expression is worked out with."""

    find: Callable[[str], Value | None]
    """What an id stands for; None when it stands for nothing."""
    metrics: Callable[[], list[Series]]
    """The metrics that are asked for, expressions aside, each under its id."""
    search: Callable[[str, str, int | None], list[Series]]
    """The series that a search finds: of its text, statistic and period."""
    band: Callable[[Series, float], Band]
    """What is expected of a metric, so many standard deviations wide."""
    start: int
    stop: int
    period: int
    """Seconds: of an expression that names no series."""
    labels: dict[str, str] = field(default_factory=dict)

    def instants(self, period: int) -> range:
        """Return where the periods of the time asked about begin. Raises MathError for too many of them."""
        return periods_between(self.start, self.stop, period)


def periods_between(start: int, stop: int, period: int) -> range:
    """Return where the periods from ``start`` to before ``stop`` begin. Raises MathError for too many of them."""
    found = range(start, stop, period * 1000)
    if len(found) > MAX_INSTANTS:
        raise MathError(f"The time asked about has more than {MAX_INSTANTS:,} periods")
    return found
