"""Pages of keys, against a model that looks at every one."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.services.s3.rules.folding import Start, marker_start, read_page

KEYS = st.lists(st.text("ab/", min_size=1, max_size=6), max_size=60, unique=True)


def entries_of(keys: list[str], prefix: str, seen: list[str]) -> object:
    ordered = sorted(key for key in keys if key.startswith(prefix))

    def entries(start: Start, limit: int) -> Iterator[str]:
        found = [
            key
            for key in ordered
            if (start.past is None or key > start.past[0])
            and (not start.beyond or (key > start.beyond and not key.startswith(start.beyond)))
        ]
        for key in found[:limit]:
            seen.append(key)
            yield key

    return entries


def folded(keys: list[str], prefix: str, delimiter: str) -> list[str]:
    """Return entries and common prefixes of the whole listing in order."""
    result: list[str] = []
    for key in sorted(key for key in keys if key.startswith(prefix)):
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        shown = key if at < 0 else key[: at + len(delimiter)]
        if not result or result[-1] != shown:
            result.append(shown)
    return result


@settings(max_examples=300, deadline=None)
@given(KEYS, st.text("ab/", max_size=2), st.sampled_from(["", "/", "a", "b/"]), st.integers(1, 7))
def test_pages_joined_are_the_whole_listing(keys: list[str], prefix: str, delimiter: str, limit: int) -> None:
    entries = entries_of(keys, prefix, [])
    shown: list[str] = []
    start: Start | None = Start()
    while start is not None:
        page = read_page(
            entries,
            lambda key: (key,),
            prefix=prefix,
            delimiter=delimiter,
            start=start,
            limit=limit,  # type: ignore[arg-type]
        )
        count = len(page.entries) + len(page.prefixes)
        assert count <= limit
        assert page.end is None or count == limit
        shown += sorted(page.entries + page.prefixes)
        start = page.end
    assert shown == folded(keys, prefix, delimiter)


def test_a_crowded_prefix_is_skipped_after_a_few_steps() -> None:
    seen: list[str] = []
    entries = entries_of([f"a/{number:04}" for number in range(5_000)] + ["b"], "", seen)
    page = read_page(entries, lambda key: (key,), prefix="", delimiter="/", start=Start(), limit=1_000)  # type: ignore[arg-type]
    assert (page.entries, page.prefixes, page.end) == (["b"], ["a/"], None)
    assert len(seen) < 20


def test_nothing_is_read_for_an_empty_page() -> None:
    page = read_page(lambda start, limit: [], str, prefix="", delimiter="", start=Start(), limit=0)  # type: ignore[arg-type,return-value]
    assert page == ([], [], None)


def test_a_marker_that_is_a_common_prefix_skips_what_lies_under_it() -> None:
    assert marker_start("a/", "", "/") == Start(beyond="a/")
    assert marker_start("a/b", "", "/") == Start(past=("a/b",))
    assert marker_start("a/", "a/", "/") == Start(past=("a/",))
    assert marker_start("a/", "", "") == Start(past=("a/",))
    assert marker_start("", "", "/") == Start()
