"""Which operations belong together: those about the same kind of resource share a file."""

from __future__ import annotations

from collections.abc import Iterable

from skyglobe.models.names import snake_case

ALONE = 8  # so few operations share one file
_MAKERS = ("create", "register", "put", "start", "run", "allocate")
_TAGGING = ("tag_", "untag_", "list_tags", "add_tags", "remove_tags")
REST = "remaining"


def plural(noun: str) -> str:
    """Return the plural of an English noun in snake case, as AWS forms it."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun if noun.endswith("s") and not noun.endswith("ss") else f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def singular(noun: str) -> str:
    """Return the singular of a noun that ``plural`` formed; others as they are."""
    for ending, base in (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss"), ("xes", "x")):
        if noun.endswith(ending):
            return noun.removesuffix(ending) + base
    return noun.removesuffix("s") if not noun.endswith("ss") else noun


def resource_nouns(names: Iterable[str]) -> list[str]:
    """Return the nouns of what ``names`` (API operations) create and use, or list; longest first."""
    words = [snake_case(name).split("_", 1) for name in names if "_" in snake_case(name)]
    made = {noun for verb, noun in words if verb in _MAKERS}
    others = {noun for verb, noun in words if verb not in _MAKERS}
    found = {noun for noun in made if others & {noun, plural(noun)}}
    listed = {noun.partition("_by_")[0] for verb, noun in words if verb in ("list", "describe")}
    found |= {singular(noun) for noun in listed if noun == plural(noun) and singular(noun) != noun}
    return sorted(found, key=lambda noun: (-len(noun), noun))


def group(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the operations by file: the plural of their noun, ``tags``, or what remains to be sorted by hand."""
    chosen = list(names)
    if len(chosen) <= ALONE:
        return {"operations": chosen}
    nouns = resource_nouns(chosen)
    families: dict[str, list[str]] = {}
    for name in chosen:
        families.setdefault(_family(snake_case(name), nouns), []).append(name)
    return dict(sorted(families.items(), key=lambda family: (family[0] == REST, family[0])))


def _family(name: str, nouns: list[str]) -> str:
    if name.startswith(_TAGGING):
        return "tags"
    subject = f"_{name.partition('_')[2]}_"
    found = next((noun for noun in nouns if f"_{noun}_" in subject or f"_{plural(noun)}_" in subject), None)
    return plural(found) if found is not None else REST
