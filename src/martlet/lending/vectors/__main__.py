"""`python -m martlet.lending.vectors FILE...`: plays case files and counts what passed.

Prints each difference; exits with 1 where any case failed, with 2 where a file cannot be played.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from martlet.kernel.errors import MartletError
from martlet.kernel.i18n import Locale, choose_locale, explain
from martlet.lending.vectors.player import play_file


def main(arguments: list[str]) -> int:
    """Play the files and return the exit code."""
    out = sys.stdout.write
    if not arguments:
        out("usage: python -m martlet.lending.vectors FILE...\n")
        return 2
    passed = failed = 0
    for argument in arguments:
        try:
            result = play_file(Path(argument))
        except MartletError as error:
            told = os.environ.get("MARTLET_LANG") or os.environ.get("LANG")
            locale = choose_locale(told, Locale.EN)
            sys.stderr.write(f"{explain(error.code, error.details, locale)}\n")
            return 2
        for case in result.cases:
            for difference in case.differences:
                out(f"{result.name} {case.case_id}: {difference}\n")
        out(f"{result.name}: {result.passed} passed, {result.failed} failed\n")
        passed, failed = passed + result.passed, failed + result.failed
    out(f"{passed} passed, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
