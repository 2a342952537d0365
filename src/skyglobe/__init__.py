"""A whole AWS cloud in one Python program: unmodified AWS clients in, documented AWS behaviour out."""

__version__ = "0.1.0"
