"""AWS Identity and Access Management: who there is in an account, what proves it is them, and what they may do.

IAM is global: what is kept belongs to the account and is seen from every region. Access keys are verified by the
gateway, which finds them in the kernel's table of credentials. ``docs/services/iam.md`` says what is real.
"""

from skyglobe.kernel.service import Service

# A part is listed once its file is there; the operations of the others answer 501 until then.
iam = Service(
    "iam",
    parts=(
        "operations.users",
        "operations.groups",
        "operations.access_keys",
        "operations.login_profiles",
        "operations.password_policy",
        "operations.mfa_devices",
        "operations.account",
        "operations.credential_report",
        "operations.authorization_details",
        "operations.ssh_public_keys",
        "operations.signing_certificates",
        "operations.service_specific_credentials",
        "operations.policies",
        "operations.policy_versions",
        "operations.attachments",
        "operations.inline_policies",
        "operations.boundaries",
        "operations.roles",
        "operations.instance_profiles",
        "operations.service_linked_roles",
        "operations.policy_uses",
        "operations.oidc_providers",
        "operations.saml_providers",
        "operations.server_certificates",
        "operations.simulator",
        "needs",
        "operations.service_access",
        "operations.last_accessed",
        "operations.organization_features",
        "operations.outbound_federation",
        "operations.organizations_access",
        "operations.delegation_requests",
        "operations.delegation_answers",
        "notices",
    ),
)
