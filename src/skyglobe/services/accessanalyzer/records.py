"""Analyzers, their archive rules and their findings."""

from __future__ import annotations

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.records import Record
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Table

MAX_ANALYZERS = 1  # of each type, of an account in a region; Access Analyzer quotas
DEFAULT_AGE = 90  # days; API reference, UnusedAccessConfiguration
UNUSED = "ACCOUNT_UNUSED_ACCESS"
MAX_ARCHIVE_RULES = 100  # of an analyzer; same page

Criteria = dict[str, dict[str, list[str] | bool]]
"""Attributes of findings, to what is wanted of each: ``{"resource": {"eq": ["arn:…"]}}``."""


class Analyzer(Resource, frozen=True, kw_only=True):
    """An analyzer of external or unused access; ``id`` is its name."""

    type: str
    age_days: int = 0
    """After how many days access is unused; 0 for analyzers of external access."""
    excluded_tags: list[dict[str, str]] = msgspec.field(default_factory=list)
    """Users and roles with all tags of one of these are not looked at."""
    last_resource: str = ""
    last_analyzed_at: Instant = 0


class ArchiveRule(Record, frozen=True):
    """Findings that are archived as soon as they are found."""

    analyzer: str
    name: str
    criteria: Criteria
    created_at: Instant
    updated_at: Instant


class Finding(Record, frozen=True):
    """Access that one principal outside the zone of trust has to a resource, under one set of conditions; or access
    that a user or role has and does not use.
    """

    analyzer: str
    id: str
    resource: str
    type_name: str
    principal: dict[str, str]
    actions: tuple[str, ...]
    condition: dict[str, str]
    is_public: bool
    created_at: Instant
    updated_at: Instant
    analyzed_at: Instant
    status: str
    kind: str = "ExternalAccess"
    details: tuple[dict[str, str | int], ...] = ()
    """Of unused access, as the API has them, with instants in milliseconds."""

    def seen(self, now: Instant) -> Finding:
        """Return the finding as looked at again."""
        return msgspec.structs.replace(self, analyzed_at=now)


class Previewed(msgspec.Struct, frozen=True):
    """A finding as it would be, with its status then."""

    finding: Finding
    change: str
    """``NEW``, ``CHANGED`` or ``UNCHANGED``."""
    status_before: str
    """Empty for new ones."""


class Recommendation(Record, frozen=True):
    """What to do about a finding, as it was worked out once."""

    analyzer: str
    finding: str
    made_at: Instant
    steps: list[dict[str, str]]


class Generation(Record, frozen=True):
    """A policy that is written from what a user or role did."""

    id: str
    principal: str
    token: str
    """The client's, by which a repeated request is known."""
    started_at: Instant
    status: str = "IN_PROGRESS"
    completed_at: Instant | None = None
    error: str = ""
    actions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    """Those whose actions cannot be told from the operations that were called."""


class Preview(Record, frozen=True):
    """What would be found if a resource had another policy."""

    analyzer: str
    id: str
    configurations: dict[str, dict[str, dict[str, str]]]
    created_at: Instant
    status: str = "COMPLETED"
    reason: str = ""
    findings: list[Previewed] = msgspec.field(default_factory=list)


analyzers: ResourceTable[Analyzer] = ResourceTable(
    "AWS::AccessAnalyzer::Analyzer", "accessanalyzer.analyzers", Analyzer
)
archive_rules: Table[ArchiveRule] = Table("accessanalyzer.archive_rules", ArchiveRule, key=("analyzer", "name"))
findings: Table[Finding] = Table("accessanalyzer.findings", Finding, key=("analyzer", "id"))
previews: Table[Preview] = Table("accessanalyzer.previews", Preview, key=("analyzer", "id"))
recommendations: Table[Recommendation] = Table(
    "accessanalyzer.recommendations", Recommendation, key=("analyzer", "finding")
)
generations: Table[Generation] = Table("accessanalyzer.generations", Generation, key=("id",))
