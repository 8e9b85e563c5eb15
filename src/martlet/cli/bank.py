"""The bank as a whole: `martlet init`, `serve`, `doctor`, `verify`, `backup`, `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption, group
from martlet.cli.output import note, progress, show
from martlet.cli.session import chosen, open_session, settings
from martlet.cli.words import say, sentence

if TYPE_CHECKING:
    from martlet.cli.output import Moved
    from martlet.kernel.config import Settings
    from martlet.store.backup import BackupManifest


app = group()

RECORDS = "records"
"""The label under which the raw records lie in a backup."""


@app.command()
def init(
    name: Annotated[str, typer.Option(help=say("The bank's name."))] = "Martlet",
    administrator: Annotated[str, typer.Option(help=say("The first member of staff."))] = "admin",
    as_json: JsonOption = False,
) -> None:
    """Open a bank in the chosen folder; running it again changes nothing."""
    from martlet.bootstrap import open_bank
    from martlet.cli.actors import operator
    from martlet.parties import PersonKind

    found = settings()
    found.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    bank = open_bank(found)
    try:
        if not bank.parties.tenants():
            bank.set_up(name)
        principal = operator(bank, chosen.tenant)
        staff = bank.parties.staff(principal)
        if not staff:
            bank.parties.add_staff(principal, "cli:init:staff", name=administrator, roles=["admin"])
            staff = bank.parties.staff(principal)
        token = bank.parties.login_link(principal, PersonKind.STAFF, staff[0].staff_id)
        answer = {
            "home": str(found.home),
            "tenant_id": principal.tenant_id,
            "staff_id": staff[0].staff_id,
            "login_link": login_url(found, token),
        }
    finally:
        bank.close()
    show(answer, as_json=as_json)


def login_url(found: Settings, token: str) -> str:
    """Return the address at which a one-time token lets its holder in."""
    return f"http://{found.host}:{found.port}/link#{token}"


@app.command()
def serve(
    host: Annotated[str, typer.Option(help=say("Address to listen on."))] = "",
    port: Annotated[int, typer.Option(help=say("Port to listen on."))] = 0,
) -> None:
    """Serve until stopped; what was acknowledged is on disk."""
    with open_session() as session:
        serve_bank(session.bank, host, port)


def serve_bank(bank: Any, host: str = "", port: int = 0) -> None:  # noqa: ANN401 - bootstrap.Bank
    """Serve an open bank's pages and API until stopped."""
    import gc
    import sys

    import uvicorn

    from martlet.api import create_app
    from martlet.kernel.telemetry import configure_logging

    configure_logging(bank.settings.log_level)
    app = create_app(bank)
    # An answer passes from the writer to a worker to the event loop: with the default of 5 ms each
    # of them could wait that long for its turn while the next group is being written.
    sys.setswitchinterval(0.0005)
    # What start-up made lives as long as the process: the collector need not walk it again.
    gc.collect()
    gc.freeze()
    uvicorn.run(
        app,
        host=host or bank.settings.host,
        port=port or bank.settings.port,
        log_level=bank.settings.log_level,
        access_log=False,
        server_header=False,
    )


@app.command()
def doctor(
    deep: Annotated[bool, typer.Option("--deep", help=say("Read the whole database too."))] = False,
    as_json: JsonOption = False,
) -> None:
    """Print each check with what it found; exit 1 where one of them failed."""
    from martlet.schema_catalogue import load_all_tables
    from martlet.store.health import Level, examine

    load_all_tables()
    found = settings()
    findings = examine(found.url, found.home, found.keys_file, deep=deep)
    rows = [
        {
            "level": say(finding.level.value),
            "check": finding.code,
            "found": sentence(finding.code, finding.details),
        }
        for finding in findings
    ]
    show(rows, as_json=as_json)
    if any(finding.level is Level.FAILURE for finding in findings):
        raise typer.Exit(1)


@app.command()
def verify(as_json: JsonOption = False) -> None:
    """Recompute everything that can be recomputed; a contradiction is exit code 4."""
    with open_session() as session:
        report = session.bank.verify()
    show(report, as_json=as_json)
    if not as_json:
        note(say("Everything agrees."))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help=say("The file to write; must not exist yet."))],
    as_json: JsonOption = False,
) -> None:
    """Write the database and the records, of one moment, proven by hashes; the keys stay out."""
    from martlet.store.backup import back_up

    with open_session() as session, progress(str(target), quiet=as_json) as moved:
        bank, counted = session.bank, _Counted(moved)
        manifest = back_up(bank.database, target, {RECORDS: bank.settings.records_folder}, counted)
    show(_summary(target, manifest), as_json=as_json)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help=say("A file that `martlet backup` wrote."))],
    as_json: JsonOption = False,
) -> None:
    """Make a bank in an empty home folder from a backup; then put keys.toml beside it."""
    from martlet.schema_catalogue import load_all_tables
    from martlet.store.backup import restore as put_back

    load_all_tables()
    found = settings()
    found.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with progress(str(source), quiet=as_json) as moved:
        manifest = put_back(source, found.url, {RECORDS: found.records_folder}, _Counted(moved))
    show(_summary(found.home, manifest), as_json=as_json)


class _Counted:
    """Counts what a backup tells part by part, for the progress bar."""

    def __init__(self, moved: Moved) -> None:
        self._moved = moved
        self._done = 0

    def __call__(self, _part: str, count: int) -> None:
        """Add what one part held."""
        self._done += count
        self._moved(self._done, None)


def _summary(place: Path, manifest: BackupManifest) -> dict[str, Any]:
    return {
        "place": str(place),
        "made_at": manifest.made_at,
        "chain_seq": manifest.chain_seq,
        "chain_hash": manifest.chain_hash,
        "rows_count": sum(part.rows_count for part in manifest.tables),
        "files_count": len(manifest.files),
    }
