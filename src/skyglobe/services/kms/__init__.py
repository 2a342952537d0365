"""AWS Key Management Service: keys that never leave it, and everything that is encrypted, signed and derived with them.

Everything of the API is real but custom key stores (CloudHSM and external ones), which answer 501. Cryptography is
``cryptography``'s; key material is kept encrypted under the cloud's secret. ``docs/services/kms.md`` has the details.
"""

from skyglobe.kernel.service import Service

kms = Service(
    "kms",
    parts=(
        "operations.keys",
        "operations.states",
        "operations.aliases",
        "operations.policies",
        "operations.grants",
        "operations.rotation",
        "operations.importing",
        "operations.replicas",
        "operations.tags",
        "operations.encryption",
        "operations.data_keys",
        "operations.signing",
        "operations.macs",
        "operations.public_keys",
        "operations.usage",
        "engine",
        "needs",
    ),
)
