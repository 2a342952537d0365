"""The functions of metric math, by name. Each takes the setting and its arguments."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise

from skyglobe.services.cloudwatch.rules.expressions.values import (
    Band,
    MathError,
    Series,
    Setting,
    Text,
    Unbuilt,
    Value,
    Word,
)

Arguments = list[Value]
Function = Callable[[Setting, Arguments], Value]
FUNCTIONS: dict[str, Function] = {}


def _named(*names: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        for name in names:
            FUNCTIONS[name] = function
        return function

    return register


def _count(name: str, arguments: Arguments, low: int, high: int) -> None:
    if not low <= len(arguments) <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        raise MathError(f"The function {name} takes {wanted} arguments")


def _known(value: Value) -> Value:
    if isinstance(value, Word):
        raise MathError(f"Undefined variable '{value.text}'")
    return value


def _all(name: str, value: Value) -> list[Series]:
    """Return an argument's series, one or many."""
    value = _known(value)
    if isinstance(value, Series):
        return [value]
    if isinstance(value, list):
        return value
    raise MathError(f"The function {name} takes time series")


def _one(name: str, value: Value) -> Series:
    value = _known(value)
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    if not isinstance(value, Series):
        raise MathError(f"The function {name} takes a single time series")
    return value


def _list(name: str, value: Value) -> list[Series]:
    value = _known(value)
    if not isinstance(value, list):
        raise MathError(f"The function {name} takes an array of time series")
    return value


def _number(name: str, value: Value) -> float:
    value = _known(value)
    if not isinstance(value, float | int):
        raise MathError(f"The function {name} takes a number here")
    return float(value)


def _whole(name: str, value: Value) -> int:
    number = _number(name, value)
    if not number.is_integer():
        raise MathError(f"The function {name} takes a whole number here")
    return int(number)


def _word(value: Value) -> str:
    if isinstance(value, Word | Text):
        return value.text.upper()
    raise MathError("A name is expected here")


def _each(name: str, value: Value, change: Callable[[Series], Series]) -> Value:
    value = _known(value)
    if isinstance(value, list):
        return [change(one) for one in value]
    return change(_one(name, value))


def _across(every: list[Series], work: Callable[[list[float]], float]) -> Series:
    """Return one series: at each instant at which any has a value, what ``work`` makes of those there are."""
    instants = sorted({at for one in every for at in one.points})
    points = {at: work([one.points[at] for one in every if at in one.points]) for at in instants}
    return Series(points, every[0].period if every else 60)


def _aggregate(name: str, work: Callable[[list[float]], float]) -> None:
    """Add a function that makes a number of a series, and a series of many."""

    def function(setting: Setting, arguments: Arguments) -> Value:
        _count(name, arguments, 1, 1)
        value = _known(arguments[0])
        try:
            if isinstance(value, list):
                return _across(value, work)
            if isinstance(value, Series):
                return work(list(value.points.values())) if value.points else math.nan
            return work([_number(name, value)])
        except ArithmeticError as error:
            raise MathError(f"The result of {name} is too large") from error

    FUNCTIONS[name] = function


_aggregate("SUM", math.fsum)
_aggregate("AVG", lambda values: math.fsum(values) / len(values))
_aggregate("MIN", min)
_aggregate("MAX", max)
_aggregate("STDDEV", statistics.pstdev)


def _pointwise(name: str, work: Callable[[float], float]) -> None:
    """Add a function of each value by itself."""

    def value_of(value: float) -> float | None:
        try:
            return float(work(value))
        except ValueError:
            return None  # the logarithm of what has none

    def change(one: Series) -> Series:
        changed = ((at, value_of(value)) for at, value in one.points.items())
        return one.like({at: value for at, value in changed if value is not None})

    def function(setting: Setting, arguments: Arguments) -> Value:
        _count(name, arguments, 1, 1)
        value = _known(arguments[0])
        if isinstance(value, float | int):
            found = value_of(value)
            return found if found is not None else math.nan
        return _each(name, value, change)

    FUNCTIONS[name] = function


_pointwise("ABS", abs)
_pointwise("CEIL", math.ceil)
_pointwise("FLOOR", math.floor)
_pointwise("LOG", math.log)
_pointwise("LOG10", math.log10)


def _calendar(name: str, part: Callable[[datetime], float]) -> None:
    """Add a function that tells part of the date of each instant, in UTC."""

    def change(one: Series) -> Series:
        return one.like({at: float(part(datetime.fromtimestamp(at / 1000, UTC))) for at in one.points})

    def function(setting: Setting, arguments: Arguments) -> Value:
        _count(name, arguments, 1, 1)
        return _each(name, arguments[0], change)

    FUNCTIONS[name] = function


_calendar("MINUTE", lambda at: at.minute)
_calendar("HOUR", lambda at: at.hour)
_calendar("DAY", lambda at: at.isoweekday())
_calendar("DATE", lambda at: at.day)
_calendar("MONTH", lambda at: at.month)
_calendar("YEAR", lambda at: at.year)
_calendar("EPOCH", lambda at: int(at.timestamp()))


def _stepwise(name: str, step: Callable[[float, float, float], float]) -> None:
    """Add a function of each value, the one before and the seconds between them. The first value has none before it."""

    def change(one: Series) -> Series:
        pairs = pairwise(one.points.items())
        return one.like({now: step(before, value, (now - then) / 1000) for (then, before), (now, value) in pairs})

    def function(setting: Setting, arguments: Arguments) -> Value:
        _count(name, arguments, 1, 1)
        return _each(name, arguments[0], change)

    FUNCTIONS[name] = function


_stepwise("DIFF", lambda before, value, _: value - before)
_stepwise("DIFF_TIME", lambda _before, _value, seconds: seconds)
_stepwise("RATE", lambda before, value, seconds: (value - before) / seconds)


@_named("RUNNING_SUM")
def _running_sum(setting: Setting, arguments: Arguments) -> Value:
    _count("RUNNING_SUM", arguments, 1, 1)

    def change(one: Series) -> Series:
        total, points = 0.0, {}
        for at, value in one.points.items():
            total += value
            points[at] = total
        return one.like(points)

    return _each("RUNNING_SUM", arguments[0], change)


@_named("PERIOD")
def _period(setting: Setting, arguments: Arguments) -> Value:
    _count("PERIOD", arguments, 1, 1)
    return float(_one("PERIOD", arguments[0]).period)


@_named("DATAPOINT_COUNT")
def _datapoint_count(setting: Setting, arguments: Arguments) -> Value:
    _count("DATAPOINT_COUNT", arguments, 1, 1)
    value = _known(arguments[0])
    if isinstance(value, list):
        return _across(value, lambda values: float(len(values)))
    return float(len(_one("DATAPOINT_COUNT", value).points))


@_named("METRIC_COUNT")
def _metric_count(setting: Setting, arguments: Arguments) -> Value:
    _count("METRIC_COUNT", arguments, 1, 1)
    return float(len(_list("METRIC_COUNT", arguments[0])))


@_named("FIRST")
def _first(setting: Setting, arguments: Arguments) -> Value:
    _count("FIRST", arguments, 1, 1)
    every = _list("FIRST", arguments[0])
    return every[0] if every else Series({})


@_named("LAST")
def _last(setting: Setting, arguments: Arguments) -> Value:
    _count("LAST", arguments, 1, 1)
    every = _list("LAST", arguments[0])
    return every[-1] if every else Series({})


@_named("SLICE")
def _slice(setting: Setting, arguments: Arguments) -> Value:
    _count("SLICE", arguments, 2, 3)
    every = _list("SLICE", arguments[0])
    bounds = [_whole("SLICE", argument) for argument in arguments[1:]]
    if len(bounds) == 1:
        return every[bounds[0] :]
    return every[bounds[0] : bounds[1]]


@_named("REMOVE_EMPTY")
def _remove_empty(setting: Setting, arguments: Arguments) -> Value:
    _count("REMOVE_EMPTY", arguments, 1, 1)
    return [one for one in _list("REMOVE_EMPTY", arguments[0]) if one.points]


@_named("SORT")
def _sort(setting: Setting, arguments: Arguments) -> Value:
    _count("SORT", arguments, 3, 4)
    every = _list("SORT", arguments[0])
    function, direction = _word(arguments[1]), _word(arguments[2])
    if function not in ("AVG", "MIN", "MAX", "SUM") or direction not in ("ASC", "DESC"):
        raise MathError("SORT takes AVG, MIN, MAX or SUM, and ASC or DESC")

    def rank(one: Series) -> float:
        found = FUNCTIONS[function](setting, [one])
        assert isinstance(found, float | int)
        return float(found)

    full = sorted((one for one in every if one.points), key=rank, reverse=direction == "DESC")
    kept = full + [one for one in every if not one.points]
    return kept[: _whole("SORT", arguments[3])] if len(arguments) == 4 else kept


@_named("TIME_SERIES")
def _time_series(setting: Setting, arguments: Arguments) -> Value:
    _count("TIME_SERIES", arguments, 1, 1)
    value = _known(arguments[0])
    if isinstance(value, Series | list):
        return value
    number = _number("TIME_SERIES", value)
    if math.isnan(number):
        return Series({}, setting.period)
    return Series(dict.fromkeys(setting.instants(setting.period), number), setting.period)


@_named("FILL")
def _fill(setting: Setting, arguments: Arguments) -> Value:
    _count("FILL", arguments, 2, 2)
    filling = arguments[1]
    return _each("FILL", arguments[0], lambda one: _filled(setting, one, filling))


def _filled(setting: Setting, one: Series, filling: Value) -> Series:
    instants = sorted({*setting.instants(one.period), *one.points})
    if isinstance(filling, Word | Text):
        how = filling.text.upper()
        if how == "REPEAT":
            return one.like(_repeated(instants, one.points))
        if how == "LINEAR":
            return one.like(_between(instants, one.points))
    filling = _known(filling)
    if isinstance(filling, Series):
        others = filling.points
        return one.like(
            {at: one.points.get(at, others.get(at, 0.0)) for at in instants if at in one.points or at in others}
        )
    number = _number("FILL", filling)
    return one.like({at: one.points.get(at, number) for at in instants})


def _repeated(instants: Iterable[int], points: dict[int, float]) -> dict[int, float]:
    filled: dict[int, float] = {}
    last: float | None = None
    for at in instants:
        last = points.get(at, last)
        if last is not None:
            filled[at] = last
    return filled


def _between(instants: list[int], points: dict[int, float]) -> dict[int, float]:
    """Fill what lies between two points on the line between them; the ends with the nearest value."""
    known = sorted(points)
    if not known:
        return {}
    filled: dict[int, float] = {}
    index = 0
    for at in instants:
        while index < len(known) and known[index] < at:
            index += 1
        if at in points:
            filled[at] = points[at]
        elif index == 0:
            filled[at] = points[known[0]]
        elif index == len(known):
            filled[at] = points[known[-1]]
        else:
            before, after = known[index - 1], known[index]
            part = (at - before) / (after - before)
            filled[at] = points[before] + (points[after] - points[before]) * part
    return filled


@_named("IF")
def _if(setting: Setting, arguments: Arguments) -> Value:
    _count("IF", arguments, 2, 3)
    condition, *branches = (_known(argument) for argument in arguments)
    yes, no = branches[0], branches[1] if len(branches) == 2 else None
    if isinstance(condition, float | int):
        chosen = yes if condition else no
        if chosen is None:
            return yes.like({}) if isinstance(yes, Series) else math.nan
        return chosen
    if isinstance(condition, list):
        return [_chosen(one, yes, no) for one in condition]
    return _chosen(_one("IF", condition), yes, no)


def _chosen(condition: Series, yes: Value, no: Value | None) -> Series:
    points: dict[int, float] = {}
    for at, holds in condition.points.items():
        branch = yes if holds else no
        value = branch.points.get(at) if isinstance(branch, Series) else branch
        if isinstance(value, float | int) and not math.isnan(value):
            points[at] = float(value)
    shape = yes if isinstance(yes, Series) else condition
    return shape.like(points)


@_named("METRICS")
def _metrics(setting: Setting, arguments: Arguments) -> Value:
    _count("METRICS", arguments, 0, 1)
    every = setting.metrics()
    if not arguments:
        return every
    if not isinstance(arguments[0], Text):
        raise MathError("METRICS takes a text")
    wanted = arguments[0].text
    return [one for one in every if wanted in one.id]


@_named("SEARCH")
def _search(setting: Setting, arguments: Arguments) -> Value:
    _count("SEARCH", arguments, 2, 3)
    text, statistic = arguments[:2]
    if not isinstance(text, Text) or not isinstance(statistic, Text):
        raise MathError("SEARCH takes a search expression and a statistic, both in quotes")
    period = _whole("SEARCH", arguments[2]) if len(arguments) == 3 else None
    return setting.search(text.text, statistic.text, period)


@_named("ANOMALY_DETECTION_BAND")
def _band(setting: Setting, arguments: Arguments) -> Value:
    _count("ANOMALY_DETECTION_BAND", arguments, 1, 2)
    width = _number("ANOMALY_DETECTION_BAND", arguments[1]) if len(arguments) == 2 else 2.0
    if width <= 0:
        raise MathError("ANOMALY_DETECTION_BAND takes a number greater than 0")
    band: Band = setting.band(_one("ANOMALY_DETECTION_BAND", arguments[0]), width)
    return band


@_named("INSIGHT_RULE_METRIC", "DB_PERF_INSIGHTS", "LAMBDA", "SERVICE_QUOTA")
def _unbuilt(setting: Setting, arguments: Arguments) -> Value:
    raise Unbuilt("INSIGHT_RULE_METRIC, DB_PERF_INSIGHTS, LAMBDA and SERVICE_QUOTA")
