"""A cloud for tests: in process, in memory, without sockets, gone when the test is over."""

from skyglobe.testing.clouds import TestCloud, cloud

__all__ = ["TestCloud", "cloud"]
