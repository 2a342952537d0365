"""PublishVersion, ListVersionsByFunction."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import called_whole, latest_of
from skyglobe.services.lambda_.paging import numbered, page
from skyglobe.services.lambda_.publishing import publish
from skyglobe.services.lambda_.records import versions
from skyglobe.services.lambda_.refusals import invalid
from skyglobe.services.lambda_.rules.configuration import check_built
from skyglobe.services.lambda_.shapes import configuration, listed
from skyglobe.services.lambda_.states import check_revision, check_settled


@lambda_.operation
def publish_version(
    call: Call,
    function_name: str,
    code_sha256: str | None = None,
    description: str | None = None,
    revision_id: str | None = None,
    publish_to: str | None = None,
) -> dict[str, Any]:
    """Make a version of ``$LATEST`` that never changes; the last one, when nothing has changed since.

    Raises InvalidParameterValueException for other code than ``CodeSha256`` says, PreconditionFailedException.
    """
    check_built({"PublishTo": publish_to})
    found = called_whole(call, function_name)
    latest = latest_of(found)
    check_revision(revision_id, latest.revision)
    check_settled(found.function, latest)
    if code_sha256 and code_sha256 != latest.sha256:
        raise invalid(
            f"CodeSHA256 ({code_sha256}) is different from current CodeSHA256 in $LATEST ({latest.sha256}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    published = publish(found.scope, found.function, latest, description)
    return configuration(found.scope, found.function, published, published.label)


@lambda_.operation
def list_versions_by_function(
    call: Call, function_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a function's versions, ``$LATEST`` first."""
    scope, function, _ = called_whole(call, function_name)
    rows = versions.scan(scope, function.id)
    found, more = page(scope, f"versions:{function.id}", rows, lambda one: numbered(one.number), marker, max_items)
    return {"Versions": [listed(scope, function, one, one.label) for one in found], **more}
