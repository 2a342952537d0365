"""Sandboxes: processes that see little more of the machine than they are given.

A *launcher* is a small process that prepares what many sandboxes share (a root folder, an interpreter with libraries
loaded) and forks one off whenever it is asked. ``client`` talks to it; ``launcher`` and what it imports run in it, with
the standard library alone.
"""
