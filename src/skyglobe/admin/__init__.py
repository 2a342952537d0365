"""The cloud's own HTTP interface under ``/_skyglobe/``: what the command line does, for any program.

``interface`` is the way in; ``routes`` is the table that dispatches and from which ``openapi`` describes it.
"""
