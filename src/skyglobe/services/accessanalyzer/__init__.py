"""AWS IAM Access Analyzer: what policies let in from outside, and what is wrong with a policy before it is used.

Analyzers of accounts find external access in the policies of resources; policies are validated against the service
authorization reference and compared by the policy engine. ``docs/services/accessanalyzer.md`` says what is real.
"""

from skyglobe.kernel.service import Service

accessanalyzer = Service(
    "accessanalyzer",
    parts=(
        "operations.analyzers",
        "operations.archive_rules",
        "operations.findings",
        "operations.previews",
        "operations.recommendations",
        "operations.checks",
        "operations.generating",
    ),
    actions={"GetFindingV2": "GetFinding", "ListFindingsV2": "ListFindings"},
)
