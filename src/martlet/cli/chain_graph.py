"""`martlet supplychain import`, `imports`, `around`, `link-firm`, `withdraw`: the stored graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.chain_words import relation_word, source_word, standing_word
from martlet.cli.options import JsonOption, KeyOption, key_or_new
from martlet.cli.output import note, progress, show
from martlet.cli.reading import day
from martlet.cli.session import open_session
from martlet.cli.words import LANGUAGE, say, sentence
from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from martlet.supplychain.facts import Finding
    from martlet.supplychain.model import Neighbourhood
    from martlet.supplychain.telling import Around

ROWS_OF_TIER = 15
"""Rows shown of one tier on a terminal; `--json` gives all."""

IMPORT_COLUMNS = (
    *("started_at", "form", "source", "state"),
    *("rows_read", "rows_kept", "rows_quarantined", "edges_new"),
)
"""What of an import fits a line of a terminal; `--json` tells all."""

FINDINGS_SHOWN = 3
"""Findings of each kind shown on a terminal."""


def import_(
    place: Annotated[Path | None, typer.Argument(help=say("The file or folder."))] = None,
    form: Annotated[
        str,
        typer.Option(help=say("ckg, ickg, gdes, kag, register, patents, ocds, chains or records.")),
    ] = "",
    known_on: Annotated[
        str, typer.Option(help=say("Day on which the bank had the source (YYYY-MM-DD)."))
    ] = "",
    party: Annotated[
        str, typer.Option(help=say("Whose records, with --form records (business id)."))
    ] = "",
    findings: Annotated[
        Path | None, typer.Option(help=say("Write every finding to this CSV file."))
    ] = None,
    correct: Annotated[
        bool, typer.Option("--correct", help=say("What contradicts an earlier import is right."))
    ] = False,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Import facts with their sources; a row that cannot be read is told by file and line."""
    from martlet.kernel.ids import parse_id

    day_known = day(known_on) if known_on else None
    with (
        open_session() as session,
        _written(findings) as on_finding,
        progress(say("rows"), quiet=as_json) as moved,
    ):
        room, used = session.bank.supplychain, key_or_new(session.bank, key)
        if form == "records":
            if not party:
                raise Invalid("supplychain.party_needed")
            report = room.import_records(
                session.principal, used, parse_id(party), on_finding=on_finding
            )
        elif place is None:
            raise Invalid("supplychain.place_needed")
        else:
            report = room.import_form(
                session.principal,
                used,
                form,
                place,
                known_on=day_known,
                correct=correct,
                on_finding=on_finding,
                on_progress=lambda rows: moved(rows, None),
            )
    told = report.as_json()
    if as_json:
        show(told, as_json=True)
        return
    kept = ("findings", "findings_by_code", "run_id")
    show({name: value for name, value in told.items() if name not in kept}, as_json=False)
    if not told["findings_count"]:
        return
    codes = told["findings_by_code"].items()
    show([{"finding_code": code, "rows_count": count} for code, count in codes], as_json=False)
    show([_finding_row(one) for one in _first_of_each(told["findings"])], as_json=False)


def _first_of_each(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first findings of each kind."""
    seen: dict[str, int] = {}
    first = []
    for one in findings:
        seen[one["code"]] = seen.get(one["code"], 0) + 1
        if seen[one["code"]] <= FINDINGS_SHOWN:
            first.append(one)
    return first


def _finding_row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "file": one["file"],
        "row": one["row"],
        "column": one["column"] or "—",
        "kept": one["kept"],
        "finding": sentence(one["code"], one["details"]),
    }


def _written(path: Path | None) -> AbstractContextManager[Any]:
    """Return what writes each finding to a file as it is found; nothing where none is named."""
    from contextlib import contextmanager, nullcontext

    if path is None:
        return nullcontext(None)

    @contextmanager
    def opened() -> Iterator[Any]:
        import csv

        from martlet.kernel.spreadsheet import safe_cell

        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow(["file", "row", "column", "kept", "code", "what_to_do"])

            def one(finding: Finding) -> None:
                told = sentence(finding.code, finding.details)
                row = ["" if finding.row is None else finding.row, finding.column, finding.kept]
                out.writerow([safe_cell(finding.file), *row, finding.code, safe_cell(told)])

            yield one

    return opened()


def imports(as_json: JsonOption = False) -> None:
    """Print what was imported into the graph, the newest first."""
    with open_session() as session:
        found = session.bank.supplychain.imports(session.principal)
    rows = [{name: one.get(name) for name in IMPORT_COLUMNS} for one in found]
    show(found if as_json else rows, as_json=as_json)


def around(
    firm: Annotated[str, typer.Argument(help=say("The firm's name, key or credit code."))],
    tiers: Annotated[int, typer.Option(help=say("How many tiers away, 1 to 5."))] = 4,
    as_of: Annotated[
        str, typer.Option(help=say("As of the end of this day (YYYY-MM-DD); default: now."))
    ] = "",
    side: Annotated[str, typer.Option(help=say("both, upstream or downstream."))] = "both",
    as_json: JsonOption = False,
) -> None:
    """Show who is around a firm by tier, how each is known, and who could be financed."""
    from martlet.supplychain.telling import told_around
    from martlet.supplychain.wire import neighbourhood_json

    moment = day(as_of) if as_of else None
    with open_session() as session:
        room = session.bank.supplychain
        center = room.the_one(session.principal, firm, moment)
        found = room.around(session.principal, center.key, tiers, moment, side=side)
    told = told_around(found)
    if as_json:
        show({**neighbourhood_json(found), "around": list(told)}, as_json=True)
        return
    _show_around(found, told)


def _show_around(found: Neighbourhood, told: tuple[Around, ...]) -> None:
    from martlet.supplychain.entries import joined

    shown = say(
        "Around {name}, as of {moment}: {nodes} nodes, {edges} edges.",
        name=found.center.name,
        moment=f"{found.as_of:%Y-%m-%d %H:%M} UTC",
        nodes=len(told),
        edges=len(joined(found).edges),
    )
    note(f"[bold]{shown}[/bold]")
    names = {one.node.key: one.node.name for one in found.placed}
    for tier in sorted({one.tier for one in told}):
        rows = [one for one in told if one.tier == tier]
        note(f"[bold]{_tier_word(tier)}: {len(rows)}[/bold]")
        show([_line(one, names) for one in rows[:ROWS_OF_TIER]], as_json=False)
        if len(rows) > ROWS_OF_TIER:
            note(say("… and {count} more; --json shows all.", count=len(rows) - ROWS_OF_TIER))
    if found.left_out:
        note(say("At least {count} more were left out by the bounds.", count=found.left_out))
    if found.not_walked:
        generic = "、".join(names[key] for key in found.not_walked[:ROWS_OF_TIER])
        note(say("Too general to be walked through: {names}", names=generic))
    _show_financeable(told)


def _show_financeable(told: tuple[Around, ...]) -> None:
    ready = [one for one in told if one.could_be_financed]
    note("")
    note(say("Could be financed, their place shown by a trade itself: {count}", count=len(ready)))
    show(
        [
            {
                "firm": one.node.name,
                "chain_tier": one.tier,
                "traded_fen": one.traded_fen,
                "source": source_word(one.how[0].provenance.source),
            }
            for one in ready[:ROWS_OF_TIER]
        ],
        as_json=False,
    )
    lacking: dict[str, int] = {}
    for one in told:
        if one.missing:
            lacking[one.missing] = lacking.get(one.missing, 0) + 1
    for code, count in lacking.items():
        note(f"{say('Not yet: {count} firms.', count=count)} {sentence(code, {})}")


def _tier_word(tier: int) -> str:
    if tier == 0:
        return say("Beside it")
    if tier < 0:
        return say("Upstream, tier {tier}", tier=-tier)
    return say("Downstream, tier {tier}", tier=tier)


def _line(one: Around, names: dict[str, str]) -> dict[str, Any]:
    if not one.how:
        return {"firm": one.node.name, "standing": standing_word(one.standing)}
    edge = one.how[0]
    told = edge.provenance
    begins, ends = (
        "…" if names[key] == one.node.name else names[key] for key in (edge.from_key, edge.to_key)
    )
    known = f"{told.known_at:%Y-%m-%d}"
    sure = "" if not told.inferred else f" p={write('p_ppm', told.confidence_ppm, LANGUAGE)}"
    return {
        "firm": one.node.name,
        "how": f"{begins} {relation_word(edge.relation)} {ends}",
        "source": f"{source_word(told.source)}{sure}: {told.reference}",
        "known_since": known,
        "edges_count": len(one.how),
        "standing": standing_word(one.standing),
    }


def link_firm(
    party: Annotated[str, typer.Argument(help=say("The business's id."))],
    firm: Annotated[str, typer.Argument(help=say("The firm's name, key or credit code."))],
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Say which firm of the graph a business of the bank is."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        room = session.bank.supplychain
        node = room.the_one(session.principal, firm)
        told = room.link_party(
            session.principal, key_or_new(session.bank, key), parse_id(party), node.key
        )
    show(told, as_json=as_json)


def withdraw(
    reference: Annotated[str, typer.Argument(help=say("The reference that the edges give."))],
    reason: Annotated[str, typer.Option(help=say("Why it no longer counts."))],
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """End what a source told: from now on it is not seen, as of before it is."""
    with open_session() as session:
        told = session.bank.supplychain.withdraw(
            session.principal, key_or_new(session.bank, key), reference, reason=reason
        )
    show(told, as_json=as_json)


COMMANDS = (
    ("import", import_, say("Import firms, products, patents, tenders and trades as a graph.")),
    ("imports", imports, say("What was imported into the graph.")),
    ("around", around, say("Who is around a firm, how we know, and who could be financed.")),
    ("link-firm", link_firm, say("Say which firm of the graph a business is.")),
    ("withdraw", withdraw, say("End what a source told the graph.")),
)
