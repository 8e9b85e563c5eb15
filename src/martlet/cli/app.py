"""The commands put together, and the one place where a refusal becomes a sentence."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from martlet.cli.session import chosen
from martlet.cli.words import say, sentence
from martlet.kernel.errors import (
    Corrupt,
    Invalid,
    MartletError,
    TooMany,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.kernel.errors import Detail

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3
EXIT_CORRUPT = 4
EXIT_MISTAKE = 5

DOORS = {
    "init": ("bank", say("Open a bank: its folder, keys, tables, tenant and first staff.")),
    "serve": ("bank", say("Serve the pages and the API.")),
    "doctor": ("bank", say("Look for what would go wrong, before it does.")),
    "verify": ("bank", say("Recompute the chain, the ledger and the loans.")),
    "backup": ("bank", say("Copy the whole bank into one file, checked.")),
    "restore": ("bank", say("Make a bank from a backup, checked.")),
    "demo": ("demo", say("Show the whole bank at work, then serve it.")),
    "sim": ("simulation", say("Live through a made-up world; the same seed, the same chain.")),
    "parties": ("parties", say("Businesses, consents, staff and API keys.")),
    "records": ("records", say("A business's own records: formats and imports.")),
    "credit": ("credit", say("Models, policies and decisions.")),
    "lending": ("lending", say("Applications, loans, repayments, the portfolio.")),
    "treasury": ("treasury", say("Idle cash: plans, back-tests, fund flows.")),
    "cashflow": ("cashflow", say("Forecasts of what comes in and goes out.")),
    "supplychain": ("supplychain", say("The chain around a firm: graph, names, facts, links.")),
    "eod": ("eod", say("The end of the day.")),
    "ledger": ("ledger", say("Balances, trial balance and journal.")),
}
"""Every command or group: the module behind the door, and what is written on it."""

_FLAT = {"bank", "demo", "simulation"}
"""Modules whose commands stand at the top, not in a group of their own."""


class Hall(TyperGroup):
    """The top level: knows each door's sign by heart and opens only the one that is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer's private type
        """Return the names on the doors."""
        return list(DOORS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - as above
        """Import what is behind one door."""
        if cmd_name not in DOORS:
            return None
        name, sign = DOORS[cmd_name]
        found: Any = typer.main.get_command(import_module(f"martlet.cli.{name}").app)
        if name in _FLAT and isinstance(found, TyperGroup):
            found = found.commands[cmd_name]
        found.name, found.help = cmd_name, found.help or sign
        return found

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - as above
        """Write the signs without opening a door: this is why help is quick."""
        with formatter.section(say("Commands")):
            formatter.write_dl([(name, sign) for name, (_module, sign) in DOORS.items()])


def build() -> typer.Typer:
    """Return the whole command line."""
    app = typer.Typer(
        name="martlet",
        cls=Hall,
        help=say("An open bank for businesses too small to be seen."),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"martlet {version('martlet')}\n")
        raise typer.Exit


def _options(
    home: Annotated[
        Path | None,
        typer.Option(help=say("The bank's folder (else MARTLET_HOME, else var/martlet).")),
    ] = None,
    tenant: Annotated[
        str, typer.Option(help=say("The tenant's id, where there is more than one."))
    ] = "",
    lang: Annotated[  # read by `words` before the commands were defined
        str, typer.Option(help=say("Language: en or zh (else MARTLET_LANG, else LANG)."))
    ] = "",
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help=say("Print the version.")
        ),
    ] = False,
) -> None:
    del lang, version
    chosen.home, chosen.tenant = home, tenant


def main() -> None:
    """Run the command line and exit with a code that says how it went.

    0 done, 1 refused, 2 usage, 3 unavailable, 4 corrupt, 5 a mistake of the program.
    """
    try:
        build()()
    except MartletError as error:
        _tell(error.code, error.details)
        sys.exit(exit_code(error))
    except Exception as error:
        if os.environ.get("MARTLET_DEBUG"):
            raise
        _tell("cli.mistake", {"kind": type(error).__name__, "detail": str(error)[:200]})
        sys.exit(EXIT_MISTAKE)


def exit_code(error: MartletError) -> int:
    """Return the exit code that says what sort of refusal it was."""
    if isinstance(error, Corrupt):
        return EXIT_CORRUPT
    if isinstance(error, Unavailable | TooMany):
        return EXIT_UNAVAILABLE
    return EXIT_USAGE if isinstance(error, Invalid) else EXIT_REFUSED


def _tell(code: str, details: Mapping[str, Detail]) -> None:
    told = sentence(code, details)
    if "--json" in sys.argv:
        value = {"error": code, "sentence": told, "details": dict(details)}
        sys.stderr.write(json.dumps(value, ensure_ascii=False, sort_keys=True) + "\n")
    else:
        sys.stderr.write(told + "\n")
