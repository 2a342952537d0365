"""PartiQL as DynamoDB speaks it: statements parsed to the trees that expressions are compiled from.

Developer guide, "PartiQL - a SQL-compatible query language for Amazon DynamoDB".
"""
