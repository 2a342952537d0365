"""AWS Resource Access Manager: shares of resources with accounts, organizations and units, and invitations to them.

Who sees a share is real, by membership in the organization; no service lets anybody use a shared resource yet. The
permissions of shares are not built. ``docs/services/ram.md`` says what is real.
"""

from skyglobe.kernel.service import Service

ram = Service(
    "ram",
    parts=(
        "operations.shares",
        "operations.associations",
        "operations.invitations",
        "operations.listing",
        "operations.tags",
        "engine",
        "needs",
    ),
)
