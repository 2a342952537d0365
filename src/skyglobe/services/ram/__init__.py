"""AWS Resource Access Manager: shares of resources with accounts, organizations and units, and invitations to them.

Who has a share is real, by membership in the organization, and so is what its permissions let them do: they are
policies that every call from another account is decided with. ``docs/services/ram.md`` says what is real.
"""

from skyglobe.kernel.service import Service

ram = Service(
    "ram",
    parts=(
        "operations.shares",
        "operations.associations",
        "operations.invitations",
        "operations.listing",
        "operations.permissions",
        "operations.granted",
        "operations.tags",
        "engine",
        "needs",
    ),
)
