"""The cloud's own HTTP interface under ``/_skyglobe/``: what the command line does, for any program."""

from skyglobe.admin.interface import Admin

__all__ = ["Admin"]
