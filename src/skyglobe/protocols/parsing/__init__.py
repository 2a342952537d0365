"""Request parsers, compiled from the models: from HTTP to the arguments a boto3 user passed."""

from skyglobe.protocols.parsing.compiling import Parser, compile_parser

__all__ = ["Parser", "compile_parser"]
