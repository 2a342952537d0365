"""Regular expressions between percent signs; user guide, "Supported regular expressions (regex) syntax"."""

from __future__ import annotations

from functools import lru_cache

from skyglobe.kernel.regexes import BadRegex, Regex
from skyglobe.services.logs.rules.patterns.scanning import BadPattern

MAX_IN_PATTERN = 2  # regular expressions in one filter pattern; user guide
MAX_PATTERNS_IN_GROUP = 5  # filter patterns with regular expressions of one log group; user guide
_SYMBOLS = ":_#=@/;,- "  # the space is in the guide's own examples


@lru_cache(maxsize=4096)
def compile_regex(source: str) -> Regex:
    """Return a compiled regular expression. Raises BadPattern."""
    try:
        return Regex(source, _SYMBOLS)
    except BadRegex as error:
        raise BadPattern(str(error)) from error
