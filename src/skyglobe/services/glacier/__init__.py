"""Amazon Glacier: vaults of archives that are fetched by jobs, and policies that can be locked for good.

Everything of the API is real but Select jobs, which AWS no longer takes either. Archives are encrypted at rest.
``docs/services/glacier.md`` has the details.
"""

from skyglobe.kernel.service import Service

glacier = Service(
    "glacier",
    parts=(
        "operations.vaults",
        "operations.tags",
        "operations.policies",
        "operations.locks",
        "operations.notifications",
        "operations.archives",
        "operations.uploads",
        "operations.parts",
        "operations.jobs",
        "operations.outputs",
        "operations.retrievals",
        "engine",
        "needs",
    ),
)
