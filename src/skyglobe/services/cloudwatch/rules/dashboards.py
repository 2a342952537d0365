"""What a dashboard's body may be. API reference, "Dashboard body structure and syntax"."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_WIDGETS = 500  # of a dashboard; CloudWatch quotas
MAX_BYTES = 1 << 20  # ours: AWS names no bound for the body
TYPES = ("metric", "text", "log", "alarm", "explorer", "custom")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")  # API reference of PutDashboard
_PLACES = {"x": (0, 23), "y": (0, 1 << 31), "width": (1, 24), "height": (1, 1000)}
_WANTED = {"text": "markdown", "log": "query", "alarm": "alarms", "custom": "endpoint"}

Problem = tuple[str, str]


def is_name(name: str) -> bool:
    """Return whether a dashboard can be called so."""
    return _NAME.fullmatch(name) is not None


def problems_of(body: str) -> list[Problem]:
    """Return what is wrong with a body: where, and what."""
    if len(body.encode()) > MAX_BYTES:
        return [("", f"The dashboard body must not be larger than {MAX_BYTES} bytes")]
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return [("", "The field DashboardBody must be a valid JSON object")]
    if not isinstance(content, dict):
        return [("", "The field DashboardBody must be a valid JSON object")]
    found: list[Problem] = []
    mode = content.get("periodOverride")
    if mode not in (None, "auto", "inherit"):
        found.append(("/periodOverride", "Should be one of: auto, inherit"))
    widgets = content.get("widgets")
    if widgets is None:
        return [*found, ("/", "Should have required property 'widgets'")]
    if not isinstance(widgets, list):
        return [*found, ("/widgets", "Should be array")]
    if len(widgets) > MAX_WIDGETS:
        return [*found, ("/widgets", f"Should NOT have more than {MAX_WIDGETS} items")]
    for number, widget in enumerate(widgets):
        found.extend(_problems_of_widget(f"/widgets/{number}", widget))
    return found


def _problems_of_widget(place: str, widget: Any) -> list[Problem]:
    if not isinstance(widget, dict):
        return [(place, "Should be object")]
    found: list[Problem] = []
    kind = widget.get("type")
    if kind is None:
        found.append((place, "Should have required property 'type'"))
    elif kind not in TYPES:
        found.append((f"{place}/type", f"Should be one of: {', '.join(TYPES)}"))
    for name, (low, high) in _PLACES.items():
        value = widget.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high):
            found.append((f"{place}/{name}", f"Should be integer from {low} to {high}"))
    if ("x" in widget) != ("y" in widget):
        found.append((place, "Should have both properties 'x' and 'y' or neither"))
    properties = widget.get("properties")
    if properties is None:
        found.append((place, "Should have required property 'properties'"))
    elif not isinstance(properties, dict):
        found.append((f"{place}/properties", "Should be object"))
    else:
        found.extend(_problems_of_properties(f"{place}/properties", str(kind), properties))
    return found


def _problems_of_properties(place: str, kind: str, properties: dict[str, Any]) -> list[Problem]:
    if kind in _WANTED and _WANTED[kind] not in properties:
        return [(place, f"Should have required property '{_WANTED[kind]}'")]
    if kind != "metric":
        return []
    found: list[Problem] = []
    annotations = properties.get("annotations")
    has_alarm = isinstance(annotations, dict) and "alarms" in annotations
    if "metrics" not in properties and not has_alarm:
        found.append((place, "Should have required property 'metrics'"))
    metrics = properties.get("metrics", [])
    if not isinstance(metrics, list):
        return [*found, (f"{place}/metrics", "Should be array")]
    for number, metric in enumerate(metrics):
        if not isinstance(metric, list) or not metric:
            found.append((f"{place}/metrics/{number}", "Should be array with at least 1 item"))
        elif isinstance(metric[0], str) and len([part for part in metric if isinstance(part, str)]) < 2:
            found.append((f"{place}/metrics/{number}", "Should NOT have fewer than 2 items"))
    period = properties.get("period")
    if period is not None and (not isinstance(period, int) or (period % 60 and period not in (1, 5, 10, 20, 30))):
        found.append((f"{place}/period", "Should be 1, 5, 10, 20, 30 or a multiple of 60"))
    if "region" not in properties and not has_alarm:
        found.append((place, "Should have required property 'region'"))
    return found
