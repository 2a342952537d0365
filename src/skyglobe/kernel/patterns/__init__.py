"""Event patterns: the JSON by which SNS filters, EventBridge rules, Pipes and event source mappings choose events.

After "Creating Amazon EventBridge event patterns" in EventBridge's user guide and "Amazon SNS subscription filter
policies" in SNS's developer guide; the wording of errors is that of AWS's own open library for both (event-ruler).
Pure: a pattern is compiled once for each text and then only asked.
"""

from skyglobe.kernel.patterns.compiling import (
    Branch,
    InvalidPattern,
    Leaf,
    Pattern,
    compile_pattern,
    parse_pattern,
    stored_pattern,
)

__all__ = ["Branch", "InvalidPattern", "Leaf", "Pattern", "compile_pattern", "parse_pattern", "stored_pattern"]
