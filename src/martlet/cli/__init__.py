"""The bank from a terminal: every duty of an operator as one command, for people and for scripts.

Each command prints a table or a few facts; with `--json` it prints one JSON value instead and
nothing else. A refusal is one sentence and an exit code, never a traceback. Start-up imports no
library that a command does not need (`martlet --help` answers at once).
"""

from martlet.cli.app import main

__all__ = ["main"]
