"""`martlet --help` answers at once: it loads none of the heavy libraries."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    *("sqlalchemy", "fastapi", "pydantic", "polars", "numpy", "rich", "uvicorn", "alembic"),
    *("cryptography", "msgspec", "jinja2", "structlog", "polib", "psycopg", "asyncio"),
}
PROGRAM = "import sys; sys.argv = ['martlet', *sys.argv[1:]]; from martlet.cli import main; main()"


def martlet(*arguments: str, home: str = "") -> subprocess.CompletedProcess[str]:
    flags = ["-X", "importtime"] if "--help" in arguments else []
    return subprocess.run(
        [sys.executable, *flags, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path), "MARTLET_HOME": home, "LANG": "C.UTF-8"},
    )


def test_help_loads_nothing_heavy() -> None:
    result = martlet("--help")
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("import time:")]
    loaded = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}
    assert not loaded & HEAVY, sorted(loaded & HEAVY)
    assert "An open bank for businesses too small to be seen." in result.stdout


def test_each_door_has_its_sign() -> None:
    from martlet.cli.app import DOORS

    listed = martlet("--help").stdout
    assert all(sign in listed for _module, sign in DOORS.values())


def test_an_unknown_command_is_a_usage_error() -> None:
    assert martlet("nonsense").returncode == 2


def test_a_refusal_is_one_sentence_and_never_a_traceback(tmp_path: object) -> None:
    result = martlet("verify", home=str(tmp_path))
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("There is no bank in ")


def test_with_json_a_refusal_is_json(tmp_path: object) -> None:
    import json

    result = martlet("verify", "--json", home=str(tmp_path))
    assert json.loads(result.stderr)["error"] == "cli.no_bank"
