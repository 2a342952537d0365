"""What AWS's models say of operations in words: the compact models leave it out, botocore's own files have it."""

from __future__ import annotations

import html
import re
import textwrap
from functools import cache

from skyglobe.models.loading import read_model, versions

_NO_VERBS = frozenset({"This", "Always", "Is", "Has", "Does", "Its", "Sometimes", "Users"})
MAX_SUMMARY = 112  # characters of a docstring's first line


@cache
def _documented(service: str) -> dict[str, str]:
    operations = read_model(service, versions(service)[-1])["operations"]
    return {name: raw.get("documentation", "") for name, raw in operations.items()}


def summary(service: str, operation: str) -> str:
    """Return the first sentence of an operation's description, shortened to one line; empty when it has none."""
    paragraphs = re.split(r"</p>", _documented(service).get(operation, ""))
    text = html.unescape(re.sub(r"<[^>]+>", "", paragraphs[0]))
    sentence = re.split(r"(?<=[.!?])\s+(?=[A-Z])", " ".join(text.split()))[0].replace("\\", "").replace('"', "'")
    sentence = imperative(sentence)
    if len(sentence) > MAX_SUMMARY:
        sentence = textwrap.shorten(sentence, MAX_SUMMARY, placeholder=" …")
    return sentence


def imperative(sentence: str) -> str:
    """Return a sentence about what an operation does ("Creates a …") as one that says what to do ("Create a …")."""
    verb, space, rest = sentence.partition(" ")
    if not re.fullmatch(r"[A-Z][a-z]+s", verb) or verb in _NO_VERBS or verb.endswith("ss"):
        return sentence
    for ending, base in (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if verb.endswith(ending):
            return f"{verb.removesuffix(ending)}{base}{space}{rest}"
    return sentence
