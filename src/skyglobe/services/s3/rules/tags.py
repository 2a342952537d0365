"""Tags of buckets and objects: how many, how long, and how they travel in a header."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import unquote_plus

MAX_OBJECT_TAGS = 10  # S3 user guide, "Categorizing your objects using tags"
MAX_BUCKET_TAGS = 50  # S3 user guide, "Using cost allocation S3 bucket tags"
MAX_TAG_KEY = 128  # characters; both pages
MAX_TAG_VALUE = 256  # characters; both pages


class BadTags(Exception):
    """Tags that break a rule: S3's code and message, and the key it is about."""

    def __init__(self, code: str, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.key = key


class Subject(NamedTuple):
    """What is tagged."""

    name: str
    limit: int


OBJECT = Subject("Object", MAX_OBJECT_TAGS)
BUCKET = Subject("Bucket", MAX_BUCKET_TAGS)


def tags_of_set(tag_set: list[dict[str, Any]], subject: Subject) -> dict[str, str]:
    """Return the tags of a ``TagSet``. Raises ``BadTags``."""
    pairs = [(tag.get("Key") or "", tag.get("Value") or "") for tag in tag_set]
    return _checked(pairs, subject)


def tags_of_header(header: str) -> dict[str, str]:
    """Return the tags in ``x-amz-tagging``, which are written like a URL's query. Raises ``BadTags``."""
    pairs = []
    for item in header.split("&") if header else ():
        key, _, value = item.partition("=")
        pairs.append((unquote_plus(key), unquote_plus(value)))
    if len({key for key, _ in pairs}) != len(pairs):
        text = (
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
            "without tag name duplicates."
        )
        raise BadTags("InvalidArgument", text)
    return _checked(pairs, OBJECT)


def _checked(pairs: list[tuple[str, str]], subject: Subject) -> dict[str, str]:
    if len(pairs) > subject.limit:
        code = "BadRequest" if subject is OBJECT else "InvalidTag"
        raise BadTags(code, f"{subject.name} tag count cannot be greater than {subject.limit}")
    tags: dict[str, str] = {}
    for key, value in pairs:
        _check(key, value)
        if key in tags:
            raise BadTags("InvalidTag", "Cannot provide multiple Tags with the same key", key)
        tags[key] = value
    return tags


def _check(key: str, value: str) -> None:
    if not 1 <= len(key) <= MAX_TAG_KEY or not _is_allowed(key):
        raise BadTags("InvalidTag", "The TagKey you have provided is invalid", key)
    if key.lower().startswith("aws:"):
        raise BadTags("InvalidTag", "System tags cannot be added/updated by requester", key)
    if len(value) > MAX_TAG_VALUE or not _is_allowed(value):
        raise BadTags("InvalidTag", "The TagValue you have provided is invalid", key)


def _is_allowed(text: str) -> bool:
    """Letters, numbers, spaces and ``+ - = . _ : / @``, of any script."""
    return all(_is_tag_character(character) for character in text)


def _is_tag_character(character: str) -> bool:
    if character.isalnum() or character.isspace() or character in "+-=._:/@":
        return True
    import unicodedata  # only for letters that carry marks

    return unicodedata.category(character).startswith("M")
