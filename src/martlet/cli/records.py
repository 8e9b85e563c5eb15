"""`martlet records`: which files can be read, and reading them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption, KeyOption, group, key_or_new
from martlet.cli.output import progress, show
from martlet.cli.session import open_session
from martlet.cli.words import say

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
