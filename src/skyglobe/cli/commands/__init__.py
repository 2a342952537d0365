"""The commands, one file per subject. Loaded only when a command other than ``up`` is run."""
