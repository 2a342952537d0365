"""What a command could not do, said to a person: what happened, and what to do next."""

from __future__ import annotations

FAILED = 1
USAGE = 2  # as click and getopt have it
NOT_RUNNING = 3
IN_USE = 4


class Failure(Exception):
    """Ends a command. ``message`` says what happened, ``advice`` what to do; ``code`` becomes the exit status.

    1: it failed; 2: the command was misspelled; 3: no cloud is running; 4: the port or the folder is in use.
    """

    def __init__(self, message: str, advice: str = "", code: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.code = code
