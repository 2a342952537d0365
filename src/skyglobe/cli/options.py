"""The options of ``skyglobe up``: one table, read here without further ado, and by the full command line for help.

Starting quickly is a feature, and the library behind the full command line takes as long to import as the cloud
takes to start. What this reader does not understand, it leaves to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

Kind = Literal["text", "number", "flag", "switch", "list"]


class Option(NamedTuple):
    """One option. A ``flag`` is on when given, a ``switch`` also has a ``--no-`` form, a ``list`` may be repeated."""

    name: str
    kind: Kind
    help: str
    metavar: str = ""
    short: str = ""

    @property
    def spelled(self) -> str:
        return f"--{self.name.replace('_', '-')}"


UP_OPTIONS = (
    Option("detach", "flag", "Run in the background; return once the cloud answers.", short="-d"),
    Option("port", "number", "Port to listen on (4566).", "PORT"),
    Option("host", "list", "Address to listen on (127.0.0.1). May be repeated.", "ADDRESS"),
    Option("folder", "text", "Where everything is kept.", "FOLDER"),
    Option("memory", "flag", "Keep everything in memory: it is gone when the cloud goes down."),
    Option(
        "durability",
        "text",
        "What an acknowledged write survives: the process's death, or a loss of power.",
        "process|power",
    ),
    Option("strict", "flag", "Refuse requests with members that would have no effect here."),
    Option("strict_auth", "flag", "Refuse access keys that this cloud did not issue."),
    Option("services", "text", "The only services to offer, e.g. s3,sqs (all).", "NAMES"),
    Option("region", "text", "Region of requests that name none (us-east-1).", "REGION"),
    Option("store", "text", "PostgreSQL connection string of the store, instead of a file.", "DSN"),
    Option("pace", "text", "Whether resources are there at once, or when AWS would have them.", "instant|realistic"),
    Option("quotas", "flag", "Enforce AWS's throughput quotas."),
    Option("seed", "number", "Make ids and secrets repeatable.", "NUMBER"),
    Option("tls", "switch", "Answer HTTPS on the same port (on)."),
    Option("root_key", "text", "An access key of the root user, verified exactly.", "KEY:SECRET"),
    Option(
        "host_suffix", "list", "A further domain under which BUCKET.s3.DOMAIN is understood. May be repeated.", "DOMAIN"
    ),
    Option("endpoint_url", "text", "How clients reach this cloud, where that is not http://localhost:PORT.", "URL"),
)

_SPELLED = {option.spelled: option for option in UP_OPTIONS}
_SHORT = {option.short: option for option in UP_OPTIONS if option.short}


def read_options(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return what ``arguments`` set, by name; None when they ask for help or cannot be understood."""
    found: dict[str, Any] = {}
    words = iter(arguments)
    for word in words:
        spelled, has_value, value = word.partition("=")
        option = _SHORT.get(word) or _SPELLED.get(spelled)
        if option is None:
            option = _SPELLED.get(f"--{word.removeprefix('--no-')}")
            if option is None or option.kind != "switch":
                return None
            found[option.name] = False
        elif option.kind in ("flag", "switch"):
            if has_value:
                return None
            found[option.name] = True
        else:
            given = value if has_value else next(words, None)
            if given is None or (option.kind == "number" and not given.isdecimal()):
                return None
            if option.kind == "list":
                found.setdefault(option.name, []).append(given)
            else:
                found[option.name] = given
    return found
