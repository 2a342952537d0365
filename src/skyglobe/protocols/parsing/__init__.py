"""Request parsers, compiled from the models: from HTTP to the arguments a boto3 user passed."""

from skyglobe.protocols.parsing.compiling import Parser, compile_parser
from skyglobe.protocols.parsing.unknown import find_unknown

__all__ = ["Parser", "compile_parser", "find_unknown"]
