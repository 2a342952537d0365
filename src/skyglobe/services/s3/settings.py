"""Changing what a bucket's home tells of who may do what, and the long documents beside it."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import places
from skyglobe.services.s3.deciding import access_of
from skyglobe.services.s3.guards import NEW, Document, DocumentKind, documents
from skyglobe.services.s3.records import Home, homes


def enter(call: Call, request: dict[str, Any]) -> Home:
    """Return the home of a request's bucket. Raises what ``places.enter`` does."""
    places.enter(call, request)
    return places.get_home(call, request["Bucket"])


def change(scope: Scope, home: Home, **changes: Any) -> None:
    """Write other settings to a bucket's home. One that has those of a new bucket again costs as little again."""
    access = msgspec.structs.replace(access_of(home), **changes)
    homes.replace(scope, home, msgspec.structs.replace(home, access=access if access != NEW else None))


def keep_document(scope: Scope, home: Home, kind: DocumentKind, text: str) -> None:
    """Write a document of a bucket, in place of what was there."""
    documents.put(scope, Document(partition=home.partition, bucket=home.name, kind=kind, text=text))


def drop_document(scope: Scope, home: Home, kind: DocumentKind) -> None:
    documents.drop(scope, home.partition, home.name, kind)


def drop_documents(scope: Scope, home: Home) -> None:
    """Remove all documents of a bucket that is going."""
    documents.clear(scope, home.partition, home.name)
