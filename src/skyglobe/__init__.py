"""A whole AWS cloud in one Python program: unmodified AWS clients in, documented AWS behaviour out."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "cloud"]


def __getattr__(name: str) -> Any:
    if name == "cloud":
        # Loaded when asked for: the server has no use for what tests need.
        from skyglobe.testing import cloud

        return cloud
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
