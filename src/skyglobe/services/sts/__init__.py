"""AWS Security Token Service: who am I, and temporary credentials for roles, federated users and sessions.

Credentials it issues are kept in the kernel's table of keys, where the gateway verifies signatures, session tokens
and expiry. Who may assume a role is decided by the policy engine with the role's trust policy, which IAM keeps;
tokens and assertions of identity providers are verified. ``docs/services/sts.md`` says what is real.
"""

from skyglobe.kernel.service import Service

sts = Service(
    "sts",
    parts=(
        "operations.identity",
        "operations.sessions",
        "operations.roles",
        "operations.web_identity",
        "operations.saml",
        "operations.messages",
        "operations.root",
        "operations.outbound",
        "operations.delegated",
        "needs",
    ),
)
