"""What runs beside the cloud's own process: child processes, sandboxes, loopback addresses and small servers.

Nothing here knows a service. ``docs/decisions/engines.md`` says what stands on what.
"""
