"""The filter pattern language: terms, JSON selectors and space-delimited fields.

User guide, "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail". Where it
leaves something open, ``docs/services/logs.md`` says what was chosen.
"""

from skyglobe.services.logs.rules.patterns.compiling import Pattern, compile_pattern
from skyglobe.services.logs.rules.patterns.scanning import BadPattern
from skyglobe.services.logs.rules.patterns.subjects import Subject

__all__ = ["BadPattern", "Pattern", "Subject", "compile_pattern"]
