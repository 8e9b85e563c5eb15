"""docs/cli.md says what the commands say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_reference_is_current() -> None:
    code = "import sys; from tools.cli_reference import reference; sys.stdout.write(reference())"
    made = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": ":".join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    stored = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert made == stored, "run: python tools/cli_reference.py"
