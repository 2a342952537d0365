"""Source identities: set once, and the same along a chain of roles."""

from __future__ import annotations

from skyglobe.services.sts import sts


def plan_source_identity(given: str, inherited: str) -> str:
    """Return the source identity of a session from the one passed and the one of the session that makes it.

    Raises ValidationError for those reserved to AWS, AccessDenied for an attempt to change one. IAM user guide,
    "Monitor and control actions taken with assumed roles".
    """
    if given.lower().startswith("aws:"):
        raise sts.error(
            "ValidationError", 'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
        )
    if given and inherited and given != inherited:
        raise sts.error("AccessDenied", "Source identity cannot be changed after it has been set.", status=403)
    return given or inherited
