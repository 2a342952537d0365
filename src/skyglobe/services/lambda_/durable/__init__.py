"""Durable functions: executions that outlive invocations, because what they did so far is kept step by step.

Follows "Lambda durable functions" of the developer guide. Functions use AWS's own SDK for it.
"""
