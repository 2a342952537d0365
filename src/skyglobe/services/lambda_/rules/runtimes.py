"""Which runtimes there are, and which of them take new functions."""

SUPPORTED = (
    "nodejs20.x", "nodejs22.x", "nodejs24.x", "python3.9", "python3.10", "python3.11", "python3.12", "python3.13",
    "python3.14", "java8.al2", "java11", "java17", "java21", "java25", "dotnet8", "dotnet10", "ruby3.2", "ruby3.3",
    "ruby3.4", "ruby4.0", "provided.al2", "provided.al2023",
)  # fmt: skip
"""Runtimes that functions can be created with; developer guide, "Lambda runtimes". The model knows retired ones too."""
SNAP_STARTED = ("java", "python3.12", "python3.13", "python3.14", "dotnet")
"""How the runtimes begin that SnapStart is for; developer guide, "Lambda SnapStart"."""
