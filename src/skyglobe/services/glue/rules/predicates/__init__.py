"""Expressions that partitions are found by, as GetPartitions takes them: parsed, typed, and asked of values."""

from skyglobe.services.glue.rules.predicates.compiling import Predicate, compile_predicate
from skyglobe.services.glue.rules.predicates.tokens import BadExpression

__all__ = ["BadExpression", "Predicate", "compile_predicate"]
