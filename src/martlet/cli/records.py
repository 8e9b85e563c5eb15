"""`martlet records`: which files can be read, and reading them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption, KeyOption, group, key_or_new
from martlet.cli.output import progress, show
from martlet.cli.session import open_session
from martlet.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

app = group()


@app.command("formats", help=say("The file formats that can be imported."))
def formats(as_json: JsonOption = False) -> None:
    """Print each known format: its name, what it holds, and the columns that it must have."""
    from martlet.cli.words import LANGUAGE
    from martlet.kernel.i18n import Locale
    from martlet.records import FORMATS

    show(
        [
            {
                "format": spec.slug,
                "kind": spec.kind.value,
                "description": spec.zh_cn if LANGUAGE is Locale.ZH_CN else spec.en,
                "required": ", ".join(spec.required),
            }
            for spec in FORMATS.values()
        ],
        as_json=as_json,
    )


@app.command("import", help=say("Import a file of a business's own records."))
def import_(
    file: Annotated[Path, typer.Argument(help=say("The file, as it was exported."))],
    party: Annotated[str, typer.Option(help=say("Whose records these are (business id)."))],
    format_name: Annotated[
        str, typer.Option("--format", help=say("Format, or auto to recognise it."))
    ] = "auto",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Import a file whole or not at all; bad rows go to a quarantine file, with the reason."""
    from martlet.kernel.ids import parse_id

    with open_session() as session, progress(file.name, quiet=as_json) as moved:
        report = session.bank.records.import_file(
            session.principal,
            key_or_new(session.bank, key),
            file,
            party_id=parse_id(party),
            format=format_name,
            on_progress=lambda at: moved(at.bytes_read, at.bytes_total),
        )
    show(report, as_json=as_json)


@app.command("check", help=say("What the checks for fraud find in a business's records."))
def check(
    party: Annotated[str, typer.Argument(help=say("The business's id."))],
    as_of: Annotated[
        str, typer.Option(help=say("As of the start of this day (YYYY-MM-DD); default: now."))
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Print each finding and, below it, the records that it rests on."""
    from martlet.cli.output import note
    from martlet.cli.reading import start_of
    from martlet.cli.words import LANGUAGE
    from martlet.kernel.ids import parse_id
    from martlet.signals import Unit, kind_of

    with open_session() as session:
        moment = start_of(as_of) if as_of else session.bank.clock.now()
        report = session.bank.records.integrity(session.principal, parse_id(party), moment)
    told = report.as_json()
    if as_json:
        show(told, as_json=True)
        return
    if not told["findings"]:
        note(say("The checks found nothing."))
    sides = {"sales": say("Sold"), "purchases": say("Bought")}
    for one in told["findings"]:
        kind = kind_of(one["kind"])
        facts: dict[str, Any] = {
            ("share_ppm" if kind.unit is Unit.PPM else "number_count"): one["value"],
            "records_count": one["sample_size"],
            "effect": say("Stops lending")
            if one["role"] == "exclusion"
            else say("For people only"),
        }
        if "amount_fen" in one:
            facts["amount_fen"] = one["amount_fen"]
        if "others" in one:
            facts["other_businesses"] = one["others"]
        show(facts, as_json=False, title=kind.label(LANGUAGE))
        rows = one.get("evidence", one.get("businesses"))
        show([_row(row, sides) for row in rows], as_json=False)


def _effect(finding: Mapping[str, Any]) -> str:
    if finding["role"] != "exclusion":
        return say("For people only")
    return say("Explained: stops nothing") if finding["cleared"] else say("Stops lending")


def _row(row: Mapping[str, Any], sides: Mapping[str, str]) -> dict[str, Any]:
    """Return a record as a table shows it: without its long id, which `--json` gives."""
    shown = {name: value for name, value in row.items() if name != "row_id"}
    return shown | {"side": sides[row["side"]]} if "side" in row else shown


@app.command("clear", help=say("Keep on record that a finding of the checks is explained."))
def clear(
    party: Annotated[str, typer.Argument(help=say("The business's id."))],
    kind: Annotated[str, typer.Argument(help=say("The finding's kind, as --json names it."))],
    reason: Annotated[str, typer.Option(help=say("What explains it, and what was seen."))],
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Let a finding stop nothing for half a year, unless it grows."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        told = session.bank.records.clear_finding(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(party),
            kind=kind,
            reason=reason,
        )
    show(told, as_json=as_json)
