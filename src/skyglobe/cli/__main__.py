"""``python -m skyglobe.cli``."""

from skyglobe.cli import main

main()
