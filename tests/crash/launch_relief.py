"""Launch a programme in a process of its own, telling a file how far it has come.

python -m tests.crash.launch_relief URL PROGRAMME LOG
"""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

from tests.crash.crash_works import BANK

from martlet.lending.relief import ReliefService
from martlet.store import open_database

if __name__ == "__main__":
    url, programme, log = sys.argv[1], UUID(sys.argv[2]), Path(sys.argv[3])
    with log.open("a") as told:

        def tell(done: int, _of: int) -> None:
            told.write(f"{done}\n")
            told.flush()

        ReliefService(open_database(url), chunk_loans=2).launch(BANK, "launch", programme, tell)
