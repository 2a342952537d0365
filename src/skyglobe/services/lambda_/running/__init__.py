"""Execution environments: where functions' code runs, and how it is talked to.

``interface`` is all that the rest of the service needs to know of it.
"""
